/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_STATEMENT_H
#define REDOUBT_CLI_STATEMENT_H

#include "hvcall/abi/statement.h"

#include <stdbool.h>
#include <stdio.h>

/* Finds the statement in a text: the only run of twice as many hexadecimal digits as it has bytes. */
bool statement_find(const char *text, struct vtl_statement *statement);

/* NULL if it is one of VTL1's, signed with the key that it names; else what is wrong. */
const char *statement_problem(const struct vtl_statement *statement);

/* Fields for people or scripts, and the whole as hexadecimal digits, for statement_find(). */
void statement_print(FILE *out, const struct vtl_statement *statement, bool json);

#endif
