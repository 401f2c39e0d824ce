/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_WITNESS_H
#define REDOUBT_CLI_WITNESS_H

#include "hvcall/abi/statement.h"
#include "hvcall/abi/witness.h"
#include "tools/redoubt/symbols.h"

#include <stdbool.h>
#include <stdio.h>

typedef struct witness_record witness_page[WITNESS_RECORDS_PER_PAGE];

/*
 * Whether pages that were read after a statement was made are the log that it speaks of. NULL, or
 * what is wrong. What came later than the statement is not looked at.
 */
const char *witness_problem(const witness_page pages[WITNESS_PAGE_COUNT],
			    const struct vtl_statement *statement);

/* NULL if there is no record with that sequence number. */
const struct witness_record *witness_find(const witness_page pages[WITNESS_PAGE_COUNT],
					  unsigned long long sequence);

/* One line for each record, the oldest first. */
void witness_print(FILE *out, const witness_page pages[WITNESS_PAGE_COUNT],
		   const struct symbols *symbols, bool json);

#endif
