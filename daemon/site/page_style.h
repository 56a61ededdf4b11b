/* page_style.h: the style sheet that the program carries: feed.css, byte for byte. Pure. */
#ifndef DAEMON_SITE_PAGE_STYLE_H
#define DAEMON_SITE_PAGE_STYLE_H

extern const char page_style[]; /* NUL-terminated */

#endif
