// SPDX-License-Identifier: MIT

#include <stdio.h>
#include <unistd.h>

#include "tools/redoubt/device.h"
#include "tools/redoubt/hypervisor.h"
#include "tools/redoubt/log.h"
#include "tools/redoubt/options.h"
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

static int ask(const struct cli_options *options)
{
	int device = device_open();
	int error;

	if (device < 0)
		return -1;

	switch (options->command) {
	case COMMAND_STATUS:
		error = print_status(device, options->json);
		break;
	case COMMAND_SEAL:
		error = device_seal(device);
		break;
	default:
		error = log_print_all(stdout, device, options->json);
	}
	close(device);

	return error;
}

static int run(const struct cli_options *options)
{
	switch (options->command) {
	case COMMAND_HELP:
		fputs(cli_help, stdout);
		return 0;
	case COMMAND_VERSION:
		puts("redoubt " CLI_VERSION);
		return 0;
	case COMMAND_STATUS:
	case COMMAND_LOG:
	case COMMAND_SEAL:
		break;
	}

	return ask(options);
}

int main(int argc, char **argv)
{
	struct cli_options options;
	const char *problem, *wrong;
	int error;

	problem = options_parse(argc, argv, &options, &wrong);
	if (problem) {
		fprintf(stderr, "redoubt: %s%s%s\n\n%s", problem, wrong ? ": " : "",
			wrong ? wrong : "", cli_help);
		return CLI_USAGE;
	}

	error = run(&options);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("redoubt: output");
		return CLI_NOT_AVAILABLE;
	}

	return error ? CLI_NOT_AVAILABLE : CLI_OK;
}
