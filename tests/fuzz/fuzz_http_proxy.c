/* fuzz_http_proxy.c: the header of the PROXY protocol, cut at every place. */
#include <stdint.h>
#include <stdlib.h>

#include "daemon/http/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	const char *bytes = (const char *)input;
	struct proxy_header whole, part;
	enum proxy_result result = proxy_parse(bytes, len, &whole), early;

	if (result == PROXY_DONE && (!whole.len || whole.len > len || whole.len > PROXY_HEADER_MAX))
		abort();
	for (size_t cut = 0; cut < len && cut < 300; cut++) {
		early = proxy_parse(bytes, cut, &part);
		if (early != PROXY_MORE && (early != result || part.len != whole.len))
			abort();
	}
	return 0;
}
