/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_TEXT_H
#define REDOUBT_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Text that comes from elsewhere, made safe to print. Input need not end with a NUL. */

/* As a JSON string, quotes included. Bytes that are not ASCII become \u00xx. */
void text_print_json(FILE *out, const char *text, size_t size);

/* For a terminal: what is not printable ASCII becomes \xNN. */
void text_print_plain(FILE *out, const char *text, size_t size);

/* Reads twice as many digits as there are bytes, which must all be hexadecimal ones. */
void text_read_hex(const char *text, unsigned char *out, size_t bytes);

/* The same; false, and nothing is written, if @text is anything else than these digits. */
bool text_parse_hex(const char *text, unsigned char *out, size_t bytes);

/* Bytes as "4.3 MiB", into at least 32 bytes. */
void text_format_mib(char *out, size_t out_size, unsigned long long bytes);

#endif
