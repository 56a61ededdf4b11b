/* llhttp.c: the part of llhttp that is generated, as test_http_llhttp.c wants it. */
#if __has_include(<llhttp.c>)
#define LLHTTP_STRICT_MODE 1
#include <llhttp.c>
#else
extern int llhttp_is_not_here;
#endif
