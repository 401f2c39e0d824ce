// SPDX-License-Identifier: MIT

#include "tools/redoubt/options.h"

#include <string.h>

const char cli_help[] =
	"redoubt: asks the secure kernel at VTL1\n"
	"\n"
	"  redoubt status [--json]   what runs and what it enforces\n"
	"  redoubt log [--json]      the log of VTL1, as far as it is kept\n"
	"  redoubt seal              end of trust in VTL0: seals its kernel, until reboot\n"
	"  redoubt --help, --version\n"
	"\n"
	"Exit status: 0 done; 1 not available (driver not loaded, VTL1 silent, not root);\n"
	"2 wrong usage. What is printed here passes through VTL0 and is a convenience, not\n"
	"evidence: evidence is on the hypervisor's console.\n";

static bool is_any(const char *argument, const char *a, const char *b)
{
	return strcmp(argument, a) == 0 || strcmp(argument, b) == 0;
}

static const char *parse_command(const char *argument, struct cli_options *options)
{
	if (is_any(argument, "--help", "-h") || strcmp(argument, "help") == 0)
		options->command = COMMAND_HELP;
	else if (is_any(argument, "--version", "-V"))
		options->command = COMMAND_VERSION;
	else if (strcmp(argument, "status") == 0)
		options->command = COMMAND_STATUS;
	else if (strcmp(argument, "log") == 0)
		options->command = COMMAND_LOG;
	else if (strcmp(argument, "seal") == 0)
		options->command = COMMAND_SEAL;
	else
		return "unknown command";

	return NULL;
}

const char *options_parse(int argc, char *const *argv, struct cli_options *options,
			  const char **wrong)
{
	const char *problem;
	int i;

	*wrong = NULL;
	memset(options, 0, sizeof(*options));
	if (argc < 2)
		return "which command?";

	*wrong = argv[1];
	problem = parse_command(argv[1], options);
	if (problem)
		return problem;

	for (i = 2; i < argc; i++) {
		bool takes_options = options->command == COMMAND_STATUS ||
				     options->command == COMMAND_LOG;

		*wrong = argv[i];
		if (takes_options && is_any(argv[i], "--help", "-h"))
			options->command = COMMAND_HELP;
		else if (takes_options && strcmp(argv[i], "--json") == 0)
			options->json = true;
		else
			return "unknown option";
	}
	*wrong = NULL;

	return NULL;
}
