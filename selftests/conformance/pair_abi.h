/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_PAIR_ABI_H
#define REDOUBT_PAIR_ABI_H

/*
 * What the two halves of the conformance pair say to each other. Built into both, so it has no
 * versions. A VTL call carries the guest-physical address of a struct pair_command in RDI; VTL1
 * carries it out and answers in the same page.
 */
#include "hvcall/abi/tlfs_vsm.h"

/* ---- The image ---- */

#define PAIR_IMAGE_VA 0x40000000ull	     /* linked here; at most 2 MiB */
#define PAIR_IMAGE_MAX 0x200000ull
#define PAIR_DIRECT_VA 0x100000000000ull     /* all of guest-physical memory, in VTL1 */
#define PAIR_IMAGE_MAGIC 0x726961702d4d5356ull /* "VSM-pair" */
#define PAIR_VP_MAX 8u

/* The first bytes of the image. The loader fills in what is marked. */
struct pair_header {
	__u64 magic;
	__u64 entry;	   /* VA */
	__u64 total_bytes; /* with what follows the file and is zero */
	__u64 stack_tops;  /* VA of the first VP's; the next is stack_bytes higher */
	__u64 stack_bytes;
	__u64 image_gpa;   /* by the loader */
	__u64 block_bytes; /* by the loader: all that VTL1 takes, page tables included */
	__u64 has_mbec;	   /* by the loader */
	struct tlfs_initial_vp_context context; /* by the loader: of VP 0; others differ in RSP */
};

/* ---- Commands ---- */

#define PAIR_HELLO 1u	    /* result: VP index, entries until now, GPA of the image, its bytes */
#define PAIR_MSRS 2u	    /* argument: count; data: struct pair_msr[], in and out */
#define PAIR_CPUID 3u	    /* argument: EAX, ECX; result: EAX EBX ECX EDX */
#define PAIR_HYPERCALL 4u   /* argument: RCX RDX R8, PAIR_CALL_*, RAX; result: RAX;
			     * data: XMM0-5 in and out */
#define PAIR_READ 5u	    /* argument: GPA, bytes; data out */
#define PAIR_WRITE 6u	    /* argument: GPA, bytes; data in */
#define PAIR_POLICY 7u	    /* argument: 0, or 1 + VP index, which then takes no intercept;
			     * data: struct pair_policy[PAIR_POLICY_MAX], the first comes first */
#define PAIR_COUNTERS 8u    /* argument: 0, or 1 + VP index; data out: struct pair_counters */
#define PAIR_RECORD 9u	    /* argument: 0 the newest, 1 the one before...; 0, or 1 + VP index;
			     * data: struct pair_record */
#define PAIR_CLEAR 10u	    /* counters, records, policies */
#define PAIR_ENABLE_VP 11u  /* argument: VP index; result: hypercall's RAX */
#define PAIR_STATE 12u	    /* argument: PAIR_STATE_* to write; data in and out: struct pair_state */
#define PAIR_RETURN 13u	    /* argument: control, PAIR_CALL_RAW, RAX, RCX of this call's return */
#define PAIR_SPIN 14u	    /* argument: time in 100 ns, IF; result: interrupts taken meanwhile */
#define PAIR_EXECUTE 15u    /* argument: GPA, called there; result: RAX */
#define PAIR_ACCESS 16u	    /* argument: VA or GPA (see READ), 0 read, 1 write, value; result */
#define PAIR_EOI 17u	    /* argument: vector, MSR to write 0 to at its end (0: none) */
#define PAIR_REGISTERS 18u  /* argument: name, is_set, target VTL, VP; value in argument 4, 5;
			     * result: status, low, high */
#define PAIR_PROTECT 19u    /* argument: GPA, page count, flags; result: RAX */
#define PAIR_VA(offset) (PAIR_IMAGE_VA + (offset))

#define PAIR_OK 0u
#define PAIR_UNKNOWN 1u
#define PAIR_FAULTED 2u
#define PAIR_BAD_ARGUMENT 3u

#define PAIR_CALL_RAW 1u /* the instruction, not the hypercall page */
#define PAIR_CALL_XMM 2u /* XMM0-5 come from data, and go back there */

struct pair_fault {
	__u32 vector;
	__u32 error_code;
	__u64 rip;
	__u64 cr2;
};

#define PAIR_DATA_BYTES 3072u

struct pair_command {
	__u32 operation;
	__u32 status;
	struct pair_fault fault; /* if FAULTED */
	__u64 argument[8];
	__u64 result[8];
	__u64 reserved[108];
	__u8 data[PAIR_DATA_BYTES];
};
ABI_ASSERT(sizeof(struct pair_command) == 4096);

#define PAIR_NO_FAULT 0xffffffffu

struct pair_msr {
	__u32 number;
	__u32 is_write;
	__u64 value;
	__u64 fault; /* out: PAIR_NO_FAULT or the vector */
};
#define PAIR_MSR_MAX 64u

/* ---- Intercepts ---- */

#define PAIR_DENY 0u	/* the event: PendingEvent0; #GP if it is 0 */
#define PAIR_ALLOW 1u	/* the register gets the message's value, RIP goes on */
#define PAIR_IGNORE 2u	/* RIP goes on */
#define PAIR_PROTECT_PAGE 3u /* the page gets the rights in `value`, then the access is retried */
#define PAIR_RETRY 4u	/* nothing */
#define PAIR_LEAVE_MESSAGE 5u /* nothing, and the message stays in its slot */
#define PAIR_LEAVE_INTERRUPT 6u /* returns with IF = 0, the interrupt not taken, message untouched */
#define PAIR_SET_REGISTER 7u /* register `name` of VTL0 gets `value`, RIP goes on */

/* What to do with the next `count` intercepts. With none left: DENY with #GP. */
struct pair_policy {
	__u32 action;
	__u32 count;
	__u32 name;	/* SET_REGISTER */
	__u32 skip_bytes; /* RIP goes on by this if the message has no instruction length */
	__u64 value;	/* PROTECT_PAGE, SET_REGISTER; DENY: PendingEvent0, low */
	__u64 value_high;
};
#define PAIR_POLICY_MAX 8u

struct pair_counters {
	__u64 entries[4]; /* by reason */
	__u64 spurious;	  /* reason 2 and no message */
	__u64 messages;	  /* in slot 0 */
	__u64 eoms;	  /* messages with MessagePending */
	__u64 faults;	  /* exceptions in VTL1 outside a command */
	__u64 failures;	  /* hypercalls for a policy that failed */
	__u64 policies_left;
	__u64 vectors[256];
};

struct pair_record {
	__u64 number; /* counts from 1; 0: there is none */
	__u32 slot;
	__u32 entry_reason;
	__u64 rax;    /* VTL0's at the entry */
	__u64 rcx;
	__u64 failure; /* RAX of the hypercall that failed; 0 */
	__u64 time;    /* TIME_REF_COUNT */
	struct tlfs_message message;
};
#define PAIR_RECORD_MAX 16u

/* ---- Registers ---- */

#define PAIR_STATE_VECTOR (1u << 0)
#define PAIR_STATE_DEBUG (1u << 1)  /* DR0-3 */
#define PAIR_STATE_CR2 (1u << 2)
#define PAIR_STATE_PRIVATE (1u << 3) /* CR8, DR6, DR7 */

struct pair_state {
	__u64 xmm[16][2];
	__u64 ymm_high[16][2]; /* zero without AVX */
	__u64 dr[4];
	__u64 cr2;
	__u64 cr0, cr3, cr4, cr8; /* private from here on */
	__u64 dr6, dr7, rflags;
	__u64 cs, ss, ds, es, fs, gs, tr, ldtr;
	__u64 gdt_base, gdt_limit, idt_base, idt_limit;
};

#endif
