/* op.c: see op.h. */
#include "daemon/store/op.h"

#include "feeds/base/arena.h"

void *op_create(size_t size, bool (*run)(struct store *, struct op *))
{
	struct arena *arena = arena_create();
	struct op *op = arena_alloc(arena, size);

	op->arena = arena;
	op->run = run;
	return op;
}

void op_destroy(struct op *op)
{
	arena_destroy(op->page);
	arena_destroy(op->arena);
}

void op_set_page(struct op *op, struct arena *page)
{
	arena_destroy(op->page);
	op->page = page;
}

void op_list_init(struct op_list *list)
{
	list->first = NULL;
	list->last = &list->first;
}

void op_list_add(struct op_list *list, struct op *op)
{
	op->next = NULL;
	*list->last = op;
	list->last = &op->next;
}

struct op *op_list_take(struct op_list *list)
{
	struct op *first = list->first;

	op_list_init(list);
	return first;
}

void op_destroy_all(struct op *op)
{
	for (struct op *next; op; op = next) {
		next = op->next;
		op_destroy(op);
	}
}
