// SPDX-License-Identifier: MIT

#include "tools/redoubt/statement.h"

#include "tools/redoubt/names.h"
#include "tools/redoubt/signature.h"
#include "tools/redoubt/status.h"
#include "tools/redoubt/text.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdefABCDEF";

bool statement_find(const char *text, struct vtl_statement *statement)
{
	const char *found = NULL;

	while (*text) {
		size_t run = strspn(text, hex_digits);

		if (run == 2 * sizeof(*statement)) {
			if (found)
				return false;
			found = text;
		}
		text += run;
		text += strcspn(text, hex_digits);
	}
	if (found)
		text_read_hex(found, (unsigned char *)statement, sizeof(*statement));

	return found != NULL;
}

const char *statement_problem(const struct vtl_statement *statement)
{
	static const unsigned char zero[sizeof(statement->reserved)] = { 0 };

	if (statement->magic != STATEMENT_MAGIC)
		return "this is no statement";
	if (statement->format != STATEMENT_FORMAT ||
	    memcmp(statement->reserved, zero, sizeof(zero)) != 0)
		return "this program does not know the statement's format";
	if (!signature_is_good(statement->public_key, statement, STATEMENT_SIGNED_BYTES,
			       statement->signature))
		return "the signature is wrong";

	return NULL;
}

static void print_hex(FILE *out, const void *data, size_t bytes)
{
	const unsigned char *byte = (const unsigned char *)data;
	size_t i;

	for (i = 0; i < bytes; i++)
		fprintf(out, "%02x", byte[i]);
}

/* A name, or a number where this program knows none; "name", in JSON */
static void print_key(FILE *out, const char *name, const char *kind, unsigned int number, bool json)
{
	const char *quote = json ? "\"" : "";

	if (name)
		fprintf(out, "%s%s%s%s", quote, name, quote, json ? ":" : " ");
	else
		fprintf(out, "%s%s %u%s%s", quote, kind, number, quote, json ? ":" : " ");
}

/* Those of policies that have a name, and whatever is not off */
static void print_modes(FILE *out, const struct vtl_statement *statement, bool json)
{
	const char *between = "";
	unsigned int i;

	for (i = 0; i < STATEMENT_POLICY_COUNT; i++) {
		const char *mode = names_mode(statement->modes[i]);

		if (!names_policy(i) && statement->modes[i] == 0)
			continue;
		fputs(between, out);
		print_key(out, names_policy(i), "policy", i, json);
		if (mode)
			fprintf(out, json ? "\"%s\"" : "%s", mode);
		else
			fprintf(out, "%u", statement->modes[i]);
		between = json ? "," : ", ";
	}
}

static void print_ledger(FILE *out, const struct vtl_statement *statement, bool json)
{
	const char *between = "";
	unsigned int i;

	for (i = 0; i < STATEMENT_LEDGER_STATES; i++) {
		if (statement->ledger[i] == 0)
			continue;
		fputs(between, out);
		print_key(out, names_frame_state(i), "state", i, json);
		fprintf(out, "%llu", (unsigned long long)statement->ledger[i]);
		between = json ? "," : ", ";
	}
}

static void print_json(FILE *out, const struct vtl_statement *statement)
{
	fprintf(out, "{\"phase\":\"%s\",\"vtl1_version\":%u,\"cpus\":%u,\"time_100ns\":%llu,",
		status_phase_name(statement->phase), statement->vtl1_version,
		statement->vp_count, (unsigned long long)statement->time);
	fputs("\"nonce\":\"", out);
	print_hex(out, statement->nonce, sizeof(statement->nonce));
	fputs("\",\"modes\":{", out);
	print_modes(out, statement, true);
	fputs("},\"ledger\":{", out);
	print_ledger(out, statement, true);
	fprintf(out,
		"},\"denied\":{\"reads\":%llu,\"writes\":%llu,\"executes\":%llu},"
		"\"log\":{\"events\":%llu,\"records\":%llu,\"lost\":%llu,\"head\":\"",
		(unsigned long long)statement->denied_reads,
		(unsigned long long)statement->denied_writes,
		(unsigned long long)statement->denied_executes,
		(unsigned long long)statement->log_events,
		(unsigned long long)statement->log_records,
		(unsigned long long)statement->log_lost);
	print_hex(out, statement->log_head, sizeof(statement->log_head));
	fputs("\"},\"key\":\"", out);
	print_hex(out, statement->public_key, sizeof(statement->public_key));
	fputs("\",\"statement\":\"", out);
	print_hex(out, statement, sizeof(*statement));
	fputs("\"}\n", out);
}

void statement_print(FILE *out, const struct vtl_statement *statement, bool json)
{
	if (json) {
		print_json(out, statement);
		return;
	}
	fprintf(out, "  phase        %s\n", status_phase_name(statement->phase));
	fprintf(out, "  cpus         %u\n", statement->vp_count);
	fprintf(out, "  time         %llu.%03llu s\n",
		(unsigned long long)statement->time / 10000000,
		(unsigned long long)statement->time / 10000 % 1000);
	fputs("  modes        ", out);
	print_modes(out, statement, false);
	fputs("\n  ledger       ", out);
	print_ledger(out, statement, false);
	fprintf(out, "\n  denied       %llu reads, %llu writes, %llu executes\n",
		(unsigned long long)statement->denied_reads,
		(unsigned long long)statement->denied_writes,
		(unsigned long long)statement->denied_executes);
	fprintf(out, "  log          %llu events in %llu records, %llu lost\n  log head     ",
		(unsigned long long)statement->log_events,
		(unsigned long long)statement->log_records,
		(unsigned long long)statement->log_lost);
	print_hex(out, statement->log_head, sizeof(statement->log_head));
	fputs("\n  nonce        ", out);
	print_hex(out, statement->nonce, sizeof(statement->nonce));
	fputs("\n  key          ", out);
	print_hex(out, statement->public_key, sizeof(statement->public_key));
	fputs("\n  statement    ", out);
	print_hex(out, statement, sizeof(*statement));
	fputc('\n', out);
}
