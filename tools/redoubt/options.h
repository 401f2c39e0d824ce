/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_OPTIONS_H
#define REDOUBT_CLI_OPTIONS_H

#include <stdbool.h>

#define CLI_VERSION "0.1.0"

enum cli_exit {
	CLI_OK = 0,
	CLI_NOT_AVAILABLE = 1, /* no driver, no VTL1, no right to ask, output failed */
	CLI_USAGE = 2,
};

enum cli_command {
	COMMAND_HELP,
	COMMAND_VERSION,
	COMMAND_STATUS,
	COMMAND_LOG,
	COMMAND_SEAL,
};

struct cli_options {
	enum cli_command command;
	bool json;
};

extern const char cli_help[];

/* Returns NULL, or what is wrong; @wrong is then the argument in question, or NULL. */
const char *options_parse(int argc, char *const *argv, struct cli_options *options,
			  const char **wrong);

#endif
