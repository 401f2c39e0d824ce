// SPDX-License-Identifier: MIT

#include <stdio.h>
#include <unistd.h>

#include "tools/redoubt/device.h"
#include "tools/redoubt/evidence.h"
#include "tools/redoubt/hypervisor.h"
#include "tools/redoubt/log.h"
#include "tools/redoubt/options.h"
#include "tools/redoubt/seal.h"
#include "tools/redoubt/status.h"

static int print_status(int device, bool json)
{
	struct redoubt_status status;
	struct hypervisor hypervisor;

	if (device_status(device, &status) != 0)
		return -1;

	hypervisor_describe(&status, &hypervisor);
	if (json)
		status_print_json(stdout, &status, &hypervisor);
	else
		status_print_plain(stdout, &status, &hypervisor);

	return 0;
}

static enum cli_exit as_exit(int error)
{
	return error ? CLI_NOT_AVAILABLE : CLI_OK;
}

static enum cli_exit ask(const struct cli_options *options)
{
	int device = device_open();
	enum cli_exit result = CLI_USAGE;

	if (device < 0)
		return CLI_NOT_AVAILABLE;

	if (options->command == COMMAND_STATUS)
		result = as_exit(print_status(device, options->json));
	else if (options->command == COMMAND_SEAL)
		result = as_exit(seal(device));
	else if (options->command == COMMAND_LOG)
		result = as_exit(log_print_all(stdout, device, options->json, options->follow));
	else if (options->command == COMMAND_STATE)
		result = evidence_state(device, options);
	else if (options->command == COMMAND_LOG_VERIFY)
		result = evidence_verify_log(device, options);
	close(device);

	return result;
}

static enum cli_exit run(const struct cli_options *options)
{
	switch (options->command) {
	case COMMAND_HELP:
		fputs(cli_help, stdout);
		return CLI_OK;
	case COMMAND_VERSION:
		puts("redoubt " CLI_VERSION);
		return CLI_OK;
	case COMMAND_VERIFY:
		return evidence_verify(options);
	case COMMAND_STATUS:
	case COMMAND_LOG:
	case COMMAND_SEAL:
	case COMMAND_STATE:
	case COMMAND_LOG_VERIFY:
		break;
	}

	return ask(options);
}

int main(int argc, char **argv)
{
	struct cli_options options;
	const char *problem, *wrong;
	enum cli_exit result;

	problem = options_parse(argc, argv, &options, &wrong);
	if (problem) {
		fprintf(stderr, "redoubt: %s%s%s\n\n%s", problem, wrong ? ": " : "",
			wrong ? wrong : "", cli_help);
		return CLI_USAGE;
	}

	result = run(&options);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("redoubt: output");
		return CLI_NOT_AVAILABLE;
	}

	return (int)result;
}
