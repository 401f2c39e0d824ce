/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_TEXT_H
#define REDOUBT_CLI_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Text that comes from elsewhere, made safe to print. Input need not end with a NUL. */

/* As a JSON string, quotes included. Bytes that are not ASCII become \u00xx. */
void text_print_json(FILE *out, const char *text, size_t size);

/* For a terminal: what is not printable ASCII becomes \xNN. */
void text_print_plain(FILE *out, const char *text, size_t size);

/* Bytes as "4.3 MiB", into at least 32 bytes. */
void text_format_mib(char *out, size_t out_size, unsigned long long bytes);

#endif
