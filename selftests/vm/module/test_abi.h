/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_TEST_ABI_H
#define REDOUBT_TEST_ABI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * /dev/redoubt_test: what a hostile VTL0 kernel can do, for the tests. Root only.
 *
 * mmap() maps any physical page at the offset of its address, the device's own pages among them.
 */

/* Pages of the device's own, contiguous. Random calls lay overlay pages over the upper half. */
#define TEST_PAGE_COUNT 16u

/* In a field `fault`: otherwise the vector of the exception that the access or call raised */
#define TEST_NO_FAULT (-1)

struct test_info {
	__u64 gpa; /* of the device's own pages */
	__u32 page_count;
	__u32 reserved;
};

/* RSP is the caller's. The order is known to registers.S. */
struct test_registers {
	__u64 rax, rbx, rcx, rdx, rsi, rdi, rbp;
	__u64 r8, r9, r10, r11, r12, r13, r14, r15;
	__u64 rflags;
};

/* Arithmetic flags and DF can be chosen; IF (bit 9) says whether interrupts stay on. */
#define TEST_FLAGS_CHECKED 0xcd5ull
#define TEST_FLAGS_IF 0x200ull

/* VMMCALL with these registers. After a fault, out.rax is undefined. */
struct test_vmmcall {
	struct test_registers in;
	struct test_registers out;
	__s64 fault;
};

#define TEST_READ 0u
#define TEST_WRITE 1u
#define TEST_EXECUTE 2u /* calls the address; value: RAX */

/* One access of 8 bytes */
struct test_memory {
	__u64 gpa;
	__u64 value;
	__u32 access;
	__s32 fault;
};

struct test_msr {
	__u32 number;
	__u32 is_write;
	__u64 value;
	__s64 fault;
};

/* The next run of offline pages at or after `from`, page numbers; ENOENT if there is none */
struct test_frames {
	__u64 from;
	__u64 first;
	__u64 count;
};

#define TEST_CHANGED_VECTOR (1u << 0) /* x87, SSE, MXCSR */
#define TEST_CHANGED_DEBUG (1u << 1)  /* DR0-3, DR6, DR7 */
#define TEST_CHANGED_CR2 (1u << 2)
#define TEST_CHANGED_CONTROL (1u << 3) /* CR0, CR3, CR4, CR8 */
#define TEST_CHANGED_MSR (1u << 4)    /* detail: which one */
#define TEST_CHANGED_GENERAL (1u << 5)

/* Of TEST_IOC_EXECUTABLE too: frames that the kernel's page tables map executable, as they were at
 * the first question. */

/* Fills all registers, makes `count` VTL calls, looks at all registers. */
struct test_state {
	__u64 id;
	__u64 argument[5];
	__u32 count;
	__u32 changed; /* TEST_CHANGED_* */
	__u64 detail;
	__u64 status; /* of the last call */
};

#define TEST_RANDOM_VTL_CALLS 1u
#define TEST_RANDOM_HYPERCALLS 2u
#define TEST_VTL_STATUS_COUNT 16u
#define TEST_TLFS_STATUS_COUNT 256u

struct test_random {
	__u64 seed;  /* in and out: to go on */
	__u64 count;
	__u32 kinds; /* TEST_RANDOM_* */
	__u32 reserved;
	__u64 vtl_statuses[TEST_VTL_STATUS_COUNT];   /* added to; the last: all others */
	__u64 tlfs_statuses[TEST_TLFS_STATUS_COUNT]; /* likewise */
	__u64 invalid_opcodes;
	__u64 other_faults;
	__u64 wrong_registers; /* calls after which a register was not as it must be */
};

/* Sends NMIs to a CPU, the next one when the last has been handled. */
struct test_nmi {
	__u32 cpu;
	__u32 count;
	__u32 handled;
	__u32 reserved;
};

#define TEST_CR0 0u
#define TEST_CR4 1u
#define TEST_CLTS 2u
#define TEST_LMSW 3u	      /* of a register */
#define TEST_LMSW_MEMORY 4u
#define TEST_GDTR 5u	      /* the value that it has, but for bits of the limit */
#define TEST_IDTR 6u	      /* likewise */
#define TEST_LDTR 7u	      /* of a register */
#define TEST_LDTR_MEMORY 8u
#define TEST_TR 9u	      /* the selector that it has: busy, so #GP unless VTL1 does it */
#define TEST_XCR0 10u	      /* #UD without XSAVE */
#define TEST_CR4_PREFIXED 11u /* as CR4, with prefixes that mean nothing */
#define TEST_MSR 12u

/*
 * Writes a register by the instruction for it, with interrupts off. A value that was taken is undone
 * before it returns.
 */
struct test_system_write {
	__u32 what; /* TEST_CR0 ... */
	__u32 msr;  /* its number, for TEST_MSR */
	/* XOR: bits to change of CR0, CR4, XCR0, an MSR, of GDTR's and IDTR's limit, of TR's selector;
	 * the word of LMSW, the selector of LLDT */
	__u64 value;
	__u64 before, after; /* of the register, as it can be read; of a table, limit and base */
	__u64 rip;	     /* of the instruction */
	__s64 fault;
};

#define TEST_TIME_LOOP 0u	 /* 2 instructions, to know what a tick is */
#define TEST_TIME_VTL_CALL 1u	 /* VTL_CALL_VERSION */
#define TEST_TIME_HYPERCALL 2u /* HvCallNotifyLongSpinWait */

/* Time-stamp counter ticks, interrupts off */
struct test_timing {
	__u32 what;
	__u32 count;
	__u64 least; /* of one */
	__u64 total;
};

/* Two calls with interrupts off all the time, also between them */
struct test_masked {
	struct test_registers first; /* in and out */
	struct test_registers second;
	__u64 wait_us; /* between them; at most TEST_MASKED_US_MAX */
	__s64 fault;   /* of the first that faulted; the second is not made after it */
};
#define TEST_MASKED_US_MAX 2000000u
/*
 * Maps the device's first page, lets another CPU read through the mapping,
 * moves it to the device's page `page`, makes the hypercall and asks the CPU
 * again.
 */
struct test_flush {
	__u32 cpu;
	__u32 page;
	struct test_registers registers; /* of the call; in and out */
	__s64 fault;
	__u64 before; /* what the CPU read: before the change, */
	__u64 stale;  /* after it, */
	__u64 after;  /* and after the call; all ones: it did not answer */
};

/* A hypercall with its input in RDX, R8 and XMM0 to XMM5 */
struct test_fast {
	__u64 control;
	__u64 input[14];
	__u64 without_fpu; /* CR0.TS and CR0.EM are set during the call */
	__u64 result;
	__s64 fault;
};

/* Kernel code that needs nothing but page tables; how often it ran */
struct test_start {
	__u64 rip;
	__u64 cr3;
	__u64 count;
};

/* TEST_IOC_LEAK: pages of the module's own, zero, contiguous, that are never given back: what VTL1
 * makes of them is for good. */
#define TEST_LEAK_COUNT 16u
/* INIT and a start-up IPI at a vector, to a CPU that is offline or unknown to the kernel */
struct test_startup {
	__u32 cpu;
	__u32 vector;
};

/* How TEST_IOC_STORE gets at what the kernel has made read-only */
#define TEST_BY_ALIAS 0u      /* another, writable mapping of the frame */
#define TEST_BY_DIRECT_MAP 1u /* the direct map's entry made writable, and back */
#define TEST_BY_ADDRESS 2u    /* likewise the entry of the kernel's own address */

/*
 * A store of 1 to 8 bytes, undone before it returns. No other CPU runs meanwhile, so that it may be to
 * what others use.
 */
struct test_store {
	__u64 address; /* of the kernel's */
	__u64 value;
	__u64 before, after; /* what lies there: before the store, and after it */
	__u32 by;
	__u32 length;
	__u32 is_mask; /* `value` is what to XOR */
	/* A breakpoint is stored in the first byte before. Of more than one byte the others are stored. */
	__u32 has_breakpoint;
	__s32 breakpoint_fault;
	__s32 fault;
};

/* Where TEST_IOC_CODE puts code, or finds it */
#define TEST_CODE_KMALLOC 0u
#define TEST_CODE_VMALLOC 1u
#define TEST_CODE_STACK 2u
#define TEST_CODE_DIRECT_MAP 3u /* of the device's own pages */
#define TEST_CODE_DATA 4u	/* of the test module */
#define TEST_CODE_USER 5u	/* at `address`, which has it already; made the kernel's, as SMEP wants */
#define TEST_CODE_COUNT 6u

/* Executes code that returns 0x12345678 where data is; takes NX off for that time. */
struct test_code {
	__u64 address;
	__u64 value;
	__u32 where;
	__s32 fault;
};

/* Executes at an address of the kernel's, in page tables of its own that have another frame there. */
struct test_remap {
	__u64 address;
	__u64 gpa; /* of the frame */
	__u64 value;
	__s64 fault;
};

/* Lays a page of the hypervisor's over one of the kernel's and looks at it. Undone as a store is. */
struct test_overlay {
	__u64 address;	     /* of 8 bytes there */
	__u64 gpa;	     /* of the page */
	__u64 before, after; /* the 8 bytes */
	__u32 msr;
	__s32 fault;
};

/* Pages with code of the module's, which returns 0x12345678 */
struct test_own_text {
	__u64 address; /* a page of its text */
	__u64 gpa;
	__u64 init_gpa; /* of its start, which is text no more; nobody else has got it since */
};

#define TEST_IOC_INFO _IOR('T', 1, struct test_info)
#define TEST_IOC_VMMCALL _IOWR('T', 2, struct test_vmmcall)
#define TEST_IOC_MEMORY _IOWR('T', 3, struct test_memory)
#define TEST_IOC_MSR _IOWR('T', 4, struct test_msr)
#define TEST_IOC_FRAMES _IOWR('T', 5, struct test_frames)
#define TEST_IOC_STATE _IOWR('T', 6, struct test_state)
#define TEST_IOC_RANDOM _IOWR('T', 7, struct test_random)
#define TEST_IOC_NMI _IOWR('T', 8, struct test_nmi)
#define TEST_IOC_TIMING _IOWR('T', 9, struct test_timing)
#define TEST_IOC_EXECUTABLE _IOWR('T', 10, struct test_frames)
#define TEST_IOC_SYSTEM_WRITE _IOWR('T', 21, struct test_system_write)
#define TEST_IOC_MASKED _IOWR('T', 20, struct test_masked)
#define TEST_IOC_FLUSH _IOWR('T', 11, struct test_flush)
#define TEST_IOC_FAST _IOWR('T', 12, struct test_fast)
#define TEST_IOC_START _IOR('T', 13, struct test_start)
#define TEST_IOC_LEAK _IOR('T', 30, struct test_info)
#define TEST_IOC_STARTUP _IOW('T', 14, struct test_startup)
#define TEST_IOC_STORE _IOWR('T', 40, struct test_store)
#define TEST_IOC_CODE _IOWR('T', 41, struct test_code)
#define TEST_IOC_REMAP _IOWR('T', 42, struct test_remap)
#define TEST_IOC_OVERLAY _IOWR('T', 43, struct test_overlay)
#define TEST_IOC_OWN_TEXT _IOR('T', 44, struct test_own_text)

#endif
