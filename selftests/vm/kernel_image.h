/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_TEST_KERNEL_IMAGE_H
#define REDOUBT_TEST_KERNEL_IMAGE_H

/* Where VTL0's kernel has what is attacked: its symbols, and the sites of its manifest. */

#include "hostile.h"
#include "hvcall/abi/manifest.h"

#define SYMBOLS_BYTES_MAX (32u << 20)

/* The kernel's table of symbols, read once: that is slow. */
static const char *symbols(void)
{
	static char *text;
	FILE *file;
	size_t size;

	if (text)
		return text;
	text = malloc(SYMBOLS_BYTES_MAX);
	file = fopen("/proc/kallsyms", "r");
	if (!text || !file)
		bail_out("/proc/kallsyms: %s", strerror(errno));
	size = fread(text, 1, SYMBOLS_BYTES_MAX - 1, file);
	fclose(file);
	text[size] = '\0';

	return text;
}

/* The symbol's address, or 0 */
TAP_UNUSED static __u64 symbol(const char *wanted)
{
	char ending[128];
	const char *found;

	snprintf(ending, sizeof(ending), " %s\n", wanted);
	found = strstr(symbols(), ending);
	while (found && found > symbols() && found[-1] != '\n')
		found--;

	return found ? strtoull(found, NULL, 16) : 0;
}

TAP_UNUSED static __u64 must_symbol(const char *name)
{
	__u64 address = symbol(name);

	if (!address)
		bail_out("no symbol %s", name);

	return address;
}

/* Where the kernel's image lies */
TAP_UNUSED static __u64 image_gpa(void)
{
	const char *line = strstr(read_text("/proc/iomem"), "Kernel code");
	unsigned long long first;

	while (line && line[-1] != '\n')
		line--;
	if (!line || sscanf(line, " %llx-", &first) != 1)
		bail_out("no kernel code in /proc/iomem");

	return first;
}

TAP_UNUSED static __u64 gpa_of(const char *name)
{
	return image_gpa() + (must_symbol(name) - must_symbol("_text"));
}

/* The manifest of the running kernel; NULL if there is none */
TAP_UNUSED static const __u8 *manifest(void)
{
	static const __u8 *bytes;
	struct utsname system;
	struct stat status;
	char path[256];
	int file;

	if (bytes)
		return bytes;
	uname(&system);
	snprintf(path, sizeof(path), "/lib/firmware/redoubt/manifest-%s.bin", system.release);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0 || fstat(file, &status) != 0)
		return NULL;
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	close(file);
	if (bytes == MAP_FAILED)
		bail_out("%s: %s", path, strerror(errno));

	return bytes;
}

TAP_UNUSED static const void *manifest_table(__u32 kind, __u32 *bytes)
{
	const struct manifest_header *header = (const void *)manifest();
	__u32 i;

	for (i = 0; i < header->section_count; i++) {
		if (header->sections[i].kind == kind) {
			*bytes = header->sections[i].bytes;
			return manifest() + header->sections[i].file_offset;
		}
	}
	bail_out("no section %u in the manifest", kind);
}

/* The address of a site that lies in one page; 0 if there is none */
TAP_UNUSED static __u64 find_site(bool (*is_wanted)(const struct manifest_site *site),
				  struct manifest_site *found)
{
	__u32 bytes, i;
	const struct manifest_site *sites = manifest_table(MANIFEST_SECTION_SITES, &bytes);

	for (i = 0; i < bytes / sizeof(*sites); i++) {
		if (is_wanted(&sites[i]) && sites[i].offset % PAGE_BYTES < PAGE_BYTES - 8) {
			*found = sites[i];
			return must_symbol("_text") + sites[i].offset;
		}
	}

	return 0;
}

#endif
