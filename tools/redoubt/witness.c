// SPDX-License-Identifier: MIT

#include "tools/redoubt/witness.h"

#include "tools/redoubt/signature.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS_MAX (WITNESS_PAGE_COUNT * WITNESS_RECORDS_PER_PAGE)

static int compare(const void *a, const void *b)
{
	const struct witness_record *first = *(const struct witness_record *const *)a;
	const struct witness_record *second = *(const struct witness_record *const *)b;

	return first->sequence < second->sequence ? -1 : first->sequence > second->sequence;
}

/* Those that there are, by sequence; returns how many. */
static size_t gather(const witness_page pages[WITNESS_PAGE_COUNT], size_t per_page,
		     const struct witness_record *records[RECORDS_MAX])
{
	size_t count = 0, page, i;

	for (page = 0; page < WITNESS_PAGE_COUNT; page++) {
		for (i = 0; i < per_page; i++) {
			if (pages[page][i].count)
				records[count++] = &pages[page][i];
		}
	}
	qsort(records, count, sizeof(records[0]), compare);

	return count;
}

const char *witness_problem(const witness_page pages[WITNESS_PAGE_COUNT],
			    const struct vtl_statement *statement)
{
	const struct witness_record *records[RECORDS_MAX];
	size_t count = gather(pages, WITNESS_FIRSTS_PER_PAGE, records), page, i;
	unsigned char head[WITNESS_HEAD_BYTES] = { 0 };
	unsigned long long events = 0, lost = 0;

	if (count < statement->log_records)
		return "records are missing";
	for (i = 0; i < statement->log_records; i++)
		signature_digest(head, sizeof(head), records[i], WITNESS_FIXED_BYTES, head);
	if (memcmp(head, statement->log_head, sizeof(head)) != 0)
		return "the records are not those of the statement";
	for (i = 0; i < count; i++)
		events += records[i]->count;
	for (page = 0; page < WITNESS_PAGE_COUNT; page++)
		lost += pages[page][WITNESS_FIRSTS_PER_PAGE].count;
	if (lost < statement->log_lost || events + lost < statement->log_events)
		return "fewer events are counted than in the statement";

	return NULL;
}

void witness_print(FILE *out, const witness_page pages[WITNESS_PAGE_COUNT], bool json)
{
	static const char *const forms[] = {
		"%8llu  %llu.%03llu s  policy %u cause %u  CPU %u  rip 0x%llx  gpa 0x%llx  "
		"value 0x%llx  %llu times\n",
		"{\"sequence\":%llu,\"time\":%llu.%03llu,\"policy\":%u,\"cause\":%u,\"cpu\":%u,"
		"\"rip\":\"0x%llx\",\"gpa\":\"0x%llx\",\"value\":\"0x%llx\",\"count\":%llu}\n",
	};
	const struct witness_record *records[RECORDS_MAX];
	size_t count = gather(pages, WITNESS_RECORDS_PER_PAGE, records), i;

	for (i = 0; i < count; i++) {
		const struct witness_record *r = records[i];

		fprintf(out, forms[json], (unsigned long long)r->sequence,
			(unsigned long long)r->time / 10000000,
			(unsigned long long)r->time / 10000 % 1000, r->policy, r->cause, r->vp,
			(unsigned long long)r->rip, (unsigned long long)r->gpa,
			(unsigned long long)r->value, (unsigned long long)r->count);
	}
}
