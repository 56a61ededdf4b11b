/* page_qr.h: a QR code as SVG. Pure. */
#ifndef DAEMON_SITE_PAGE_QR_H
#define DAEMON_SITE_PAGE_QR_H

#include <stdbool.h>

struct buf;

/* Appends an inline <svg> that says TEXT, with its quiet zone (ISO/IEC 18004), dark on
 * light whatever the page's colours, with LABEL as its name. False and nothing when TEXT
 * is empty or longer than a code holds (2,953 bytes). */
bool page_qr_add(struct buf *out, const char *text, const char *label);

#endif
