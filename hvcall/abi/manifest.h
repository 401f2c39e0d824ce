/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_ABI_MANIFEST_H
#define REDOUBT_ABI_MANIFEST_H

#include "types.h"

/*
 * The kernel manifest: what VTL1 must know about VTL0's kernel, made offline from the distribution's
 * kernel package and signed by the operator (Documentation/manifest.rst).
 *
 * A file is one header page and sections, each of which begins at a multiple of 4096 bytes. The
 * signature covers the header, the header has the digest of each section. All numbers are little
 * endian. "Offset" below means the distance in bytes from _text as linked (link_base); the kernel
 * lies at link_base + slide. Arrays are sorted by offset and do not overlap unless said otherwise.
 */
#define MANIFEST_MAGIC 0x31464e414d544452ull /* "RDTMANF1" */
#define MANIFEST_FORMAT 1u

#define MANIFEST_HEADER_BYTES 4096u
#define MANIFEST_SIGNED_BYTES 4000u  /* the header up to the signature */
#define MANIFEST_SECTIONS_MAX 32u
#define MANIFEST_RELEASE_BYTES 64u
#define MANIFEST_DIGEST_BYTES 32u    /* SHA-512/256 (FIPS 180-4) */
#define MANIFEST_SIGNATURE_BYTES 96u /* ECDSA P-384 over SHA-384: r, s, big endian (FIPS 186-5) */

/* Section kinds. VTL1 takes those below MANIFEST_SECTION_TOOLS, each exactly once. */
#define MANIFEST_SECTION_SYMBOLS 1u   /* struct manifest_symbol, sorted by name */
#define MANIFEST_SECTION_REGIONS 2u   /* struct manifest_region */
#define MANIFEST_SECTION_DIGESTS 3u   /* 32 bytes a page, named by regions */
#define MANIFEST_SECTION_RELOC64 4u   /* __u32 offsets of 8-byte fields to which the slide is added */
#define MANIFEST_SECTION_RELOC32 5u   /* __u32 offsets of 4-byte fields to which it is added */
#define MANIFEST_SECTION_INVERSE32 6u /* __u32 offsets of 4-byte fields from which it is subtracted */
#define MANIFEST_SECTION_SITES 7u     /* struct manifest_site */
#define MANIFEST_SECTION_VALUES 8u    /* bytes, named by sites */
#define MANIFEST_SECTION_TARGETS 9u   /* struct manifest_target, sorted by group, then offset */
#define MANIFEST_SECTION_KEYS 10u     /* struct manifest_key, numbered by sites */
#define MANIFEST_SECTION_MASKS 11u    /* struct manifest_mask */
#define MANIFEST_SECTION_TOOLS 64u    /* from here on for tools and later policies; not read by VTL1 */
#define MANIFEST_SECTION_NAMES 64u    /* struct manifest_name of functions, sorted by offset */
#define MANIFEST_SECTION_EXPORTS 65u  /* struct manifest_export, sorted by name */
#define MANIFEST_SECTION_MODULE_KEYS 66u /* struct manifest_module_key, one behind the other */
#define MANIFEST_SECTION_UNTRACED 67u /* patterns of ftrace's, each ended by 0: all guarded functions */

struct manifest_section {
	__u32 kind;      /* 0 */
	__u32 bytes;     /* 4: not 0 */
	__u64 file_offset; /* 8: multiple of 4096 */
	__u8 digest[MANIFEST_DIGEST_BYTES]; /* 16: of the section's bytes, without padding */
};
ABI_ASSERT(sizeof(struct manifest_section) == 48);

/* Policies that have a mode (Documentation/sealing.rst) */
#define MANIFEST_POLICY_TEXT 0u      /* sealed code and read-only data, W^X */
#define MANIFEST_POLICY_REGISTERS 1u /* pinned registers */
#define MANIFEST_POLICY_PATCHING 2u  /* checked text patching */
#define MANIFEST_POLICY_DATA 3u      /* sealed writable data */
#define MANIFEST_POLICY_MODULES 4u
#define MANIFEST_POLICY_COUNT 16u

#define MANIFEST_MODE_OFF 0u
#define MANIFEST_MODE_AUDIT 1u
#define MANIFEST_MODE_ENFORCE 2u

struct manifest_header {
	__u64 magic;         /* 0 */
	__u32 format;        /* 8: MANIFEST_FORMAT */
	__u32 version;       /* 12: compared with VTL1's version floor */
	__u64 link_base;     /* 16: address of _text as linked; multiple of 2 MiB */
	__u32 image_bytes;   /* 24: from _text to _end */
	__u32 section_count; /* 28 */
	__u8 release[MANIFEST_RELEASE_BYTES]; /* 32: as uname -r says it, padded with 0 */
	__u8 minimum_mode[MANIFEST_POLICY_COUNT]; /* 96: MANIFEST_MODE_* by policy */
	__u8 driver_digest[MANIFEST_DIGEST_BYTES]; /* 112: of redoubt.ko's text as linked; 0: none */
	__u8 reserved0[112]; /* 144: 0 */
	struct manifest_section sections[MANIFEST_SECTIONS_MAX]; /* 256 */
	__u8 reserved1[MANIFEST_SIGNED_BYTES - 1792]; /* 1792: 0 */
	__u8 signature[MANIFEST_SIGNATURE_BYTES];     /* 4000 */
};
ABI_ASSERT(sizeof(struct manifest_header) == MANIFEST_HEADER_BYTES);
ABI_OFFSET(manifest_header, sections, 256);
ABI_OFFSET(manifest_header, signature, 4000);

/* Addresses that VTL1 knows by role */
#define MANIFEST_SYMBOL_ENTRY_SYSCALL_64 1u
#define MANIFEST_SYMBOL_ENTRY_SYSCALL_COMPAT 2u
#define MANIFEST_SYMBOL_ENTRY_SYSENTER_COMPAT 3u
#define MANIFEST_SYMBOL_IDT_TABLE 4u
/* Of ftrace_caller and ftrace_regs_caller, which Linux copies for tracers: where it begins, its MOV of
 * function_trace_op, its call, and the return that ends the copy; _JUMP: the branch that copies do
 * not have. All of a routine are there, or none. */
#define MANIFEST_SYMBOL_FTRACE_CALLER 5u
#define MANIFEST_SYMBOL_FTRACE_CALLER_OPS 6u
#define MANIFEST_SYMBOL_FTRACE_CALLER_CALL 7u
#define MANIFEST_SYMBOL_FTRACE_CALLER_END 8u
#define MANIFEST_SYMBOL_FTRACE_REGS_CALLER 9u
#define MANIFEST_SYMBOL_FTRACE_REGS_CALLER_OPS 10u
#define MANIFEST_SYMBOL_FTRACE_REGS_CALLER_CALL 11u
#define MANIFEST_SYMBOL_FTRACE_REGS_CALLER_END 12u
#define MANIFEST_SYMBOL_FTRACE_REGS_CALLER_JUMP 13u

struct manifest_symbol {
	__u32 name;   /* 0: MANIFEST_SYMBOL_* */
	__u32 offset; /* 4 */
};
ABI_ASSERT(sizeof(struct manifest_symbol) == 8);

/* What a run of pages is, and so what becomes of it at seal */
#define MANIFEST_REGION_TEXT 1u          /* digests; read, execute */
#define MANIFEST_REGION_RODATA 2u        /* digests; read */
#define MANIFEST_REGION_RODATA_USER 3u   /* digests; read, execute for the user: vdso */
#define MANIFEST_REGION_AFTER_INIT 4u    /* no digest; read: written during init, then read-only */
#define MANIFEST_REGION_AFTER_INIT_USER 5u /* the same, execute for the user: vdso, patched at init */
#define MANIFEST_REGION_DATA 6u          /* no digest; read: writable data that nothing writes */

struct manifest_region {
	__u32 kind;         /* 0 */
	__u32 offset;       /* 4: multiple of 4096 */
	__u32 page_count;   /* 8 */
	__u32 first_digest; /* 12: number of the first page's digest; the others follow */
};
ABI_ASSERT(sizeof(struct manifest_region) == 16);

/*
 * A page's digest is taken over the page with the slide removed from every relocated field and with
 * 0 in place of every byte of a site or mask. A relocated field that lies in a site is in no
 * relocation section; one that crosses a page is a site of kind RELOCATED or SLID_VALUES. Sites and
 * masks may cross a page. Code that boot always patches in the same way is in the digest as patched.
 */

/*
 * Site kinds: what `argument` is, and which bytes are legal. A relative field counts from the end of
 * its instruction. NOP5 is 0f 1f 44 00 00.
 */
#define MANIFEST_SITE_VALUES 1u      /* place in VALUES of `key` values of `length` bytes each */
#define MANIFEST_SITE_RETURN 2u      /* target group: e9 to one of it, or c3; the rest cc */
#define MANIFEST_SITE_ENDBR 3u       /* 0: ENDBR64 (f3 0f 1e fa), or its seal 66 0f 1f 00 */
#define MANIFEST_SITE_FTRACE 4u      /* target group: NOP5, or e8 to one of it or to an admitted
				      * trampoline; key: MANIFEST_FTRACE_* */
#define MANIFEST_SITE_JUMP_LABEL 5u  /* target's offset: 66 90 or NOP5, or eb or e9 to it; key:
				      * number in KEYS */
#define MANIFEST_SITE_STATIC_CALL 6u /* target group: e8 to one of it, NOP5, or 2e 2e 2e 31 c0
				      * (return 0); key: number in KEYS */
#define MANIFEST_SITE_TRAMPOLINE 7u  /* target group: e9 to one of it, or c3 cc cc cc cc; of 6 bytes:
				      * 0f 80..8f to one of it; key: number in KEYS. Of a static call,
				      * its trampoline and where it is a function's last act */
#define MANIFEST_SITE_SMP_LOCK 8u    /* 0: LOCK or DS prefix: f0 or 3e */
#define MANIFEST_SITE_CONSTANT 9u    /* group: all sites of a group hold the same number */
#define MANIFEST_SITE_RELOCATED 10u  /* low half of the field as linked; slide is added; 4 or 8 bytes,
				      * the high half of 8 is ffffffff */
#define MANIFEST_SITE_FTRACE_CORE 11u /* target group: e8 to one of it, or NOP5 */
#define MANIFEST_SITE_SLID_VALUES 12u /* place in VALUES of `key` struct manifest_slid_value, each
				       * followed by `length` bytes */

/* A value with 4-byte fields that depend on the slide; 0 to 2 of them, the used ones first */
#define MANIFEST_SLID_NONE 0u
#define MANIFEST_SLID_ADDED 1u
#define MANIFEST_SLID_SUBTRACTED 2u

struct manifest_slid_value {
	__u8 place0; /* 0: in the value; place + 4 <= length */
	__u8 how0;   /* 1: MANIFEST_SLID_*: what becomes of the field as linked */
	__u8 place1; /* 2 */
	__u8 how1;   /* 3 */
};
ABI_ASSERT(sizeof(struct manifest_slid_value) == 4);

#define MANIFEST_FTRACE_GUARDED (1u << 0) /* security-relevant: never traced or probed after seal */

struct manifest_site {
	__u32 offset;   /* 0 */
	__u8 kind;      /* 4: MANIFEST_SITE_* */
	__u8 length;    /* 5: not 0 */
	__u16 key;      /* 6: number in KEYS, or as the kind says */
	__u32 argument; /* 8 */
};
ABI_ASSERT(sizeof(struct manifest_site) == 12);

struct manifest_target {
	__u32 group;  /* 0 */
	__u32 offset; /* 4 */
};
ABI_ASSERT(sizeof(struct manifest_target) == 8);

/* Static keys and static calls; what may become of their sites after seal */
#define MANIFEST_KEY_FREE 0u   /* between the legal values */
#define MANIFEST_KEY_FROZEN 1u /* stays as it is at seal */

struct manifest_key {
	__u32 offset; /* 0: of the key */
	__u32 freedom; /* 4: MANIFEST_KEY_* */
};
ABI_ASSERT(sizeof(struct manifest_key) == 8);

/* Bytes that are neither digested nor checked, and counted as such */
struct manifest_mask {
	__u32 offset; /* 0 */
	__u32 bytes;  /* 4 */
};
ABI_ASSERT(sizeof(struct manifest_mask) == 8);

/*
 * NAMES and EXPORTS begin with the number of records, in 4 bytes; behind the records are the names,
 * each ended by 0. "name" is a place in the section.
 */
struct manifest_name {
	__u32 offset; /* 0 */
	__u32 name;   /* 4 */
};
ABI_ASSERT(sizeof(struct manifest_name) == 8);

#define MANIFEST_EXPORT_GPL (1u << 0)     /* for modules with a licence that is compatible */
#define MANIFEST_EXPORT_OUTSIDE (1u << 1) /* not in the image: of a per-CPU variable, or absolute */

struct manifest_export {
	__u32 name;       /* 0 */
	__u32 namespace_; /* 4: name of a namespace; 0: none */
	__u32 offset;     /* 8: with OUTSIDE the low half of the address as linked */
	__u32 crc;        /* 12: as modules give it in __versions */
	__u32 flags;      /* 16: MANIFEST_EXPORT_* */
};
ABI_ASSERT(sizeof(struct manifest_export) == 20);

/* A key that the kernel takes module signatures of. issuer, serial and key follow, padded together to 4 bytes */
#define MANIFEST_MODULE_KEY_RSA 1u /* modulus, big endian; exponent 65537 */
#define MANIFEST_MODULE_KEY_P384 2u /* X, Y, big endian */

struct manifest_module_key {
	__u32 kind;         /* 0: MANIFEST_MODULE_KEY_* */
	__u32 issuer_bytes; /* 4: DER of the certificate's issuer, with its tag */
	__u32 serial_bytes; /* 8: the serial number's contents, as in DER */
	__u32 key_bytes;    /* 12 */
};
ABI_ASSERT(sizeof(struct manifest_module_key) == 16);

#endif
