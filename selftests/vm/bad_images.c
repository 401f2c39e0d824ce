// SPDX-License-Identifier: MIT

/*
 * Images of VTL1 that are missing, damaged or not ours: refused before VTL1 is enabled, each with a
 * line that says why; VTL0 goes on, and the right image still loads. Runs before the driver is loaded.
 */

#include <elf.h>

#include "hostile.h"
#include "hvcall/abi/tlfs_register.h"

#define IMAGE "/lib/firmware/redoubt/vtl1.elf"

static unsigned char original[1 << 20];
static size_t original_bytes;
static unsigned char image[1 << 20];
static size_t image_bytes;

static Elf64_Phdr *segment(unsigned int n)
{
	return (Elf64_Phdr *)(image + ((Elf64_Ehdr *)image)->e_phoff) + n;
}

static void nothing(void)
{
	image_bytes = 0;
}

static void half(void)
{
	image_bytes /= 2;
}

static void header_only(void)
{
	image_bytes = sizeof(Elf64_Ehdr);
}

static void other_magic(void)
{
	image[0] = 'M';
}

static void other_machine(void)
{
	((Elf64_Ehdr *)image)->e_machine = EM_AARCH64;
}

static void other_class(void)
{
	image[EI_CLASS] = ELFCLASS32;
}

static void relocatable(void)
{
	((Elf64_Ehdr *)image)->e_type = ET_DYN;
}

static void overlapping(void)
{
	segment(1)->p_vaddr = segment(0)->p_vaddr;
}

static void huge(void)
{
	segment(0)->p_memsz = 1ull << 40;
}

static void wrapping(void)
{
	segment(0)->p_filesz = ~0ull;
}

static void table_outside(void)
{
	((Elf64_Ehdr *)image)->e_phoff = ~0ull - 8;
}

static void entry_outside(void)
{
	((Elf64_Ehdr *)image)->e_entry = 0;
}

static void writable_code(void)
{
	segment(0)->p_flags |= PF_W;
}

static void one_bit(void)
{
	image[segment(0)->p_offset + 5000] ^= 1;
}

static const struct {
	const char *name;
	void (*damage)(void);
	int error;
} cases[] = {
	{ "an empty file", nothing, ENODATA }, /* the firmware loader gives none */
	{ "half of the file", half, EBADMSG },
	{ "a header and no more", header_only, EBADMSG },
	{ "no ELF", other_magic, EBADMSG },
	{ "another machine", other_machine, EBADMSG },
	{ "another class", other_class, EBADMSG },
	{ "another type", relocatable, EBADMSG },
	{ "overlapping segments", overlapping, EBADMSG },
	{ "a huge segment", huge, EBADMSG },
	{ "a segment that wraps around", wrapping, EBADMSG },
	{ "a table outside of the file", table_outside, EBADMSG },
	{ "an entry outside of the code", entry_outside, EBADMSG },
	{ "code that can be written", writable_code, EBADMSG },
	{ "one bit changed", one_bit, EKEYREJECTED },
};

static void write_image(const unsigned char *bytes, size_t count)
{
	int file = open(IMAGE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (file < 0 || write(file, bytes, count) != (ssize_t)count)
		bail_out("%s: %s", IMAGE, strerror(errno));
	close(file);
}

/* VTL1 may still be enabled by whoever comes first. */
static bool is_vtl1_enabled(void)
{
	struct tlfs_vp_registers_header *header = page(0);
	__u32 *names = (__u32 *)(header + 1);

	*header = (struct tlfs_vp_registers_header){ .partition_id = TLFS_PARTITION_SELF,
						     .vp_index = TLFS_VP_SELF };
	names[0] = TLFS_REG_VSM_PARTITION_STATUS;
	if (hypercall(rep_control(TLFS_CALL_GET_VP_REGISTERS, 1, 0), page_gpa(0), page_gpa(1)).status)
		bail_out("VsmPartitionStatus cannot be read");

	return *(__u64 *)page(1) & 2;
}

static unsigned int refusals(void)
{
	const char *line = kernel_log();
	unsigned int count = 0;

	while ((line = strstr(line, "redoubt: VTL1 image "))) {
		count++;
		line++;
	}

	return count;
}

static void try_image(const char *name, int error)
{
	unsigned int before = refusals();
	int result = load_module(module_path("redoubt"));

	check_equal(result, error, "%s: %s", name, strerror(error));
	check_equal(refusals(), before + 1, "%s: one line says why", name);
	check(!is_vtl1_enabled(), "%s: VTL1 is not enabled", name);
}

int main(void)
{
	int file = open(IMAGE, O_RDONLY | O_CLOEXEC);
	ssize_t count;
	unsigned int i;

	if (access("/dev/redoubt", F_OK) == 0)
		skip_all("the driver is loaded");
	count = file < 0 ? -1 : read(file, original, sizeof(original));
	if (count <= 0)
		bail_out("%s: %s", IMAGE, strerror(errno));
	original_bytes = (size_t)count;
	close(file);
	hostile_open();
	unlink(IMAGE);
	try_image("no file", ENODATA);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memcpy(image, original, original_bytes);
		image_bytes = original_bytes;
		cases[i].damage();
		write_image(image, image_bytes);
		try_image(cases[i].name, cases[i].error);
	}
	write_image(original, original_bytes);
	check_equal(load_module(module_path("redoubt")), 0, "the right image still loads");
	check(is_vtl1_well(), "VTL1 answers");
	check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");

	return tap_end();
}
