// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/elf.h>
#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

#include "image.h"

/* The file is not aligned to anything: headers are copied out. */

#define IMAGE_PAGE_BYTES 4096ull
#define IMAGE_FILE_BYTES_MAX 0x1000000ull /* 16 MiB, debug information included */

/* Is [offset, offset + size) inside [0, limit)? Does not overflow. */
static int is_inside(__u64 offset, __u64 size, __u64 limit)
{
	return size <= limit && offset <= limit - size;
}

static const char *check_file_header(const Elf64_Ehdr *header, __u64 file_bytes)
{
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return "not an ELF file";
	if (header->e_ident[EI_CLASS] != ELFCLASS64)
		return "not a 64-bit ELF file";
	if (header->e_ident[EI_DATA] != ELFDATA2LSB)
		return "not little-endian";
	if (header->e_ident[EI_VERSION] != EV_CURRENT ||
	    header->e_version != EV_CURRENT)
		return "unknown ELF version";
	if (header->e_machine != EM_X86_64)
		return "not for x86-64";
	if (header->e_type != ET_EXEC)
		return "not an executable at a fixed address";
	if (header->e_ehsize != sizeof(Elf64_Ehdr))
		return "file header has a wrong size";
	if (header->e_phentsize != sizeof(Elf64_Phdr))
		return "program headers have a wrong size";
	if (header->e_phnum == 0 || header->e_phnum == PN_XNUM)
		return "no program headers";
	if (!is_inside(header->e_phoff,
		       (__u64)header->e_phnum * sizeof(Elf64_Phdr), file_bytes))
		return "program headers lie outside the file (truncated?)";

	return NULL;
}

static const char *check_segment(const Elf64_Phdr *segment, __u64 file_bytes)
{
	if (segment->p_memsz == 0)
		return "a segment is empty";
	if (segment->p_filesz > segment->p_memsz)
		return "a segment is larger in the file than in memory";
	if (!is_inside(segment->p_offset, segment->p_filesz, file_bytes))
		return "a segment lies outside the file (truncated?)";
	if (segment->p_vaddr % IMAGE_PAGE_BYTES != 0)
		return "a segment is not page aligned";
	if (segment->p_vaddr < VTL1_IMAGE_VA ||
	    !is_inside(segment->p_vaddr - VTL1_IMAGE_VA, segment->p_memsz,
		       VTL1_IMAGE_BYTES_MAX))
		return "a segment lies outside the image's 2 MiB of addresses";
	if (!(segment->p_flags & PF_R))
		return "a segment is not readable";
	if ((segment->p_flags & PF_W) && (segment->p_flags & PF_X))
		return "a segment is writable and executable";

	return NULL;
}

/* Both have passed check_segment(), so the sums do not overflow. */
static int overlaps(const struct vtl1_segment *a, const struct vtl1_segment *b)
{
	return a->va < b->va + b->page_count * IMAGE_PAGE_BYTES &&
	       b->va < a->va + a->page_count * IMAGE_PAGE_BYTES;
}

static const char *add_segment(struct vtl1_image *image,
			       const Elf64_Phdr *header)
{
	struct vtl1_segment *segment;
	__u32 i;

	if (image->segment_count == VTL1_SEGMENT_COUNT_MAX)
		return "too many segments";

	segment = &image->segments[image->segment_count];
	segment->va = header->p_vaddr;
	segment->page_count =
		(header->p_memsz + IMAGE_PAGE_BYTES - 1) / IMAGE_PAGE_BYTES;
	segment->file_offset = header->p_offset;
	segment->file_bytes = header->p_filesz;
	segment->is_writable = (header->p_flags & PF_W) != 0;
	segment->is_executable = (header->p_flags & PF_X) != 0;

	for (i = 0; i < image->segment_count; i++) {
		if (overlaps(segment, &image->segments[i]))
			return "two segments overlap";
	}

	image->page_count += segment->page_count;
	image->segment_count++;

	return NULL;
}

static const char *check_entry(const struct vtl1_image *image)
{
	__u32 i;

	for (i = 0; i < image->segment_count; i++) {
		const struct vtl1_segment *segment = &image->segments[i];

		/* In bytes of the file, so that it is not in the padding. */
		if (segment->is_executable && image->entry >= segment->va &&
		    image->entry - segment->va < segment->file_bytes)
			return NULL;
	}

	return "the entry point is not in an executable segment";
}

/**
 * vtl1_image_parse() - check the structure of the VTL1 image
 * @file: the whole file; need not be aligned
 * @size_bytes: of @file
 * @image: filled in on success, undefined otherwise
 *
 * Does not say that the image is ours: the digest does.
 *
 * Return: NULL if it is well formed, else what is wrong with it, for a message.
 */
const char *vtl1_image_parse(const void *file, size_t size_bytes,
			     struct vtl1_image *image)
{
	const __u8 *bytes = (const __u8 *)file;
	const char *problem;
	Elf64_Ehdr header;
	__u32 i;

	if (size_bytes < sizeof(header))
		return "too short for an ELF file";
	if (size_bytes > IMAGE_FILE_BYTES_MAX)
		return "larger than 16 MiB";

	memcpy(&header, bytes, sizeof(header));
	problem = check_file_header(&header, size_bytes);
	if (problem)
		return problem;

	memset(image, 0, sizeof(*image));
	image->entry = header.e_entry;

	for (i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr segment;

		memcpy(&segment, bytes + header.e_phoff + i * sizeof(segment),
		       sizeof(segment));
		if (segment.p_type == PT_INTERP || segment.p_type == PT_DYNAMIC)
			return "needs a dynamic linker";
		if (segment.p_type != PT_LOAD)
			continue;

		problem = check_segment(&segment, size_bytes);
		if (problem)
			return problem;
		problem = add_segment(image, &segment);
		if (problem)
			return problem;
	}

	if (image->segment_count == 0)
		return "nothing to load";

	return check_entry(image);
}
