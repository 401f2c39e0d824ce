/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_SYMBOLS_H
#define REDOUBT_CLI_SYMBOLS_H

#include "hvcall/abi/manifest.h"
#include "hvcall/abi/vtl_call.h"

#include <stdbool.h>
#include <stddef.h>

#define SYMBOLS_TEXT_BYTES 160

/*
 * Names of the kernel's functions, from the manifest's file. Its signature is not checked: names are
 * for people. It is just a file, and nothing in it is believed to lie inside of it.
 */
struct symbols {
	unsigned char *file; /* NULL: no names */
	size_t file_bytes;
	const unsigned char *names, *regions; /* sections, in the file */
	size_t names_bytes, regions_bytes;
	__u32 name_count;
	__u32 image_bytes;
	__u64 address; /* of _text, as VTL0 runs it */
	__u64 gpa;     /* of _text */
};

/* Names from @file, which is malloc()ed and theirs from now on. False: it is no good. */
bool symbols_parse(struct symbols *symbols, unsigned char *file, size_t bytes);

/* Those of the kernel that VTL1 has sealed. Without them all below finds nothing. */
void symbols_load(struct symbols *symbols, const struct vtl_status *vtl1);

void symbols_free(struct symbols *symbols);

/* "name+0x12", or "_text+0x1234" where the kernel's image has no function; false: not in it. */
bool symbols_of_offset(const struct symbols *symbols, __u64 offset, char out[SYMBOLS_TEXT_BYTES]);
bool symbols_of_address(const struct symbols *symbols, __u64 address, char out[SYMBOLS_TEXT_BYTES]);
bool symbols_of_gpa(const struct symbols *symbols, __u64 gpa, char out[SYMBOLS_TEXT_BYTES]);

#endif
