/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_EXPLAIN_H
#define REDOUBT_CLI_EXPLAIN_H

#include "tools/redoubt/witness.h"

/* What a record of the witness log means: a sentence what happened, and one what to do. */
void explain_print(FILE *out, const struct witness_record *record, const struct symbols *symbols,
		   bool json);

#endif
