// SPDX-License-Identifier: MIT

#include "tools/redoubt/seal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/redoubt/device.h"
#include "tools/redoubt/text.h"

static const char *const reason_starts[] = { "seal: ", "manifest: ", "pin: " };

static int is_reason(const char *line, size_t size)
{
	size_t i;

	for (i = 0; i < sizeof(reason_starts) / sizeof(reason_starts[0]); i++) {
		size_t length = strlen(reason_starts[i]);

		if (size >= length && memcmp(line, reason_starts[i], length) == 0)
			return 1;
	}

	return 0;
}

size_t seal_reason(const struct vtl_log_page *page, const char **line)
{
	const char *text = (const char *)page->text;
	size_t rest = page->text_bytes, found = 0;

	if (rest > sizeof(page->text))
		return 0;

	while (rest > 0) {
		const char *end = (const char *)memchr(text, '\n', rest);
		size_t size;

		if (!end)
			break;
		size = (size_t)(end - text);
		if (is_reason(text, size)) {
			*line = text;
			found = size;
		}
		text += size + 1;
		rest -= size + 1;
	}

	return found;
}

/* What VTL1 has said last about it, from its log, which may go on meanwhile. */
static void print_reason(int device)
{
	static struct redoubt_log answer, last;
	const char *line = NULL;
	size_t size = 0;
	int pages;

	for (pages = 0; pages < 16; pages++) {
		__u64 next = answer.page.next_sequence;
		const char *newer;
		size_t newer_size;

		memset(&answer, 0, sizeof(answer));
		answer.sequence = next;
		if (device_log(device, &answer) != 0 || answer.page.text_bytes == 0)
			break;
		newer_size = seal_reason(&answer.page, &newer);
		if (newer_size != 0) {
			last = answer;
			size = seal_reason(&last.page, &line);
		}
	}

	if (size == 0)
		fputs("its log does not say why", stderr);
	else
		text_print_plain(stderr, line, size);
}

int seal(int device)
{
	int error = device_seal(device);

	switch (error) {
	case 0:
		return 0;
	case EALREADY:
		fputs("redoubt: it is sealed already\n", stderr);
		break;
	case ENODATA:
		fputs("redoubt: not sealed: there is no manifest of this kernel in /lib/firmware/redoubt\n",
		      stderr);
		break;
	case EBADMSG:
		fputs("redoubt: not sealed: the manifest is another kernel's\n", stderr);
		break;
	case EPERM:
		fputs("redoubt: not sealed: VTL1 refuses: ", stderr);
		print_reason(device);
		fputc('\n', stderr);
		break;
	default:
		fprintf(stderr, "redoubt: not sealed: %s; dmesg and `redoubt log` say why\n",
			strerror(error));
		break;
	}

	return -1;
}
