// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/fpu/api.h>
#include <asm/mshyperv.h>
#include <asm/nospec-branch.h>

#include "hvcall/abi/tlfs_register.h"
#include "pair.h"

static bool has_avx(void)
{
	return boot_cpu_has(X86_FEATURE_AVX) && boot_cpu_has(X86_FEATURE_OSXSAVE);
}

static void read_shared(struct pair_state *state)
{
	pair_store_vectors(state->xmm, state->ymm_high, has_avx());
	asm volatile("mov %%db0, %0" : "=r"(state->dr[0]));
	asm volatile("mov %%db1, %0" : "=r"(state->dr[1]));
	asm volatile("mov %%db2, %0" : "=r"(state->dr[2]));
	asm volatile("mov %%db3, %0" : "=r"(state->dr[3]));
	asm volatile("mov %%cr2, %0" : "=r"(state->cr2));
}

static void write_shared(const struct pair_state *state)
{
	asm volatile("mov %0, %%db0" : : "r"(state->dr[0]));
	asm volatile("mov %0, %%db1" : : "r"(state->dr[1]));
	asm volatile("mov %0, %%db2" : : "r"(state->dr[2]));
	asm volatile("mov %0, %%db3" : : "r"(state->dr[3]));
	asm volatile("mov %0, %%cr2" : : "r"(state->cr2));
	pair_load_vectors(state->xmm, state->ymm_high, has_avx());
}

static void read_private(struct pair_state *state)
{
	struct {
		u16 limit;
		u64 base;
	} __packed table;

	asm volatile("mov %%cr0, %0" : "=r"(state->cr0));
	asm volatile("mov %%cr3, %0" : "=r"(state->cr3));
	asm volatile("mov %%cr4, %0" : "=r"(state->cr4));
	asm volatile("mov %%cr8, %0" : "=r"(state->cr8));
	asm volatile("mov %%db6, %0" : "=r"(state->dr6));
	asm volatile("mov %%db7, %0" : "=r"(state->dr7));
	asm volatile("pushfq; pop %0" : "=r"(state->rflags));
	asm volatile("mov %%cs, %k0" : "=r"(state->cs));
	asm volatile("mov %%ss, %k0" : "=r"(state->ss));
	asm volatile("mov %%ds, %k0" : "=r"(state->ds));
	asm volatile("mov %%es, %k0" : "=r"(state->es));
	asm volatile("mov %%fs, %k0" : "=r"(state->fs));
	asm volatile("mov %%gs, %k0" : "=r"(state->gs));
	asm volatile("str %k0" : "=r"(state->tr));
	asm volatile("sldt %k0" : "=r"(state->ldtr));
	asm volatile("sgdt %0" : "=m"(table));
	state->gdt_base = table.base;
	state->gdt_limit = table.limit;
	asm volatile("sidt %0" : "=m"(table));
	state->idt_base = table.base;
	state->idt_limit = table.limit;
}

static void *target(const struct pair_call *call, u64 *rcx)
{
	*rcx = call->control;
	if (call->how & PAIR_CALL_RAW) {
		*rcx = call->general[1];
		return NULL;
	}
	if (call->how & PAIR_CALL_MAIN) {
		*rcx = TLFS_CALL_VTL_CALL;
		return hv_hypercall_pg;
	}

	return hv_hypercall_pg + (call->call_offset & TLFS_VSM_CODE_OFFSET);
}

/* DR7 enables none of the addresses; what they and CR2 held is nobody's. */
static void with_state(struct pair_call *call, void *address, u64 gpa, u64 rcx)
{
	struct pair_state saved;

	kernel_fpu_begin();
	read_shared(&saved);
	write_shared(&call->before);
	read_private(&call->before);
	call->fault = pair_vtl_call(call, address, gpa, rcx);
	read_shared(&call->after);
	read_private(&call->after);
	write_shared(&saved);
	kernel_fpu_end();
}

int pair_call(struct pair_call *call)
{
	struct pair_command *page;
	unsigned long flags;
	void *address;
	u64 rcx;

	if (!hv_is_hyperv_initialized())
		return -ENODEV;
	page = (struct pair_command *)__get_free_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	*page = call->command;
	address = target(call, &rcx);

	local_irq_save(flags);
	if (call->how & PAIR_CALL_STATE)
		with_state(call, address, virt_to_phys(page), rcx);
	else
		call->fault = pair_vtl_call(call, address, virt_to_phys(page), rcx);
	local_irq_restore(flags);

	call->command = *page;
	free_page((unsigned long)page);

	return 0;
}

static int vmmcall(u64 *rax, u64 rcx, u64 rdx, u64 r8_value)
{
	register u64 r8 asm("r8") = r8_value;
	u64 fault = 0;

	asm volatile("   movl $-1, %k[fault]\n"
		     "1: vmmcall\n"
		     "   jmp 3f\n"
		     "2: movl %%eax, %k[fault]\n"
		     "3:\n"
		     _ASM_EXTABLE_FAULT(1b, 2b)
		     : "+a"(*rax), "+c"(rcx), "+d"(rdx), "+r"(r8),
		       [fault] "+&b"(fault)
		     : : "memory", "cc");

	return fault;
}

static u64 call_page(u64 rcx, u64 rdx, u64 r8_value)
{
	register u64 r8 asm("r8") = r8_value;
	u64 rax = 0;

	asm volatile(CALL_NOSPEC
		     : ASM_CALL_CONSTRAINT, "+a"(rax), "+c"(rcx), "+d"(rdx), "+r"(r8)
		     : THUNK_TARGET(hv_hypercall_pg)
		     : "cc", "memory", "r9", "r10", "r11");

	return rax;
}

int pair_hypercall(struct pair_hypercall *call)
{
	unsigned long flags;

	if (!hv_is_hyperv_initialized())
		return -ENODEV;

	local_irq_save(flags);
	if (call->how & PAIR_CALL_XMM) {
		kernel_fpu_begin();
		pair_load_xmm6(call->xmm);
	}
	call->fault = PAIR_NO_VECTOR;
	if (call->how & PAIR_CALL_RAW)
		call->fault = vmmcall(&call->rax, call->rcx, call->rdx, call->r8);
	else
		call->rax = call_page(call->rcx, call->rdx, call->r8);
	if (call->how & PAIR_CALL_XMM) {
		pair_store_xmm6(call->xmm);
		kernel_fpu_end();
	}
	local_irq_restore(flags);

	return 0;
}
