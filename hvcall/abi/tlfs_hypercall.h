/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_ABI_TLFS_HYPERCALL_H
#define REDOUBT_ABI_TLFS_HYPERCALL_H

#include "types.h"

/* TLFS, "Hypercall Interface" */

/* Input value (RCX) */
#define TLFS_CALL_CODE 0xffffull
#define TLFS_CALL_FAST (1ull << 16)
#define TLFS_CALL_VARIABLE_HEADER_SHIFT 17 /* 26:17, units of 8 bytes */
#define TLFS_CALL_VARIABLE_HEADER_MAX 0x3ffull
#define TLFS_CALL_NESTED (1ull << 31)
#define TLFS_CALL_REP_COUNT_SHIFT 32 /* 43:32 */
#define TLFS_CALL_REP_START_SHIFT 48 /* 59:48 */
#define TLFS_CALL_REP_MAX 0xfffull
#define TLFS_CALL_RESERVED 0xf000f00078000000ull /* 63:60, 47:44, 30:27 */

/* Result value (RAX): status in 15:0, reps completed in 43:32 (tlfs.rst E10) */
#define TLFS_RESULT_STATUS 0xffffull
#define TLFS_RESULT_REPS_SHIFT 32

/* TLFS, "Hypercall Code Index" */
#define TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE 0x0002u
#define TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST 0x0003u
#define TLFS_CALL_NOTIFY_LONG_SPIN_WAIT 0x0008u
#define TLFS_CALL_MODIFY_VTL_PROTECTION_MASK 0x000cu
#define TLFS_CALL_ENABLE_PARTITION_VTL 0x000du
#define TLFS_CALL_ENABLE_VP_VTL 0x000fu
#define TLFS_CALL_VTL_CALL 0x0011u
#define TLFS_CALL_VTL_RETURN 0x0012u
#define TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX 0x0013u
#define TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST_EX 0x0014u
#define TLFS_CALL_GET_VP_REGISTERS 0x0050u
#define TLFS_CALL_SET_VP_REGISTERS 0x0051u
#define TLFS_CALL_START_VIRTUAL_PROCESSOR 0x0099u
#define TLFS_CALL_GET_VP_INDEX_FROM_APIC_ID 0x009au

/* TLFS, "Hypercall Status Codes" */
#define TLFS_STATUS_SUCCESS 0x00u
#define TLFS_STATUS_INVALID_HYPERCALL_CODE 0x02u
#define TLFS_STATUS_INVALID_HYPERCALL_INPUT 0x03u
#define TLFS_STATUS_INVALID_ALIGNMENT 0x04u
#define TLFS_STATUS_INVALID_PARAMETER 0x05u
#define TLFS_STATUS_ACCESS_DENIED 0x06u
#define TLFS_STATUS_OPERATION_DENIED 0x08u
#define TLFS_STATUS_INSUFFICIENT_MEMORY 0x0bu
#define TLFS_STATUS_INVALID_PARTITION_ID 0x0du
#define TLFS_STATUS_INVALID_VP_INDEX 0x0eu
#define TLFS_STATUS_INVALID_VP_STATE 0x15u
#define TLFS_STATUS_INVALID_REGISTER_VALUE 0x50u
#define TLFS_STATUS_INVALID_VTL_STATE 0x51u
#define TLFS_STATUS_VTL_ALREADY_ENABLED 0x86u

#define TLFS_PARTITION_SELF 0xffffffffffffffffull
#define TLFS_VP_SELF 0xfffffffeu

/* HV_INPUT_VTL: target VTL in 3:0, used only if bit 4 is set; 7:5 zero */
#define TLFS_INPUT_VTL_TARGET 0x0fu
#define TLFS_INPUT_VTL_USE_TARGET 0x10u
#define TLFS_INPUT_VTL_RESERVED 0xe0u

/* EnablePartitionVtl flags (tlfs.rst 2.3) */
#define TLFS_ENABLE_PARTITION_VTL_MBEC 0x01u

/* HV_MAP_GPA_FLAGS and the default protection mask (tlfs.rst E2, 5.1) */
#define TLFS_PROTECT_READ 0x1u
#define TLFS_PROTECT_WRITE 0x2u
#define TLFS_PROTECT_KERNEL_EXECUTE 0x4u
#define TLFS_PROTECT_USER_EXECUTE 0x8u
#define TLFS_PROTECT_ALL 0xfu

/* Limits that follow from one 4 KiB page of input or output (tlfs.rst 2.1) */
#define TLFS_MODIFY_PROTECTION_PAGES_MAX 510u
#define TLFS_GET_VP_REGISTERS_MAX 256u
#define TLFS_SET_VP_REGISTERS_MAX 127u

struct tlfs_modify_vtl_protection_mask { /* followed by __u64 page numbers */
	__u64 partition_id; /* 0 */
	__u32 map_flags;    /* 8 */
	__u8 input_vtl;     /* 12 */
	__u8 reserved[3];   /* 13 */
};
ABI_ASSERT(sizeof(struct tlfs_modify_vtl_protection_mask) == 16);

struct tlfs_enable_partition_vtl { /* tlfs.rst E3 */
	__u64 partition_id; /* 0 */
	__u8 target_vtl;    /* 8 */
	__u8 flags;         /* 9 */
	__u8 reserved[6];   /* 10 */
};
ABI_ASSERT(sizeof(struct tlfs_enable_partition_vtl) == 16);

/* TLFS, HV_X64_SEGMENT_REGISTER */
struct tlfs_segment_register {
	__u64 base;       /* 0 */
	__u32 limit;      /* 8 */
	__u16 selector;   /* 12 */
	__u16 attributes; /* 14: type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D/B 14, G 15 */
};
ABI_ASSERT(sizeof(struct tlfs_segment_register) == 16);

/* TLFS, HV_X64_TABLE_REGISTER */
struct tlfs_table_register {
	__u16 pad[3]; /* 0 */
	__u16 limit;  /* 6 */
	__u64 base;   /* 8 */
};
ABI_ASSERT(sizeof(struct tlfs_table_register) == 16);

/* TLFS, HV_INITIAL_VP_CONTEXT (tlfs.rst 6.1) */
struct tlfs_initial_vp_context {
	__u64 rip;                         /* 0 */
	__u64 rsp;                         /* 8 */
	__u64 rflags;                      /* 16 */
	struct tlfs_segment_register cs;   /* 24 */
	struct tlfs_segment_register ds;   /* 40 */
	struct tlfs_segment_register es;   /* 56 */
	struct tlfs_segment_register fs;   /* 72 */
	struct tlfs_segment_register gs;   /* 88 */
	struct tlfs_segment_register ss;   /* 104 */
	struct tlfs_segment_register tr;   /* 120 */
	struct tlfs_segment_register ldtr; /* 136 */
	struct tlfs_table_register idtr;   /* 152 */
	struct tlfs_table_register gdtr;   /* 168 */
	__u64 efer;                        /* 184 */
	__u64 cr0;                         /* 192 */
	__u64 cr3;                         /* 200 */
	__u64 cr4;                         /* 208 */
	__u64 pat;                         /* 216 */
};
ABI_ASSERT(sizeof(struct tlfs_initial_vp_context) == 224);
ABI_OFFSET(tlfs_initial_vp_context, cs, 24);
ABI_OFFSET(tlfs_initial_vp_context, idtr, 152);
ABI_OFFSET(tlfs_initial_vp_context, pat, 216);

/* Also the input of StartVirtualProcessor */
struct tlfs_enable_vp_vtl {
	__u64 partition_id;                     /* 0 */
	__u32 vp_index;                         /* 8 */
	__u8 target_vtl;                        /* 12: a plain number, not HV_INPUT_VTL */
	__u8 reserved[3];                       /* 13 */
	struct tlfs_initial_vp_context context; /* 16 */
};
ABI_ASSERT(sizeof(struct tlfs_enable_vp_vtl) == 240);

struct tlfs_vp_registers_header { /* Get: followed by __u32 names; Set: by assignments */
	__u64 partition_id; /* 0 */
	__u32 vp_index;     /* 8 */
	__u8 input_vtl;     /* 12 */
	__u8 reserved[3];   /* 13 */
};
ABI_ASSERT(sizeof(struct tlfs_vp_registers_header) == 16);

struct tlfs_register_value {
	__u64 low;  /* 0 */
	__u64 high; /* 8 */
};
ABI_ASSERT(sizeof(struct tlfs_register_value) == 16);

struct tlfs_register_assignment {
	__u32 name;                       /* 0 */
	__u32 reserved[3];                /* 4 */
	struct tlfs_register_value value; /* 16 */
};
ABI_ASSERT(sizeof(struct tlfs_register_assignment) == 32);

/* HV_FLUSH_FLAGS (tlfs.rst 2.6) */
#define TLFS_FLUSH_ALL_PROCESSORS 0x1ull
#define TLFS_FLUSH_ALL_ADDRESS_SPACES 0x2ull
#define TLFS_FLUSH_NON_GLOBAL_ONLY 0x4ull

struct tlfs_flush_virtual_address { /* List: followed by __u64 ranges */
	__u64 address_space;  /* 0 */
	__u64 flags;          /* 8 */
	__u64 processor_mask; /* 16 */
};
ABI_ASSERT(sizeof(struct tlfs_flush_virtual_address) == 24);

/* HV_VP_SET, the part of fixed length; followed by a __u64 for each valid bank of 64 VPs */
struct tlfs_vp_set {
	__u64 format;          /* 0 */
	__u64 valid_bank_mask; /* 8 */
};
ABI_ASSERT(sizeof(struct tlfs_vp_set) == 16);

#define TLFS_VP_SET_SPARSE 0u
#define TLFS_VP_SET_ALL 1u

struct tlfs_flush_virtual_address_ex { /* then the banks; List: then __u64 ranges */
	__u64 address_space;            /* 0 */
	__u64 flags;                    /* 8 */
	struct tlfs_vp_set processors;  /* 16 */
};
ABI_ASSERT(sizeof(struct tlfs_flush_virtual_address_ex) == 32);

struct tlfs_vp_index_from_apic_id { /* followed by packed __u32 APIC ids (tlfs.rst E7) */
	__u64 partition_id; /* 0 */
	__u8 target_vtl;    /* 8 */
	__u8 reserved[7];   /* 9 */
};
ABI_ASSERT(sizeof(struct tlfs_vp_index_from_apic_id) == 16);

#endif
