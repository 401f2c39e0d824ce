// SPDX-License-Identifier: MIT

/* Exceptions and interrupts of VTL1. Exceptions end the command that caused them. */

#include "vtl1.h"

struct gate {
	u16 offset_low, selector;
	u8 stack, type;
	u16 offset_middle;
	u32 offset_high, reserved;
};

static struct gate idt[256] __attribute__((aligned(16)));

extern const u8 trap_stubs[];
extern const u8 try_rdmsr_at[], try_wrmsr_at[], try_fault[];
u32 try_rdmsr(u32 number, u64 *value);
u32 try_wrmsr(u32 number, u64 value);

void build_idt(void)
{
	u32 vector;

	for (vector = 0; vector < 256; vector++) {
		u64 stub = (u64)trap_stubs + vector * 16;

		idt[vector] = (struct gate){
			.offset_low = (u16)stub,
			.selector = 0x08,
			.type = 0x8e, /* present, interrupt gate */
			.offset_middle = (u16)(stub >> 16),
			.offset_high = (u32)(stub >> 32),
		};
	}
}

void load_idt(void)
{
	const struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) pointer = { sizeof(idt) - 1, (u64)idt };

	asm volatile("lidt %0" : : "m"(pointer));
}

u32 read_msr_safe(u32 number, u64 *value)
{
	return try_rdmsr(number, value);
}

u32 write_msr_safe(u32 number, u64 value)
{
	return try_wrmsr(number, value);
}

static void on_exception(struct vp *vp, struct trap *trap)
{
	u64 cr2;

	if (trap->rip == (u64)try_rdmsr_at || trap->rip == (u64)try_wrmsr_at) {
		trap->rax = trap->vector;
		trap->rip = (u64)try_fault;
		return;
	}
	asm("mov %%cr2, %0" : "=r"(cr2));
	vp->fault = (struct pair_fault){
		.vector = (u32)trap->vector,
		.error_code = (u32)trap->error_code,
		.rip = trap->rip,
		.cr2 = cr2,
	};
	if (vp->is_guarded)
		go_back(&vp->recover);
	/* Before the first command: there is nobody to tell. A triple fault ends the machine. */
	asm volatile("lidt %0; int3" : : "m"((const struct { u64 a, b; }){ 0, 0 }));
	__builtin_unreachable();
}

void on_trap(struct trap *trap)
{
	struct vp *vp = this_vp();

	vp->counters.vectors[trap->vector & 0xff]++;
	if (trap->vector < 32 && trap->vector != 2)
		on_exception(vp, trap);
	else if (vp->eoi_msr[trap->vector & 0xff])
		wrmsr(vp->eoi_msr[trap->vector & 0xff], 0);
}

int has_avx(void)
{
	u32 leaf[4], xcr0, high;

	cpuid(1, 0, leaf);
	if (!(leaf[2] & 1u << 27) || !(leaf[2] & 1u << 28))
		return 0;
	asm volatile("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));

	return (xcr0 & 6) == 6;
}
