// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include <linux/firmware.h>
#include <linux/ftrace.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "hvcall/abi/manifest.h"
#include "tracing.h"

#define PATTERN_BYTES_MAX 128

/* The section, or NULL where the file does not have it, or is cut off. */
static const char *find_patterns(const struct firmware *manifest, u32 *bytes)
{
	const struct manifest_header *header =
		(const struct manifest_header *)manifest->data;
	u32 count = min(header->section_count, MANIFEST_SECTIONS_MAX);
	u32 i;

	for (i = 0; i < count; i++) {
		const struct manifest_section *section = &header->sections[i];

		if (section->kind != MANIFEST_SECTION_UNTRACED)
			continue;
		if (section->file_offset > manifest->size ||
		    section->bytes > manifest->size - section->file_offset)
			return NULL;
		*bytes = section->bytes;
		return (const char *)manifest->data + section->file_offset;
	}

	return NULL;
}

/**
 * tracing_spare_guarded() - the function tracers leave guarded functions alone
 * @manifest: the file, of which VTL1 has taken its part
 *
 * VTL1 denies a patch of a guarded function, and the kernel dies of a denial
 * with text_mutex held: nothing is ever patched again. So those functions go
 * into set_ftrace_notrace first. Whoever takes them out again is denied.
 *
 * Context: May sleep; takes a scan of all functions for each pattern.
 */
void tracing_spare_guarded(const struct firmware *manifest)
{
	char pattern[PATTERN_BYTES_MAX];
	const char *next, *end;
	u32 bytes;

	next = find_patterns(manifest, &bytes);
	if (!next)
		return;
	for (end = next + bytes; next < end;) {
		size_t length = strnlen(next, end - next);

		/* ftrace writes into it. */
		if (length && length < sizeof(pattern)) {
			memcpy(pattern, next, length);
			pattern[length] = '\0';
			ftrace_set_global_notrace(pattern, length, 0);
		}
		next += length + 1;
		cond_resched();
	}
}
