/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_ABI_TLFS_VSM_H
#define REDOUBT_ABI_TLFS_VSM_H

#include "tlfs_hypercall.h"

/* TLFS, "Virtual Secure Mode" and "Virtual Interrupt Control" (tlfs.rst 2.4, 3.4, 4.6) */

/* VTL return control input (RCX at the code page, RAX at the instruction) */
#define TLFS_VTL_RETURN_FAST 0x1ull

/* TLFS, HV_VTL_ENTRY_REASON */
#define TLFS_VTL_ENTRY_CALL 1u
#define TLFS_VTL_ENTRY_INTERRUPT 2u

/* TLFS, HV_VP_ASSIST_PAGE; the rest of the 4 KiB page is not used here */
struct tlfs_vp_assist {
	__u32 apic_assist;       /* 0 */
	__u32 reserved0;         /* 4 */
	__u32 vtl_entry_reason;  /* 8 */
	__u8 vina_status;        /* 12 */
	__u8 reserved1[3];       /* 13 */
	__u64 vtl_return_rax;    /* 16 */
	__u64 vtl_return_rcx;    /* 24 */
};
ABI_ASSERT(sizeof(struct tlfs_vp_assist) == 32);
ABI_OFFSET(tlfs_vp_assist, vtl_entry_reason, 8);
ABI_OFFSET(tlfs_vp_assist, vtl_return_rax, 16);

/* Secure intercepts always come through SINT0 (TLFS, "Secure Intercepts") */
#define TLFS_INTERCEPT_SINT 0u
#define TLFS_MESSAGE_SLOT_BYTES 256u
#define TLFS_MESSAGE_PAYLOAD_BYTES 240u

/* TLFS, HV_MESSAGE_HEADER */
struct tlfs_message_header {
	__u32 type;          /* 0; 0: the slot is free */
	__u8 payload_bytes;  /* 4 */
	__u8 flags;          /* 5; bit 0: another message waits, write EOM */
	__u16 reserved;      /* 6 */
	__u64 sender;        /* 8 */
};
ABI_ASSERT(sizeof(struct tlfs_message_header) == 16);
#define TLFS_MESSAGE_PENDING 0x1u

#define TLFS_MESSAGE_NONE 0x00000000u
#define TLFS_MESSAGE_GPA_INTERCEPT 0x80000001u
#define TLFS_MESSAGE_TIMER_EXPIRED 0x80000010u
#define TLFS_MESSAGE_SIPI_INTERCEPT 0x80010009u
#define TLFS_MESSAGE_X64_MSR_INTERCEPT 0x80010001u
#define TLFS_MESSAGE_X64_REGISTER_INTERCEPT 0x80010006u

#define TLFS_ACCESS_TYPE_READ 0u
#define TLFS_ACCESS_TYPE_WRITE 1u
#define TLFS_ACCESS_TYPE_EXECUTE 2u

/* TLFS, HV_X64_INTERCEPT_MESSAGE_HEADER */
struct tlfs_intercept_header {
	__u32 vp_index;                  /* 0 */
	__u8 instruction_length_and_cr8; /* 4: length 3:0, CR8 7:4 */
	__u8 access_type;                /* 5 */
	__u16 execution_state;           /* 6: TLFS_EXECUTION_* */
	struct tlfs_segment_register cs; /* 8 */
	__u64 rip;                       /* 24 */
	__u64 rflags;                    /* 32 */
};
ABI_ASSERT(sizeof(struct tlfs_intercept_header) == 40);

#define TLFS_EXECUTION_CPL 0x3u
#define TLFS_EXECUTION_PE (1u << 2)
#define TLFS_EXECUTION_AM (1u << 3)
#define TLFS_EXECUTION_LMA (1u << 4)
#define TLFS_EXECUTION_DEBUG_ACTIVE (1u << 5)
#define TLFS_EXECUTION_INTERRUPTION_PENDING (1u << 6)
#define TLFS_EXECUTION_VTL_SHIFT 7 /* 10:7 */
#define TLFS_EXECUTION_INTERRUPT_SHADOW (1u << 12)
#define TLFS_INSTRUCTION_LENGTH 0xfu
#define TLFS_CR8_SHIFT 4 /* of instruction_length_and_cr8 */

/* TLFS, HV_X64_MEMORY_INTERCEPT_MESSAGE; 80 bytes (tlfs.rst E20) */
struct tlfs_gpa_intercept {
	struct tlfs_intercept_header header; /* 0 */
	__u32 cache_type;                    /* 40 */
	__u8 instruction_byte_count;         /* 44 */
	__u8 access_info;                    /* 45: bit 0 GVA valid */
	__u8 tpr_priority;                   /* 46 */
	__u8 reserved;                       /* 47 */
	__u64 gva;                           /* 48 */
	__u64 gpa;                           /* 56 */
	__u8 instruction_bytes[16];          /* 64 */
};
ABI_ASSERT(sizeof(struct tlfs_gpa_intercept) == 80);
ABI_OFFSET(tlfs_gpa_intercept, gpa, 56);

/* TLFS, HV_TIMER_MESSAGE_PAYLOAD; times in units of 100 ns */
struct tlfs_timer_expired {
	__u32 timer_index;     /* 0 */
	__u32 reserved;        /* 4 */
	__u64 expiration_time; /* 8 */
	__u64 delivery_time;   /* 16 */
};
ABI_ASSERT(sizeof(struct tlfs_timer_expired) == 24);
/* HV_X64_SIPI_INTERCEPT_MESSAGE: not in TLFS, but in Microsoft's own users of it */
struct tlfs_sipi_intercept {
	struct tlfs_intercept_header header; /* 0 */
	__u32 target_vp_index;               /* 40 */
	__u32 vector;                        /* 44: of the start-up IPI */
};
ABI_ASSERT(sizeof(struct tlfs_sipi_intercept) == 48);

/* TLFS, HV_X64_MSR_INTERCEPT_MESSAGE */
struct tlfs_msr_intercept {
	struct tlfs_intercept_header header; /* 0 */
	__u32 msr;                           /* 40 */
	__u32 reserved;                      /* 44 */
	__u64 rdx;                           /* 48 */
	__u64 rax;                           /* 56 */
};
ABI_ASSERT(sizeof(struct tlfs_msr_intercept) == 64);
ABI_OFFSET(tlfs_msr_intercept, rdx, 48);

/* TLFS, HV_X64_REGISTER_INTERCEPT_MESSAGE */
struct tlfs_register_intercept {
	struct tlfs_intercept_header header;  /* 0 */
	__u8 flags;                           /* 40: TLFS_REGISTER_MEMORY_OPERAND */
	__u8 reserved[3];                     /* 41 */
	__u32 name;                           /* 44: TLFS_REG_* */
	struct tlfs_register_value value;     /* 48: to be written, or where it lies in memory */
};
ABI_ASSERT(sizeof(struct tlfs_register_intercept) == 64);
ABI_OFFSET(tlfs_register_intercept, name, 44);
ABI_OFFSET(tlfs_register_intercept, value, 48);
#define TLFS_REGISTER_MEMORY_OPERAND 0x1u

struct tlfs_message {
	struct tlfs_message_header header;          /* 0 */
	__u8 payload[TLFS_MESSAGE_PAYLOAD_BYTES];   /* 16 */
};
ABI_ASSERT(sizeof(struct tlfs_message) == TLFS_MESSAGE_SLOT_BYTES);

#endif
