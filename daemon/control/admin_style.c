/* admin_style.c: admin.css, as page_style.c has feed.css. */
#include "daemon/control/admin_page.h"

__asm__(".pushsection .rodata\n"
	".globl admin_page_style\n"
	".type admin_page_style, @object\n"
	"admin_page_style:\n"
	".incbin \"daemon/control/admin.css\"\n"
	".byte 0\n"
	".size admin_page_style, . - admin_page_style\n"
	".popsection\n");
