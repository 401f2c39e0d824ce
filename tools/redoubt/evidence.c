// SPDX-License-Identifier: MIT

#include "tools/redoubt/evidence.h"

#include "tools/redoubt/device.h"
#include "tools/redoubt/explain.h"
#include "tools/redoubt/statement.h"
#include "tools/redoubt/witness.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* Far more than a statement with words around it */
#define FILE_BYTES_MAX 65536

static enum cli_exit complain(const char *what)
{
	fprintf(stderr, "redoubt: %s\n", what);

	return CLI_NOT_VERIFIED;
}

static enum cli_exit get_statement(int device, const unsigned char *nonce,
				   struct vtl_statement *statement)
{
	const char *problem;

	memset(statement, 0, sizeof(*statement));
	memcpy(statement->nonce, nonce, sizeof(statement->nonce));
	if (device_statement(device, statement) != 0)
		return CLI_NOT_AVAILABLE;
	problem = statement_problem(statement);
	if (!problem && memcmp(statement->nonce, nonce, sizeof(statement->nonce)) != 0)
		problem = "the statement has another nonce";

	return problem ? complain(problem) : CLI_OK;
}

enum cli_exit evidence_state(int device, const struct cli_options *options)
{
	struct vtl_statement statement;
	enum cli_exit result = get_statement(device, options->nonce, &statement);

	if (result == CLI_OK)
		statement_print(stdout, &statement, options->json);

	return result;
}

static enum cli_exit read_file(const char *path, char *text)
{
	FILE *file = fopen(path, "r");
	size_t size;

	if (!file) {
		fprintf(stderr, "redoubt: %s: %s\n", path, strerror(errno));
		return CLI_NOT_AVAILABLE;
	}
	size = fread(text, 1, FILE_BYTES_MAX, file);
	fclose(file);
	text[size] = '\0';

	return size < FILE_BYTES_MAX ? CLI_OK : complain("the file is too long for a statement");
}

enum cli_exit evidence_verify(const struct cli_options *options)
{
	static char text[FILE_BYTES_MAX + 1];
	enum cli_exit result = read_file(options->file, text);
	struct vtl_statement statement;
	const char *problem;

	if (result != CLI_OK)
		return result;
	if (!statement_find(text, &statement))
		return complain("there is no statement in the file, or more than one");
	problem = statement_problem(&statement);
	if (!problem && options->has_key &&
	    memcmp(options->key, statement.public_key, sizeof(options->key)) != 0)
		problem = "the statement is signed with another key";
	if (!problem && options->has_nonce &&
	    memcmp(options->nonce, statement.nonce, sizeof(options->nonce)) != 0)
		problem = "the statement has another nonce";
	if (problem)
		return complain(problem);
	statement_print(stdout, &statement, options->json);

	return CLI_OK;
}

static enum cli_exit get_pages(int device, witness_page pages[WITNESS_PAGE_COUNT])
{
	static struct redoubt_witness answer;
	unsigned int i;

	for (i = 0; i < WITNESS_PAGE_COUNT; i++) {
		memset(&answer, 0, sizeof(answer));
		answer.number = i;
		if (device_witness(device, &answer) != 0)
			return CLI_NOT_AVAILABLE;
		memcpy(pages[i], answer.records, sizeof(answer.records));
	}

	return CLI_OK;
}

/* There may be none. */
static void get_symbols(int device, struct symbols *symbols)
{
	struct redoubt_status status;

	memset(symbols, 0, sizeof(*symbols));
	if (device_status(device, &status) == 0)
		symbols_load(symbols, &status.vtl1);
}

enum cli_exit evidence_explain(int device, const struct cli_options *options)
{
	static witness_page pages[WITNESS_PAGE_COUNT];
	const struct witness_record *record;
	struct symbols symbols;

	if (get_pages(device, pages) != CLI_OK)
		return CLI_NOT_AVAILABLE;
	record = witness_find((const witness_page *)pages, options->event);
	if (!record) {
		fprintf(stderr, "redoubt: no event %llu; `redoubt log verify` lists them\n",
			options->event);
		return CLI_NOT_AVAILABLE;
	}
	get_symbols(device, &symbols);
	explain_print(stdout, record, &symbols, options->json);
	symbols_free(&symbols);

	return CLI_OK;
}

enum cli_exit evidence_verify_log(int device, const struct cli_options *options)
{
	static witness_page pages[WITNESS_PAGE_COUNT];
	unsigned char nonce[STATEMENT_NONCE_BYTES];
	struct vtl_statement statement;
	struct symbols symbols;
	enum cli_exit result;
	const char *problem;

	if (getrandom(nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce)) {
		perror("redoubt: random numbers");
		return CLI_NOT_AVAILABLE;
	}
	result = get_statement(device, nonce, &statement);
	if (result == CLI_OK)
		result = get_pages(device, pages);
	if (result != CLI_OK)
		return result;
	get_symbols(device, &symbols);
	witness_print(stdout, (const witness_page *)pages, &symbols, options->json);
	symbols_free(&symbols);
	problem = witness_problem((const witness_page *)pages, &statement);
	if (problem)
		return complain(problem);
	if (!options->json)
		printf("%llu events in %llu records, %llu lost; as VTL1 has signed\n",
		       (unsigned long long)statement.log_events,
		       (unsigned long long)statement.log_records,
		       (unsigned long long)statement.log_lost);

	return CLI_OK;
}
