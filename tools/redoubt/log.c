// SPDX-License-Identifier: MIT

#include "tools/redoubt/log.h"

#include "tools/redoubt/device.h"
#include "tools/redoubt/text.h"

#include <string.h>
#include <unistd.h>

/* How often a reader who follows asks */
#define FOLLOW_SECONDS 1

static void print_line(FILE *out, __u64 sequence, const char *text, size_t size, bool json)
{
	if (json) {
		fprintf(out, "{\"sequence\":%llu,\"text\":", (unsigned long long)sequence);
		text_print_json(out, text, size);
		fputs("}\n", out);
		return;
	}
	fprintf(out, "%6llu  ", (unsigned long long)sequence);
	text_print_plain(out, text, size);
	fputc('\n', out);
}

long log_print_page(FILE *out, const struct vtl_log_page *page, bool json)
{
	const char *text = (const char *)page->text;
	size_t rest = page->text_bytes;
	long count = 0;

	if (rest > sizeof(page->text))
		return -1;

	while (rest > 0) {
		const char *end = (const char *)memchr(text, '\n', rest);
		size_t size;

		if (!end)
			return -1;
		size = (size_t)(end - text);
		print_line(out, page->first_sequence + (__u64)count, text, size, json);
		text += size + 1;
		rest -= size + 1;
		count++;
	}

	return (__u64)count == page->next_sequence - page->first_sequence ? count : -1;
}

int log_print_all(FILE *out, int device, bool json, bool follow)
{
	static struct redoubt_log answer;
	__u64 next = 0;

	for (;;) {
		long count;

		memset(&answer, 0, sizeof(answer));
		answer.sequence = next;
		if (device_log(device, &answer) != 0)
			return -1;

		/* The ring has moved on between two questions, or before the first. */
		if (!json && answer.page.first_sequence > next)
			fprintf(out, "        (lines %llu to %llu are not kept any more)\n",
				(unsigned long long)next,
				(unsigned long long)answer.page.first_sequence - 1);

		count = -1;
		if (answer.page.first_sequence >= next || answer.page.text_bytes == 0)
			count = log_print_page(out, &answer.page, json);
		if (count < 0) {
			fputs("redoubt: the log's page contradicts itself\n", stderr);
			return -1;
		}
		if (count == 0) {
			if (!follow || fflush(out) != 0)
				return 0;
			sleep(FOLLOW_SECONDS);
		}
		next = answer.page.next_sequence;
	}
}
