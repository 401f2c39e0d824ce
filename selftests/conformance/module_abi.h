/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_PAIR_MODULE_ABI_H
#define REDOUBT_PAIR_MODULE_ABI_H

#include <linux/ioctl.h>

#include "pair_abi.h"

/*
 * /dev/redoubt_pair: the VTL0 half in the kernel. It decides nothing; programs say what to do.
 * Everything runs on the CPU of the caller, who is pinned to one.
 */

/* In a field `fault`: otherwise the vector of the exception */
#define PAIR_NO_VECTOR (-1)

/* The image, its page tables and the initial context, made once; nothing is enabled yet. */
struct pair_prepare {
	__u64 has_mbec;
	__u64 image_gpa; /* out: from here on */
	__u64 block_bytes;
	struct tlfs_initial_vp_context context; /* of VP 0 */
};

/* One hypercall through the page. With PAIR_CALL_XMM in `how`, XMM0-5 are in and out. */
struct pair_hypercall {
	__u64 rcx, rdx, r8;
	__u64 rax; /* out */
	__u32 how;
	__s32 fault;
	__u8 xmm[96];
};

#define PAIR_CALL_STATE 4u /* registers are set before the call and read after it */
#define PAIR_CALL_MAIN 8u  /* by the hypercall page's general entry */

/* One VTL call. */
struct pair_call {
	__u32 how;	  /* PAIR_CALL_RAW, PAIR_CALL_STATE, PAIR_CALL_MAIN */
	__u32 call_offset; /* of the VTL call in the hypercall page */
	__u64 control;
	__s32 fault;
	__u32 reserved;
	__u64 general[16]; /* in and out: RAX RCX RDX RBX RSP RBP RSI RDI R8-R15; RSP, RCX and RDI
			    * cannot be chosen, nor RAX but with RAW; RSP out is the change */
	__u64 rflags_change; /* out */
	struct pair_state before, after;
	struct pair_command command;
};

#define PAIR_TRY_RDMSR 0u /* argument 0: number; value out */
#define PAIR_TRY_WRMSR 1u /* argument 0: number, 1: value */
#define PAIR_TRY_READ 2u  /* argument 0: GPA of 8 bytes */
#define PAIR_TRY_WRITE 3u /* argument 1: value */
#define PAIR_TRY_READ_CR 4u /* argument 0: number */
#define PAIR_TRY_WRITE_CR 5u /* argument 1: value */
#define PAIR_TRY_CLTS 6u /* after TS was set by a write of CR0 */
#define PAIR_TRY_LMSW 7u  /* argument 0 */
#define PAIR_TRY_LGDT 8u  /* argument 0: added to the limit */
#define PAIR_TRY_LIDT 9u
#define PAIR_TRY_LLDT 10u /* argument 0 */
#define PAIR_TRY_LTR 11u  /* argument 0 */
#define PAIR_TRY_XSETBV 12u /* argument 0: register, 1: value */

/*
 * One instruction in VTL0, interrupts off. Unless argument 7 is 1, what it changed is put back
 * afterwards, by the same instruction if it was not refused.
 */
struct pair_try {
	__u32 what;
	__s32 fault;
	__u64 argument[8];
	__u64 value;	/* what was read; for writes: what is there afterwards */
	__u64 before;
	__u64 cr2;	/* after the fault */
	__u64 error_code;
};

struct pair_pages {
	__u64 gpa;
	__u32 count;
	__u32 reserved;
};
#define PAIR_PAGE_COUNT 32u

/*
 * One run of code at a privilege level and in a mode of choice, in tables of its own: page tables,
 * GDT, LDT, IDT, TSS. In its low half are only the test pages, twice: for users and for CPL 0.
 * Whatever enters the kernel by a gate that is not ours ends the run; that is told.
 */
#define PAIR_USER_VA 0x40000000u
#define PAIR_KERNEL_VA 0x40100000u
#define PAIR_WORLD_GATE 0x103u	   /* selectors of call gates to `target`: in the GDT */
#define PAIR_WORLD_LDT_GATE 0x007u /* and in the LDT */
#define PAIR_WORLD_KEEP_IDT 1u	   /* `idt_page` holds what the last run put there */
#define PAIR_WORLD_NO_SMEP 2u
#define PAIR_WORLD_KEEP_TABLE 4u

#define PAIR_KERNEL_CODE 0x10u /* Linux's selectors */
#define PAIR_KERNEL_STACK 0x18u
#define PAIR_USER_CODE32 0x23u
#define PAIR_USER_DATA 0x2bu
#define PAIR_USER_CODE 0x33u

struct pair_world {
	__u64 rip, rsp, rflags, cs, ss;
	__u64 target;	   /* of LSTAR, CSTAR, SYSENTER_EIP, call gates, `gate_vector`; 0: none */
	__u32 gate_vector; /* 0: none; otherwise its gate leads to `target` */
	__u32 idt_page;	   /* 0: one that nobody closes; otherwise the page with the IDT */
	__u32 stack_page;  /* the same for the stack of all events but #DF and #GP */
	__u32 self_vector; /* 0: none; an interrupt that waits when the run begins */
	__u32 how;
	__u32 table_page;  /* the same for the last page table; entry n maps test page n for users */
	/* out */
	__u64 vector, error_code, exit_rip, exit_cs, exit_rflags, exit_rsp, cr2;
};

/* NMIs to a CPU, the next one when the last was handled. With count 0: one, and nobody waits. */
struct pair_nmi {
	__u32 cpu;
	__u32 count;
	__u32 handled; /* out */
	__u32 unasked; /* out: more came than were sent */
};

/* INIT, and unless `vector` is 0 a start-up IPI, to a CPU that is offline */
struct pair_startup {
	__u32 cpu;
	__u32 vector;
};

#define PAIR_IOC_PREPARE _IOWR('V', 1, struct pair_prepare)
#define PAIR_IOC_HYPERCALL _IOWR('V', 2, struct pair_hypercall)
#define PAIR_IOC_CALL _IOWR('V', 3, struct pair_call)
#define PAIR_IOC_TRY _IOWR('V', 4, struct pair_try)
#define PAIR_IOC_PAGES _IOR('V', 5, struct pair_pages) /* mmap() any page at its GPA */
#define PAIR_IOC_WORLD _IOWR('V', 6, struct pair_world)
#define PAIR_IOC_NMI _IOWR('V', 7, struct pair_nmi)
#define PAIR_IOC_STARTUP _IOW('V', 8, struct pair_startup)

#endif
