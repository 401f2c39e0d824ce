/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_EVIDENCE_H
#define REDOUBT_CLI_EVIDENCE_H

#include "tools/redoubt/options.h"

/* What is signed by VTL1. Each has said why if it does not return CLI_OK. */

/* Asks VTL1 for a statement with the nonce in @options, and prints it. */
enum cli_exit evidence_state(int device, const struct cli_options *options);

/* Checks the statement in the file that @options name, and prints it. */
enum cli_exit evidence_verify(const struct cli_options *options);

/* Prints the witness log, after comparing it with a statement that is asked for first. */
enum cli_exit evidence_verify_log(int device, const struct cli_options *options);

/* Says what the event of the witness log that @options name means. The log is not compared. */
enum cli_exit evidence_explain(int device, const struct cli_options *options);

#endif
