/* escalation.c: see escalation.h. */
#include "daemon/store/escalation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/recalls.h"
#include "feeds/base/mem.h"

static const int64_t together_ms = 60 * 1000;

/* An open recall and what was told of it. */
struct watched {
	const struct recall *recall; /* borrows; NULL = of an earlier review */
	int64_t recalled_ms;
	int32_t told_s;
	size_t key_len;
	char key[];                /* "partner\nid" */
};

/* One review. */
struct review {
	const struct escalation_steps *steps;
	int64_t now_ms, next_ms;
	void (*tell)(void *context, const struct escalation *escalation);
	void *context;
};

static void forget(struct map *told)
{
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(told, &cursor, &slot))
		free(slot.value);
	map_finish(told);
	*told = (struct map){0};
}

void escalations_finish(struct escalations *escalations)
{
	forget(&escalations->told);
}

static struct watched *watch(const struct map *told, const struct recall *recall)
{
	size_t len = strlen(recall->partner) + 1 + strlen(recall->id);
	struct watched *watched = mem_alloc(sizeof(*watched) + len + 1);
	const struct watched *before;

	watched->recall = recall;
	watched->recalled_ms = recall->recalled_ms;
	watched->told_s = recall->told_s;
	watched->key_len = len;
	snprintf(watched->key, len + 1, "%s\n%s", recall->partner, recall->id);
	before = map_get(told, watched->key, len);
	if (before && before->recalled_ms == recall->recalled_ms &&
		before->told_s > watched->told_s)
		watched->told_s = before->told_s;
	return watched;
}

static int compare(const void *a_ptr, const void *b_ptr)
{
	const struct watched *const *a = a_ptr, *const *b = b_ptr;
	int order = strcmp((*a)->recall->id, (*b)->recall->id);

	if (!order)
		order = ((*a)->recalled_ms > (*b)->recalled_ms) -
			((*a)->recalled_ms < (*b)->recalled_ms);
	return order ? order : strcmp((*a)->recall->partner, (*b)->recall->partner);
}

/* How many of the COUNT from AT on were taken back with the first of them. */
static size_t count_together(struct watched *const *at, size_t count)
{
	size_t n = 1;

	while (n < count && strcmp(at[n]->recall->id, at[0]->recall->id) == 0 &&
		at[n]->recalled_ms - at[0]->recalled_ms <= together_ms)
		n++;
	return n;
}

/* The last step that AGE_MS has passed, from 1; 0 = none. */
static size_t step_at(const struct escalation_steps *steps, int64_t age_ms)
{
	size_t step = 0;

	while (step < steps->count && steps->ages_ms[step] <= age_ms)
		step++;
	return step;
}

static int compare_partners(const void *a_ptr, const void *b_ptr)
{
	const struct recall *const *a = a_ptr, *const *b = b_ptr;

	return strcmp((*a)->partner, (*b)->partner);
}

static void review_together(struct review *review, struct watched *const *at, size_t count)
{
	const struct escalation_steps *steps = review->steps;
	int64_t since_ms = at[0]->recalled_ms;
	size_t step = step_at(steps, review->now_ms - since_ms);
	const struct recall **waiting = mem_alloc((count + 1) * sizeof(*waiting));
	struct escalation escalation = {.id = at[0]->recall->id, .since_ms = since_ms,
		.waiting = waiting, .step = step};

	if (step)
		escalation.age_s = (int32_t)(steps->ages_ms[step - 1] / 1000);
	for (size_t i = 0; i < count; i++) {
		if (at[i]->told_s >= escalation.age_s)
			continue;
		at[i]->told_s = escalation.age_s;
		waiting[escalation.count++] = at[i]->recall;
	}
	qsort(waiting, escalation.count, sizeof(const struct recall *), compare_partners);
	if (escalation.count)
		review->tell(review->context, &escalation);
	free(waiting);
	if (step < steps->count && since_ms + steps->ages_ms[step] < review->next_ms)
		review->next_ms = since_ms + steps->ages_ms[step];
}

int64_t escalations_review(struct escalations *escalations, const struct recall *open,
	size_t count, const struct escalation_steps *steps, int64_t now_ms,
	void (*tell)(void *context, const struct escalation *escalation), void *context)
{
	struct review review = {steps, now_ms, INT64_MAX, tell, context};
	struct watched **all = mem_alloc((count + 1) * sizeof(*all));

	for (size_t i = 0; i < count; i++)
		all[i] = watch(&escalations->told, &open[i]);
	qsort(all, count, sizeof(*all), compare);
	for (size_t i = 0, n; i < count; i += n) {
		n = count_together(&all[i], count - i);
		review_together(&review, &all[i], n);
	}
	forget(&escalations->told);
	for (size_t i = 0; i < count; i++) {
		all[i]->recall = NULL;
		map_put(&escalations->told, all[i]->key, all[i]->key_len, all[i]);
	}
	free(all);
	return review.next_ms;
}
