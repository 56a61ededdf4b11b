/* extract_ld.c: schema.org in JSON-LD, as far as news sites use it. */
#include <string.h>

#include "feeds/extract.h"
#include "feeds/text.h"

enum { LD_DEPTH_MAX = 8, LD_OBJECTS_MAX = 2000 };

void page_add_ld(struct page *page, const char *text)
{
	json_t *value = json_loadb(text, strlen(text), 0, NULL);

	if (!value)
		return;
	if (!page->ld_root)
		page->ld_root = json_array();
	json_array_append_new(page->ld_root, value);
}

static bool is_article_type(const char *type)
{
	size_t len = type ? strlen(type) : 0;

	return (len >= 7 && strcmp(type + len - 7, "Article") == 0) ||
		(type && strcmp(type, "BlogPosting") == 0);
}

static bool is_article(json_t *object)
{
	json_t *type = json_object_get(object, "@type");
	const char *context = json_string_value(json_object_get(object, "@context"));
	size_t i;
	json_t *item;

	/* Baidu's dialect has no types, and its own names: title, pubDate, upDate. */
	if (context && strstr(context, "cambrian.jsonld"))
		return true;
	if (json_is_string(type))
		return is_article_type(json_string_value(type));
	json_array_foreach(type, i, item)
		if (is_article_type(json_string_value(item)))
			return true;
	return false;
}

static bool has_id(json_t *object, const char *id)
{
	const char *own = json_string_value(json_object_get(object, "@id"));

	/* More than the reference itself. */
	return own && strcmp(own, id) == 0 && json_object_size(object) > 1;
}

/* The first object, in lists and graphs, that is an article (ID NULL) or has ID. */
static json_t *find(json_t *value, const char *id, int depth, int *budget)
{
	json_t *item, *found;
	size_t i;

	if (depth > LD_DEPTH_MAX || --*budget < 0)
		return NULL;
	if (json_is_array(value)) {
		json_array_foreach(value, i, item)
			if ((found = find(item, id, depth + 1, budget)))
				return found;
		return NULL;
	}
	if (!json_is_object(value))
		return NULL;
	if (id ? has_id(value, id) : is_article(value))
		return value;
	return find(json_object_get(value, "@graph"), id, depth + 1, budget);
}

void page_pick_ld(struct page *page)
{
	int budget = LD_OBJECTS_MAX;

	page->ld = find(page->ld_root, NULL, 0, &budget);
}

json_t *page_ld_resolve(const struct page *page, json_t *value)
{
	const char *id = json_string_value(json_object_get(value, "@id"));
	int budget = LD_OBJECTS_MAX;
	json_t *found;

	if (!id || json_object_get(value, "name"))
		return value;
	found = find(page->ld_root, id, 0, &budget);
	return found ? found : value;
}

const char *page_ld_string(const struct page *page, json_t *value)
{
	char *clean;

	if (json_is_array(value))
		value = json_array_get(value, 0);
	if (json_is_object(value))
		value = json_object_get(page_ld_resolve(page, value), "name");
	if (!json_is_string(value))
		return NULL;
	clean = text_clean(page->arena, json_string_value(value), json_string_length(value));
	clean = text_fold(page->arena, clean, strlen(clean));
	return *clean ? clean : NULL;
}

const char *page_ld_text(const struct page *page, const char *key)
{
	return page_ld_string(page, json_object_get(page->ld, key));
}
