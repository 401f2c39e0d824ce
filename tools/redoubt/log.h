/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_LOG_H
#define REDOUBT_CLI_LOG_H

#include "hvcall/abi/vtl_call.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * Prints the lines of one page, each with its sequence number.
 * Returns how many, or -1 if the page contradicts itself.
 */
long log_print_page(FILE *out, const struct vtl_log_page *page, bool json);

/* Prints all that VTL1 has kept, or goes on for ever. Returns 0, or -1 and has said why. */
int log_print_all(FILE *out, int device, bool json, bool follow);

#endif
