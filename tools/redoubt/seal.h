/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_SEAL_H
#define REDOUBT_CLI_SEAL_H

#include "hvcall/abi/vtl_call.h"

#include <stddef.h>

/*
 * The last line of a page of VTL1's log that says why something was refused on the way to the seal.
 * @line: set, and its length returned; 0 and unchanged if there is none.
 */
size_t seal_reason(const struct vtl_log_page *page, const char **line);

/* Seals, or prints one line that says why not, or that it was before. Returns 0 or -1. */
int seal(int device);

#endif
