// SPDX-License-Identifier: MIT

#include "tools/redoubt/text.h"

#include <string.h>

static int is_printable(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

static void print_json_byte(FILE *out, unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		fprintf(out, "\\%c", c);
		return;
	case '\n':
		fputs("\\n", out);
		return;
	case '\t':
		fputs("\\t", out);
		return;
	}
	if (is_printable(c))
		fputc(c, out);
	else
		fprintf(out, "\\u%04x", c);
}

void text_print_json(FILE *out, const char *text, size_t size)
{
	size_t i;

	fputc('"', out);
	for (i = 0; i < size; i++)
		print_json_byte(out, (unsigned char)text[i]);
	fputc('"', out);
}

void text_print_plain(FILE *out, const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (is_printable(c) && c != '\\')
			fputc(c, out);
		else
			fprintf(out, "\\x%02x", c);
	}
}

void text_format_mib(char *out, size_t out_size, unsigned long long bytes)
{
	unsigned long long tenths = ((bytes & 0xfffff) * 10) >> 20;

	snprintf(out, out_size, "%llu.%llu MiB", bytes >> 20, tenths);
}

static unsigned int digit(char c)
{
	return c <= '9' ? (unsigned int)(c - '0') : (unsigned int)(c | 0x20) - 'a' + 10;
}

void text_read_hex(const char *text, unsigned char *out, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i++)
		out[i] = (unsigned char)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
}

bool text_parse_hex(const char *text, unsigned char *out, size_t bytes)
{
	if (strlen(text) != 2 * bytes || strspn(text, "0123456789abcdefABCDEF") != 2 * bytes)
		return false;
	text_read_hex(text, out, bytes);

	return true;
}
