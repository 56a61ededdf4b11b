/* client.c: see client.h. */
#include "daemon/http/client.h"

#include <string.h>
#include <strings.h>

#include "daemon/http/parse.h"
#include "daemon/net/cidr.h"

bool client_is_trusted(const struct address *address, const char *const *trusted, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (cidr_contains(trusted[i], address))
			return true;
	}
	return false;
}

static struct slice trim(struct slice s)
{
	while (s.len && (*s.at == ' ' || *s.at == '\t'))
		s.at++, s.len--;
	while (s.len && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Takes the last element off a list separated by SEPARATOR. */
static struct slice take_last(struct slice *list, char separator)
{
	const char *mark = memrchr(list->at, separator, list->len);
	const char *start = mark ? mark + 1 : list->at;
	struct slice last = {start, list->len - (size_t)(start - list->at)};

	list->len = mark ? (size_t)(mark - list->at) : 0;
	return trim(last);
}

/* The value of "for" in a forwarded-element, without its quotes. */
static struct slice for_of(struct slice element)
{
	while (element.len) {
		struct slice pair = take_last(&element, ';');

		if (pair.len < 4 || strncasecmp(pair.at, "for=", 4) != 0)
			continue;
		pair = (struct slice){pair.at + 4, pair.len - 4};
		if (pair.len >= 2 && pair.at[0] == '"' && pair.at[pair.len - 1] == '"')
			pair = (struct slice){pair.at + 1, pair.len - 2};
		return pair;
	}
	return element;
}

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80". */
static bool parse_node(struct slice node, struct address *out)
{
	const char *colon;
	char text[64];

	if (node.len && *node.at == '[') {
		const char *end = memchr(node.at, ']', node.len);

		if (!end)
			return false;
		node = (struct slice){node.at + 1, (size_t)(end - node.at) - 1};
	} else if (node.len) {
		colon = memchr(node.at, ':', node.len);
		if (colon && colon == memrchr(node.at, ':', node.len))
			node.len = (size_t)(colon - node.at);
	}
	if (!node.len || node.len >= sizeof(text))
		return false;
	memcpy(text, node.at, node.len);
	text[node.len] = '\0';
	return address_from_text(text, out);
}

/* Where a list of proxies is read, from the right: through all lines of its field. */
struct trail {
	const struct http_head *head;
	const char *name;
	struct slice value, rest; /* the line, and what is left of it */
};

static bool next_hop(struct trail *trail, struct slice *out)
{
	while (!trail->rest.len) {
		if (!trail->value.at ||
			!http_field_before(trail->head, trail->name, &trail->value))
			return false;
		trail->rest = trail->value;
	}
	*out = take_last(&trail->rest, ',');
	return true;
}

bool client_find(const struct address *peer, bool is_trusted_peer, const struct http_head *head,
	const char *const *trusted, size_t trusted_count, struct address *out)
{
	bool by_list = head->forwarded_for.at != NULL, found = !is_trusted_peer;
	struct slice value = by_list ? head->forwarded_for : head->forwarded, element;
	struct trail trail = {head, by_list ? "x-forwarded-for" : "forwarded", value, value};
	struct address next;

	*out = *peer;
	while ((!found || client_is_trusted(out, trusted, trusted_count)) &&
		next_hop(&trail, &element)) {
		if (!parse_node(by_list ? element : for_of(element), &next))
			break;
		*out = next;
		found = true;
	}
	return found;
}
