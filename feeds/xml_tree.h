/*
 * xml_tree.h: what the readers of the XML formats share. Elements are found by local name;
 * the depth of a tree is bounded before it gets here.
 */
#ifndef FEEDS_XML_TREE_H
#define FEEDS_XML_TREE_H

#include <stdbool.h>

struct arena;
struct article;
struct instant;
struct parse_context;
struct _xmlNode;

struct xml_reading {
	struct arena *arena;                 /* borrows */
	const struct parse_context *context; /* borrows */
	struct article *article;             /* borrows */
	const char *base_url;                /* of the file; may be NULL */
	struct diagnosis *why;               /* borrows */
	bool *is_refused;                    /* borrows; set with WHY by xml_limit_time */
};

/* One per format. ROOT's tree may be changed. False and WHY when the body is refused. */
void nitf_read(const struct xml_reading *r, struct _xmlNode *root);
void newsml_read(const struct xml_reading *r, struct _xmlNode *root);
bool atom_entry_read(const struct xml_reading *r, struct _xmlNode *root);

/* Turns NITF's own elements below NODE into HTML's, for the sanitiser. */
void nitf_to_html(struct _xmlNode *node);

/* NODE, or a following sibling, that is an element called NAME (any element if NULL). */
struct _xmlNode *xml_element(struct _xmlNode *node, const char *name);
/* The first child, the next sibling, the first descendant of that name; NULL-safe. */
struct _xmlNode *xml_child(const struct _xmlNode *node, const char *name);
struct _xmlNode *xml_next(const struct _xmlNode *node, const char *name);
struct _xmlNode *xml_find(const struct _xmlNode *node, const char *name);

/* Folded text of all below NODE, or NULL if there is none (or no NODE). */
const char *xml_text(struct arena *arena, const struct _xmlNode *node);

/* The folded attribute; NULL if absent or empty, or no NODE. */
const char *xml_attribute(struct arena *arena, const struct _xmlNode *node,
	const char *name);

/* Reads a point in time; false if TEXT (may be NULL) is none. One that cannot be goes to
 * the diagnosis, which counts only if the article ends up without a date. */
bool xml_time(const struct xml_reading *r, const char *text, struct instant *out);

/* The same for an embargo or expiry, without which nothing may be published: what is no
 * point in time refuses the article. */
bool xml_limit_time(const struct xml_reading *r, const char *text, struct instant *out);

/* Runs the sanitiser over the children of NODE as the article's body. */
void xml_body(const struct xml_reading *r, struct _xmlNode *node, const char *base_url);

/* Sets the rights, which are the notice too. */
void xml_rights(const struct xml_reading *r, const char *text, const char *origin);

#endif
