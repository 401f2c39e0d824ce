/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_OPTIONS_H
#define REDOUBT_CLI_OPTIONS_H

#include "hvcall/abi/statement.h"

#include <stdbool.h>

#define CLI_VERSION "0.1.0"

enum cli_exit {
	CLI_OK = 0,
	CLI_NOT_AVAILABLE = 1, /* no driver, no VTL1, no right to ask, output failed */
	CLI_USAGE = 2,
	CLI_NOT_VERIFIED = 3, /* what should be signed is not, or says something else */
};

enum cli_command {
	COMMAND_HELP,
	COMMAND_VERSION,
	COMMAND_STATUS,
	COMMAND_LOG,
	COMMAND_SEAL,
	COMMAND_STATE,      /* status --nonce */
	COMMAND_LOG_VERIFY, /* log verify */
	COMMAND_EXPLAIN,
	COMMAND_VERIFY,
};

struct cli_options {
	enum cli_command command;
	bool json;
	bool follow;
	bool has_nonce;
	bool has_key;
	unsigned char nonce[STATEMENT_NONCE_BYTES];
	unsigned char key[96]; /* as in struct vtl_statement */
	const char *file;
	bool has_event;
	unsigned long long event; /* sequence number of a record */
};

extern const char cli_help[];

/* Returns NULL, or what is wrong; @wrong is then the argument in question, or NULL. */
const char *options_parse(int argc, char *const *argv, struct cli_options *options,
			  const char **wrong);

#endif
