// SPDX-License-Identifier: MIT

/* The driver cannot be removed, or loaded a second time, under its own name or another. */

#include <elf.h>

#include "vtl0.h"

#define NAME_OFFSET 24 /* of the name in struct module: after state and list */

static unsigned char *module_bytes(size_t *size)
{
	int file = open(module_path("redoubt"), O_RDONLY | O_CLOEXEC);
	struct stat about;
	unsigned char *bytes;

	if (file < 0 || fstat(file, &about) != 0)
		bail_out("redoubt.ko: %s", strerror(errno));
	*size = (size_t)about.st_size;
	bytes = malloc(*size);
	if (!bytes || read(file, bytes, *size) != (ssize_t)*size)
		bail_out("redoubt.ko cannot be read");
	close(file);

	return bytes;
}

/* Gives the module another name, where the kernel looks for it. */
static bool rename_module(unsigned char *bytes)
{
	Elf64_Ehdr *header = (Elf64_Ehdr *)bytes;
	Elf64_Shdr *sections = (Elf64_Shdr *)(bytes + header->e_shoff);
	const char *names = (char *)bytes + sections[header->e_shstrndx].sh_offset;
	unsigned int i;

	for (i = 0; i < header->e_shnum; i++) {
		char *name = (char *)bytes + sections[i].sh_offset + NAME_OFFSET;

		if (strcmp(names + sections[i].sh_name, ".gnu.linkonce.this_module") == 0 &&
		    strcmp(name, "redoubt") == 0) {
			memcpy(name, "another", sizeof("another"));
			return true;
		}
	}

	return false;
}

static void load_under_another_name(void)
{
	size_t size;
	unsigned char *bytes = module_bytes(&size);

	if (check(rename_module(bytes), "a copy of the driver has another name")) {
		int result = (int)syscall(SYS_init_module, bytes, size, "");

		check(result != 0 && errno == EBUSY, "it is refused: EBUSY");
		check(strstr(kernel_log(), "redoubt: not loaded: VTL1 has been taken already"),
		      "it says why");
	}
	free(bytes);
}

int main(void)
{
	struct redoubt_status before = redoubt_status(), after;

	check(syscall(SYS_delete_module, "redoubt", O_NONBLOCK) != 0 && errno == EBUSY,
	      "the driver cannot be removed");
	check_equal(load_module(module_path("redoubt")), EEXIST, "it cannot be loaded again");
	load_under_another_name();
	after = redoubt_status();
	check(after.vtl1.phase == before.vtl1.phase &&
		      after.vtl1.memory_bytes == before.vtl1.memory_bytes,
	      "VTL1 is as it was");
	check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");

	return tap_end();
}
