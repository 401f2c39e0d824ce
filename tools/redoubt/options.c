// SPDX-License-Identifier: MIT

#include "tools/redoubt/options.h"

#include "tools/redoubt/text.h"

#include <stdlib.h>
#include <string.h>

const char cli_help[] =
	"redoubt: asks the secure kernel at VTL1\n"
	"\n"
	"  redoubt status [--json]   what runs and what it enforces\n"
	"  redoubt status --nonce HEX [--json]\n"
	"                            the same, signed by VTL1; HEX: 64 digits of yours, never used before\n"
	"  redoubt verify FILE [--key HEX] [--nonce HEX] [--json]\n"
	"                            checks such a statement, on any machine\n"
	"  redoubt log [--json] [--follow]\n"
	"                            the log of VTL1, as far as it is kept\n"
	"  redoubt log verify [--json]\n"
	"                            what VTL1 saw VTL0 try, compared with a statement\n"
	"  redoubt explain EVENT [--json]\n"
	"                            what such an event means; EVENT: its number in that list\n"
	"  redoubt seal              end of trust in VTL0: seals its kernel, until reboot\n"
	"  redoubt --help, --version\n"
	"\n"
	"Exit status: 0 done; 1 not available (driver not loaded, VTL1 silent, not root);\n"
	"2 wrong usage; 3 not verified. What is printed here passes through VTL0 and is a\n"
	"convenience, not evidence: evidence is on the hypervisor's console, or a statement\n"
	"that was checked elsewhere with a key that was known before.\n";

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
	else if (strcmp(argument, "verify") == 0)
		options->command = COMMAND_VERIFY;
	else if (strcmp(argument, "explain") == 0)
		options->command = COMMAND_EXPLAIN;
	else
		return "unknown command";

	return NULL;
}

/* Options with a value; true if @name is one of them and @value is what it takes. */
static bool take_value(const char *name, const char *value, struct cli_options *options)
{
	bool wants_nonce = options->command == COMMAND_STATUS ||
			   options->command == COMMAND_STATE || options->command == COMMAND_VERIFY;

	if (strcmp(name, "--nonce") == 0 && wants_nonce) {
		options->has_nonce =
			text_parse_hex(value, options->nonce, sizeof(options->nonce));
		if (options->command == COMMAND_STATUS)
			options->command = COMMAND_STATE;
		return options->has_nonce;
	}
	if (strcmp(name, "--key") == 0 && options->command == COMMAND_VERIFY) {
		options->has_key = text_parse_hex(value, options->key, sizeof(options->key));
		return options->has_key;
	}

	return false;
}

/* Decimal digits and nothing else */
static bool take_event(const char *word, struct cli_options *options)
{
	size_t digits = strspn(word, "0123456789");

	if (digits == 0 || digits > 19 || word[digits] != '\0')
		return false;
	options->event = strtoull(word, NULL, 10);
	options->has_event = true;

	return true;
}

static bool take_word(const char *word, struct cli_options *options)
{
	if (is_any(word, "--help", "-h"))
		options->command = COMMAND_HELP;
	else if (strcmp(word, "--json") == 0)
		options->json = true;
	else if (strcmp(word, "--follow") == 0 && options->command == COMMAND_LOG)
		options->follow = true;
	else if (strcmp(word, "verify") == 0 && options->command == COMMAND_LOG && !options->follow)
		options->command = COMMAND_LOG_VERIFY;
	else if (word[0] != '-' && options->command == COMMAND_VERIFY && !options->file)
		options->file = word;
	else if (options->command == COMMAND_EXPLAIN && !options->has_event)
		return take_event(word, options);
	else
		return false;

	return true;
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
		*wrong = argv[i];
		if (options->command == COMMAND_HELP || options->command == COMMAND_VERSION)
			return "unknown option";
		if (i + 1 < argc && take_value(argv[i], argv[i + 1], options))
			i++;
		else if (!take_word(argv[i], options))
			return "unknown option, or not with that value";
	}
	*wrong = NULL;
	if (options->command == COMMAND_VERIFY && !options->file)
		return "which file?";
	if (options->command == COMMAND_EXPLAIN && !options->has_event)
		return "which event?";

	return NULL;
}
