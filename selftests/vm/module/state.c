// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/slab.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/fpu/api.h>
#include <asm/msr.h>
#include <asm/special_insns.h>

#include "hvcall/abi/tlfs_hypercall.h"
#include "redoubt_test.h"

#define FXSAVE_BYTES 512

/* All that a VTL switch must not change and an instruction can look at */
struct state {
	u8 fxsave[FXSAVE_BYTES] __aligned(16);
	u64 dr[6]; /* DR0-3, DR6, DR7 */
	u64 cr2;
	u64 control[4]; /* CR0, CR3, CR4, CR8 */
	u64 msr[14];
};

static const u32 msr_numbers[] = {
	MSR_IA32_SYSENTER_CS, MSR_IA32_SYSENTER_ESP, MSR_IA32_SYSENTER_EIP,
	MSR_IA32_CR_PAT,      MSR_EFER,		     MSR_STAR,
	MSR_LSTAR,	      MSR_CSTAR,	     MSR_SYSCALL_MASK,
	MSR_FS_BASE,	      MSR_GS_BASE,	     MSR_KERNEL_GS_BASE,
	MSR_IA32_APICBASE,
};

static void read_debug_registers(u64 dr[6])
{
	asm volatile("mov %%db0, %0" : "=r"(dr[0]));
	asm volatile("mov %%db1, %0" : "=r"(dr[1]));
	asm volatile("mov %%db2, %0" : "=r"(dr[2]));
	asm volatile("mov %%db3, %0" : "=r"(dr[3]));
	asm volatile("mov %%db6, %0" : "=r"(dr[4]));
	asm volatile("mov %%db7, %0" : "=r"(dr[5]));
}

static void write_debug_addresses(const u64 dr[4])
{
	asm volatile("mov %0, %%db0" : : "r"(dr[0]));
	asm volatile("mov %0, %%db1" : : "r"(dr[1]));
	asm volatile("mov %0, %%db2" : : "r"(dr[2]));
	asm volatile("mov %0, %%db3" : : "r"(dr[3]));
}

static u64 read_cr8_register(void)
{
	u64 value;

	asm volatile("mov %%cr8, %0" : "=r"(value));

	return value;
}

static void take(struct state *state)
{
	size_t i;

	asm volatile("fxsave64 %0" : "=m"(state->fxsave));
	read_debug_registers(state->dr);
	state->cr2 = native_read_cr2();
	state->control[0] = native_read_cr0();
	state->control[1] = __native_read_cr3();
	state->control[2] = native_read_cr4();
	state->control[3] = read_cr8_register();
	for (i = 0; i < ARRAY_SIZE(msr_numbers); i++)
		rdmsrl(msr_numbers[i], state->msr[i]);
	if (boot_cpu_has(X86_FEATURE_RDTSCP))
		rdmsrl(MSR_TSC_AUX, state->msr[ARRAY_SIZE(msr_numbers)]);
}

/* A picture of x87 and SSE registers that are all in use, none alike */
static void fill_fxsave(u8 *fxsave)
{
	size_t i;

	asm volatile("fxsave64 %0" : "=m"(*(u8(*)[FXSAVE_BYTES])fxsave));
	for (i = 0; i < 8 * 16; i++) {
		if (i % 16 < 10) /* ST0-7 */
			fxsave[32 + i] = 0x35 + 7 * i;
	}
	for (i = 0; i < 16 * 16; i++) /* XMM0-15 */
		fxsave[160 + i] = 0x5a ^ (11 * i);
	fxsave[4] = 0xff;	   /* FTW: no register is empty */
	fxsave[24] = 0x80 | 0x2a;  /* MXCSR: some exceptions pending, */
	fxsave[25] = 0x5f;	   /* all masked, rounding down */
}

static bool is_general_kept(const struct test_registers *before,
			    const struct test_registers *after)
{
	struct test_registers expected = *before;

	expected.rax = after->rax;
	expected.rcx = after->rcx;
	expected.r8 = after->r8;
	expected.r9 = after->r9;
	expected.rflags |= after->rflags & ~TEST_FLAGS_CHECKED;

	return !memcmp(&expected, after, sizeof(expected));
}

/* Interrupts are off. */
static void call(struct test_state *request)
{
	struct test_registers before = {
		.rbx = 0x1111222233334444, .rcx = TLFS_CALL_VTL_CALL,
		.rdx = request->argument[1], .rsi = request->argument[0],
		.rdi = request->id, .rbp = 0x5555666677778888,
		.r8 = request->argument[2], .r9 = request->argument[3],
		.r10 = request->argument[4], .r11 = 0x9999aaaabbbbcccc,
		.r12 = 0xddddeeeeffff0000, .r13 = 0x0123456789abcdef,
		.r14 = 0xfedcba9876543210, .r15 = 0x0f1e2d3c4b5a6978,
		.rflags = TEST_FLAGS_CHECKED | X86_EFLAGS_FIXED,
	};
	u32 i;

	for (i = 0; i < request->count; i++) {
		struct test_registers registers = before;

		if (test_vmmcall_raw(&registers) != TEST_NO_FAULT ||
		    !is_general_kept(&before, &registers))
			request->changed |= TEST_CHANGED_GENERAL;
		request->status = registers.r8;
	}
}

static void compare(struct test_state *request, const struct state *before,
		    const struct state *after)
{
	size_t i;

	if (memcmp(before->fxsave, after->fxsave, sizeof(before->fxsave)))
		request->changed |= TEST_CHANGED_VECTOR;
	if (memcmp(before->dr, after->dr, sizeof(before->dr)))
		request->changed |= TEST_CHANGED_DEBUG;
	if (before->cr2 != after->cr2)
		request->changed |= TEST_CHANGED_CR2;
	if (memcmp(before->control, after->control, sizeof(before->control)))
		request->changed |= TEST_CHANGED_CONTROL;
	for (i = 0; i < ARRAY_SIZE(before->msr); i++) {
		if (before->msr[i] != after->msr[i]) {
			request->changed |= TEST_CHANGED_MSR;
			request->detail = i < ARRAY_SIZE(msr_numbers) ?
						  msr_numbers[i] : MSR_TSC_AUX;
		}
	}
}

int test_state(struct test_state *request)
{
	static const u64 addresses[4] = { 0x123456789abc, 0x23456789abcd,
					  0x3456789abcde, 0x456789abcdef };
	struct state *states = kcalloc(3, sizeof(*states), GFP_KERNEL);
	struct state *before = states, *after = states + 1, *own = states + 2;
	unsigned long flags;

	if (!states)
		return -ENOMEM;
	request->changed = 0;

	kernel_fpu_begin();
	local_irq_save(flags);
	read_debug_registers(own->dr);
	fill_fxsave(before->fxsave);
	asm volatile("fxrstor64 %0" : : "m"(before->fxsave));
	write_debug_addresses(addresses);
	native_write_cr2(0x7654321000);
	take(before);
	call(request);
	take(after);
	write_debug_addresses(own->dr);
	local_irq_restore(flags);
	kernel_fpu_end();

	compare(request, before, after);
	if (after->cr2 != 0x7654321000 || memcmp(after->dr, addresses, 32))
		request->changed |= TEST_CHANGED_DEBUG;
	kfree(states);

	return 0;
}
