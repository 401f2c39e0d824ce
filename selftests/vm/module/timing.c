// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/irqflags.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <asm/msr.h>

#include "hvcall/abi/tlfs_hypercall.h"
#include "hvcall/abi/vtl_call.h"
#include "redoubt_test.h"

#define LOOP_COUNT 1000

static u64 time_loop(void)
{
	u64 count = LOOP_COUNT, start = rdtsc();

	asm volatile("1: dec %0\n"
		     "   jnz 1b\n"
		     : "+r"(count));

	return (rdtsc() - start) / LOOP_COUNT;
}

static u64 time_call(u64 rcx, u64 rdi)
{
	u64 rax = 0, r8_out, start = rdtsc();
	register u64 r8 asm("r8") = 0;
	register u64 r9 asm("r9") = 0;
	register u64 r10 asm("r10") = 0;

	asm volatile("vmmcall"
		     : "+a"(rax), "+c"(rcx), "+r"(r8), "+r"(r9)
		     : "D"(rdi), "S"(0ull), "d"(0ull), "r"(r10)
		     : "memory");
	r8_out = r8;

	return r8_out == VTL_STATUS_OK ? rdtsc() - start : U64_MAX;
}

static u64 time_once(u32 what)
{
	switch (what) {
	case TEST_TIME_LOOP:
		return time_loop();
	case TEST_TIME_VTL_CALL:
		return time_call(TLFS_CALL_VTL_CALL, VTL_CALL_VERSION);
	default:
		return time_call(TLFS_CALL_NOTIFY_LONG_SPIN_WAIT |
				 TLFS_CALL_FAST, 0);
	}
}

int test_timing(struct test_timing *timing)
{
	unsigned long flags;
	u32 i;

	if (timing->what > TEST_TIME_HYPERCALL)
		return -EINVAL;

	timing->least = U64_MAX;
	timing->total = 0;
	for (i = 0; i < timing->count; i++) {
		u64 ticks;

		local_irq_save(flags);
		ticks = time_once(timing->what);
		local_irq_restore(flags);
		timing->least = min(timing->least, ticks);
		timing->total += ticks;
	}

	return timing->least == U64_MAX ? -EIO : 0;
}
