/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_PAIR_VTL1_H
#define REDOUBT_PAIR_VTL1_H

/* The VTL1 half of the conformance pair. One VP touches only its own struct vp. */

#include "hvcall/abi/tlfs_hypercall.h"
#include "hvcall/abi/tlfs_msr.h"
#include "hvcall/abi/tlfs_register.h"
#include "selftests/conformance/pair_abi.h"

#define PAGE_BYTES 4096ull
#define NO_FAULT PAIR_NO_FAULT

typedef __u64 u64;
typedef __u32 u32;
typedef __u16 u16;
typedef __u8 u8;

/* As entry.S pushes them: VTL0's */
struct registers {
	u64 pad;
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rdi, rsi, rbp, rbx, rdx;
	u64 rcx; /* on the way out: the return's control input */
	u64 rax; /* on the way out: not 0 for the bare instruction */
};

struct trap {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rdi, rsi, rbp, rbx, rdx, rcx, rax;
	u64 vector, error_code;
	u64 rip, cs, rflags, rsp, ss;
};

struct jump {
	u64 rbx, rbp, r12, r13, r14, r15, rsp, rip;
};

struct vp {
	/* Overlay pages and hypercall buffers, a page each */
	u8 assist[PAGE_BYTES];
	u8 simp[PAGE_BYTES];
	u8 siefp[PAGE_BYTES];
	u8 input[PAGE_BYTES];
	u8 output[PAGE_BYTES];
	u32 index;
	u32 is_started;
	u32 is_guarded; /* an exception goes to `recover` */
	struct jump recover;
	struct pair_fault fault;
	struct pair_policy policies[PAIR_POLICY_MAX];
	struct pair_counters counters;
	u64 record_count;
	struct pair_record records[PAIR_RECORD_MAX];
	u32 eoi_msr[256];
} __attribute__((aligned(4096)));

extern struct pair_header image_header;
extern struct vp vps[PAIR_VP_MAX];
extern u8 hypercall_page[PAGE_BYTES];
extern u64 vtl_return_address; /* entry.S calls there */
extern u8 is_intel;

/* entry.S */
int save_jump(struct jump *jump);
void go_back(struct jump *jump) __attribute__((noreturn));
u64 call_page(u64 rcx, u64 rdx, u64 r8, u64 rax);
u64 call_raw(u64 rcx, u64 rdx, u64 r8, u64 rax);
void load_tables(u64 vp);
void load_vectors(const u64 xmm[16][2], const u64 ymm_high[16][2], u64 has_ymm);
void store_vectors(u64 xmm[16][2], u64 ymm_high[16][2], u64 has_ymm);
void load_xmm6(const void *from);
void store_xmm6(void *to);

/* start.c */
struct vp *this_vp(void);
void start_vp(struct vp *vp);
u64 gpa_of(const void *address);
void *at_gpa(u64 gpa);

/* traps.c */
void build_idt(void);
void load_idt(void);
/* The vector of the fault, or NO_FAULT */
u32 read_msr_safe(u32 number, u64 *value);
u32 write_msr_safe(u32 number, u64 value);
int has_avx(void);

/* hypercalls.c */
u64 get_register(struct vp *vp, u8 vtl, u32 name, struct tlfs_register_value *value);
u64 set_register(struct vp *vp, u8 vtl, u32 name, struct tlfs_register_value value);
u64 registers_of(struct vp *vp, u32 index, u8 vtl, u32 name, u32 is_set,
		 struct tlfs_register_value *value);
u64 protect(struct vp *vp, u64 gpa, u64 count, u32 flags);
u64 enable_vp(struct vp *vp, u32 index);

/* intercepts.c */
void on_interrupt_entry(struct vp *vp, struct registers *registers);

/* commands.c */
void run_command(struct vp *vp, struct pair_command *command, struct registers *registers);

/* Text made of bytes, and what the compiler asks for */
void *memcpy(void *to, const void *from, __SIZE_TYPE__ bytes);
void *memset(void *to, int value, __SIZE_TYPE__ bytes);

static inline u64 rdmsr(u32 number)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));

	return low | (u64)high << 32;
}

static inline void wrmsr(u32 number, u64 value)
{
	asm volatile("wrmsr" : : "c"(number), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

static inline void cpuid(u32 leaf, u32 subleaf, u32 out[4])
{
	asm volatile("cpuid"
		     : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
		     : "a"(leaf), "c"(subleaf));
}

#endif
