// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/irqflags.h>
#include <asm/fpu/api.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>

#include "redoubt_test.h"

static void load_xmm(const u64 *words)
{
	asm volatile("movups 0x00(%0), %%xmm0\n"
		     "movups 0x10(%0), %%xmm1\n"
		     "movups 0x20(%0), %%xmm2\n"
		     "movups 0x30(%0), %%xmm3\n"
		     "movups 0x40(%0), %%xmm4\n"
		     "movups 0x50(%0), %%xmm5\n"
		     :
		     : "r"(words)
		     : "memory");
}

int test_fast(struct test_fast *fast)
{
	struct test_registers registers = {
		.rcx = fast->control,
		.rdx = fast->input[0],
		.r8 = fast->input[1],
		.rflags = X86_EFLAGS_FIXED,
	};
	unsigned long cr0 = native_read_cr0(), flags;

	kernel_fpu_begin();
	local_irq_save(flags);
	load_xmm(&fast->input[2]);
	/* No matter to the hypervisor, who reads the registers then */
	if (fast->without_fpu)
		native_write_cr0(cr0 | X86_CR0_TS | X86_CR0_EM);
	fast->fault = test_vmmcall_raw(&registers);
	if (fast->without_fpu)
		native_write_cr0(cr0);
	local_irq_restore(flags);
	kernel_fpu_end();
	fast->result = registers.rax;

	return 0;
}
