/* page_style.c: the assembler puts the file in; the Makefile knows that this depends on it. */
#include "daemon/site/page_style.h"

__asm__(".pushsection .rodata\n"
	".globl page_style\n"
	".type page_style, @object\n"
	"page_style:\n"
	".incbin \"daemon/site/feed.css\"\n"
	".byte 0\n"
	".size page_style, . - page_style\n"
	".popsection\n");
