// SPDX-License-Identifier: MIT

#include "tools/redoubt/witness.h"

#include "tools/redoubt/names.h"
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

const struct witness_record *witness_find(const witness_page pages[WITNESS_PAGE_COUNT],
					  unsigned long long sequence)
{
	size_t page, i;

	for (page = 0; page < WITNESS_PAGE_COUNT; page++) {
		for (i = 0; i < WITNESS_RECORDS_PER_PAGE; i++) {
			if (pages[page][i].count && pages[page][i].sequence == sequence)
				return &pages[page][i];
		}
	}

	return NULL;
}

static void print_plain(FILE *out, const struct witness_record *r, const struct symbols *symbols)
{
	char cause[NAMES_CAUSE_BYTES], rip[SYMBOLS_TEXT_BYTES], gpa[SYMBOLS_TEXT_BYTES];

	names_format_cause(r->policy, r->cause, cause);
	fprintf(out, "%8llu  %llu.%03llu s  %s  CPU %u  rip 0x%llx", (unsigned long long)r->sequence,
		(unsigned long long)r->time / 10000000, (unsigned long long)r->time / 10000 % 1000,
		cause, r->vp, (unsigned long long)r->rip);
	if (symbols_of_address(symbols, r->rip, rip))
		fprintf(out, " (%s)", rip);
	fprintf(out, "  gpa 0x%llx", (unsigned long long)r->gpa);
	if (symbols_of_gpa(symbols, r->gpa, gpa))
		fprintf(out, " (%s)", gpa);
	fprintf(out, "  value 0x%llx  %llu times\n", (unsigned long long)r->value,
		(unsigned long long)r->count);
}

static void print_name(FILE *out, const char *field, const char *name)
{
	if (name)
		fprintf(out, ",\"%s\":\"%s\"", field, name);
}

static void print_record(FILE *out, const struct witness_record *r, const struct symbols *symbols)
{
	char text[SYMBOLS_TEXT_BYTES];

	fprintf(out,
		"{\"sequence\":%llu,\"time\":%llu.%03llu,\"policy\":%u,\"cause\":%u,\"cpu\":%u,"
		"\"rip\":\"0x%llx\",\"gpa\":\"0x%llx\",\"value\":\"0x%llx\",\"count\":%llu",
		(unsigned long long)r->sequence, (unsigned long long)r->time / 10000000,
		(unsigned long long)r->time / 10000 % 1000, r->policy, r->cause, r->vp,
		(unsigned long long)r->rip, (unsigned long long)r->gpa,
		(unsigned long long)r->value, (unsigned long long)r->count);
	print_name(out, "policy_name", names_policy(r->policy));
	print_name(out, "cause_name", names_cause(r->policy, r->cause));
	print_name(out, "rip_symbol", symbols_of_address(symbols, r->rip, text) ? text : NULL);
	print_name(out, "gpa_symbol", symbols_of_gpa(symbols, r->gpa, text) ? text : NULL);
	fputs("}\n", out);
}

void witness_print(FILE *out, const witness_page pages[WITNESS_PAGE_COUNT],
		   const struct symbols *symbols, bool json)
{
	const struct witness_record *records[RECORDS_MAX];
	size_t count = gather(pages, WITNESS_RECORDS_PER_PAGE, records), i;

	for (i = 0; i < count; i++) {
		if (json)
			print_record(out, records[i], symbols);
		else
			print_plain(out, records[i], symbols);
	}
}
