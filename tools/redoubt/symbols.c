// SPDX-License-Identifier: MIT

#include "tools/redoubt/symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "/lib/firmware/redoubt"
#define FILE_BYTES_MAX (64u << 20)
#define NAME_BYTES_MAX 120 /* leaves room for the offset */

/* Sections need not be aligned for what they hold. */
static __u32 word_at(const unsigned char *data)
{
	__u32 word;

	memcpy(&word, data, sizeof(word));

	return word;
}

/* The section in the file; its size, 0 if it is not there or not whole */
static size_t find_section(const struct symbols *symbols, const struct manifest_header *header,
			   __u32 kind, const unsigned char **data)
{
	__u32 i;

	for (i = 0; i < header->section_count; i++) {
		const struct manifest_section *section = &header->sections[i];

		if (section->kind != kind)
			continue;
		if (section->file_offset > symbols->file_bytes ||
		    section->bytes > symbols->file_bytes - section->file_offset)
			return 0;
		*data = symbols->file + section->file_offset;
		return section->bytes;
	}

	return 0;
}

static bool take(struct symbols *symbols)
{
	struct manifest_header header;

	if (symbols->file_bytes < sizeof(header))
		return false;
	memcpy(&header, symbols->file, sizeof(header));
	if (header.magic != MANIFEST_MAGIC || header.format != MANIFEST_FORMAT ||
	    header.section_count > MANIFEST_SECTIONS_MAX)
		return false;

	symbols->image_bytes = header.image_bytes;
	symbols->regions_bytes =
		find_section(symbols, &header, MANIFEST_SECTION_REGIONS, &symbols->regions);
	symbols->names_bytes =
		find_section(symbols, &header, MANIFEST_SECTION_NAMES, &symbols->names);
	if (symbols->names_bytes < sizeof(__u32))
		return false;
	symbols->name_count = word_at(symbols->names);

	return symbols->name_count <=
	       (symbols->names_bytes - sizeof(__u32)) / sizeof(struct manifest_name);
}

bool symbols_parse(struct symbols *symbols, unsigned char *file, size_t bytes)
{
	memset(symbols, 0, sizeof(*symbols));
	symbols->file = file;
	symbols->file_bytes = bytes;
	if (take(symbols))
		return true;
	symbols_free(symbols);

	return false;
}

static unsigned char *read_file(const char *path, size_t *bytes)
{
	FILE *file = fopen(path, "r");
	unsigned char *data = file ? (unsigned char *)malloc(FILE_BYTES_MAX) : NULL;

	*bytes = data ? fread(data, 1, FILE_BYTES_MAX, file) : 0;
	if (file)
		fclose(file);

	return data;
}

void symbols_load(struct symbols *symbols, const struct vtl_status *vtl1)
{
	const char *release = (const char *)vtl1->manifest_release;
	struct manifest_header header;
	char path[128];
	size_t bytes;
	unsigned char *file;

	memset(symbols, 0, sizeof(*symbols));
	if (vtl1->phase != VTL_PHASE_SEALED || strnlen(release, sizeof(header.release)) == 0 ||
	    release[sizeof(header.release) - 1] != '\0' || strchr(release, '/'))
		return;
	snprintf(path, sizeof(path), FOLDER "/manifest-%s.bin", release);
	file = read_file(path, &bytes);
	if (!file || !symbols_parse(symbols, file, bytes))
		return;

	/* Another kernel's, or another one of this kernel's */
	memcpy(&header, symbols->file, sizeof(header));
	if (memcmp(header.release, release, sizeof(header.release)) != 0 ||
	    header.version != vtl1->manifest_version) {
		symbols_free(symbols);
		return;
	}
	symbols->address = vtl1->kernel_address;
	symbols->gpa = vtl1->kernel_gpa;
}

void symbols_free(struct symbols *symbols)
{
	free(symbols->file);
	memset(symbols, 0, sizeof(*symbols));
}

static struct manifest_name name_at(const struct symbols *symbols, __u32 number)
{
	const unsigned char *record =
		symbols->names + sizeof(__u32) + number * sizeof(struct manifest_name);

	struct manifest_name name = { word_at(record), word_at(record + sizeof(__u32)) };

	return name;
}

static bool is_text(const struct symbols *symbols, __u64 offset)
{
	size_t at;

	for (at = 0; at + sizeof(struct manifest_region) <= symbols->regions_bytes;
	     at += sizeof(struct manifest_region)) {
		struct manifest_region region;

		memcpy(&region, symbols->regions + at, sizeof(region));
		if (region.kind == MANIFEST_REGION_TEXT && offset >= region.offset &&
		    offset - region.offset < region.page_count * 4096ull)
			return true;
	}

	return false;
}

/* The last function that does not begin behind @offset */
static bool find_name(const struct symbols *symbols, __u64 offset, struct manifest_name *found)
{
	__u32 low = 0, high = symbols->name_count;

	while (low < high) {
		__u32 middle = low + (high - low) / 2;

		if (name_at(symbols, middle).offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return false;
	*found = name_at(symbols, low - 1);

	return found->offset <= offset;
}

/* What is not in the section, too long or not printable is not taken. */
static bool copy_name(const struct symbols *symbols, __u32 place, char out[NAME_BYTES_MAX])
{
	size_t i;

	for (i = 0; i < NAME_BYTES_MAX && place + (__u64)i < symbols->names_bytes; i++) {
		unsigned char c = symbols->names[place + i];

		out[i] = (char)c;
		if (c == '\0')
			return i > 0;
		if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\')
			return false;
	}

	return false;
}

bool symbols_of_offset(const struct symbols *symbols, __u64 offset, char out[SYMBOLS_TEXT_BYTES])
{
	struct manifest_name name;
	char text[NAME_BYTES_MAX];

	if (!symbols->file || offset >= symbols->image_bytes)
		return false;
	if (is_text(symbols, offset) && find_name(symbols, offset, &name) &&
	    copy_name(symbols, name.name, text))
		snprintf(out, SYMBOLS_TEXT_BYTES, "%s+0x%llx", text,
			 (unsigned long long)(offset - name.offset));
	else
		snprintf(out, SYMBOLS_TEXT_BYTES, "_text+0x%llx", (unsigned long long)offset);

	return true;
}

/* Below the kernel the difference wraps around and is too large. */
bool symbols_of_address(const struct symbols *symbols, __u64 address, char out[SYMBOLS_TEXT_BYTES])
{
	return symbols_of_offset(symbols, address - symbols->address, out);
}

bool symbols_of_gpa(const struct symbols *symbols, __u64 gpa, char out[SYMBOLS_TEXT_BYTES])
{
	return symbols_of_offset(symbols, gpa - symbols->gpa, out);
}
