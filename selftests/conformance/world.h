/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_PAIR_WORLD_H
#define REDOUBT_PAIR_WORLD_H

/*
 * Runs of machine code in a world of its own (module_abi.h). Code says where it ran by writing CS
 * into a mark; UD2 ends user code, INT 0x20 ends code of CPL 0.
 */
#include "conformance.h"

#define MARKS 7	       /* a page that everybody may write */
#define USER_CODE 8    /* frames, so pages, of the world */
#define ATTACK_CODE 9
#define WORLD_IDT 10
#define WORLD_STACK 11

#define USER_ONLY (TLFS_PROTECT_READ | TLFS_PROTECT_WRITE | TLFS_PROTECT_USER_EXECUTE)

#define END_USER INVALID_OPCODE
#define END_KERNEL 0x20

#define RFLAGS_ALWAYS 0x2u
#define RFLAGS_TF 0x100u
#define RFLAGS_OF 0x800u
#define RFLAGS_IOPL3 0x3000u /* users may STI */

static volatile __u32 *mark(unsigned int of_cpl0)
{
	return (volatile __u32 *)page(MARKS) + of_cpl0;
}

struct code {
	__u8 bytes[256];
	unsigned int size;
};

TAP_UNUSED static void emit(struct code *code, const char *bytes, unsigned int count)
{
	memcpy(code->bytes + code->size, bytes, count);
	code->size += count;
}

TAP_UNUSED static void emit32(struct code *code, __u32 value)
{
	emit(code, (const char *)&value, 4);
}

/* mov %cs, %eax; mov %eax, mark. The same bytes in both modes. */
TAP_UNUSED static void emit_mark(struct code *code, bool cpl0)
{
	emit(code, "\x8c\xc8\x89\x04\x25", 5);
	emit32(code, (cpl0 ? PAIR_KERNEL_VA + 4 : PAIR_USER_VA) + MARKS * (__u32)PAGE_BYTES);
}

TAP_UNUSED static void emit_user_start(struct code *code)
{
	emit(code, "\xb8\x2b\x00\x00\x00\x8e\xd8", 7); /* DS of users, for compatibility mode */
	emit_mark(code, false);
}

TAP_UNUSED static void place(unsigned int n, const struct code *code)
{
	memcpy(page(n), code->bytes, sizeof(code->bytes));
}

/* UD2 ends it. */
TAP_UNUSED static void place_user(const char *bytes, unsigned int count)
{
	struct code code = {};

	emit_user_start(&code);
	emit(&code, bytes, count);
	emit(&code, "\x0f\x0b", 2);
	place(USER_CODE, &code);
}

TAP_UNUSED static void place_attack(void)
{
	struct code code = {};

	emit_mark(&code, true);
	emit(&code, "\xcd\x20", 2);
	place(ATTACK_CODE, &code);
}

TAP_UNUSED static struct pair_world user_world(bool compatible)
{
	return (struct pair_world){
		.rip = PAIR_USER_VA + USER_CODE * PAGE_BYTES,
		.rsp = PAIR_USER_VA + (MARKS + 1) * PAGE_BYTES - 64,
		.rflags = RFLAGS_ALWAYS,
		.cs = compatible ? PAIR_USER_CODE32 : PAIR_USER_CODE,
		.ss = PAIR_USER_DATA,
	};
}

TAP_UNUSED static void run_world(struct pair_world *world)
{
	*mark(0) = 0;
	*mark(1) = 0;
	pair_must(PAIR_IOC_WORLD, world, "a world");
}

TAP_UNUSED static void set_frames(__u32 user, __u32 attack)
{
	if (protect1(page_gpa(USER_CODE), 1, user) || protect1(page_gpa(ATTACK_CODE), 1, attack))
		bail_out("rights 0x%x, 0x%x are refused", user, attack);
}

/* ---- An NMI from CPU 1 to a run on CPU 0 that has set its mark ---- */

static volatile bool sender_is_ready;

static void *send_nmi(void *unused)
{
	struct pair_nmi nmi = {};

	(void)unused;
	pin_to_cpu(1);
	sender_is_ready = true;
	while (!*mark(0))
		;
	pair_must(PAIR_IOC_NMI, &nmi, "an NMI");

	return NULL;
}

/* The sender has to be on its CPU first: a run lets nobody leave the one it is on. */
TAP_UNUSED static pthread_t start_sender(void)
{
	pthread_t sender;

	*mark(0) = 0;
	sender_is_ready = false;
	pthread_create(&sender, NULL, send_nmi, NULL);
	while (!sender_is_ready)
		sched_yield();

	return sender;
}

#endif
