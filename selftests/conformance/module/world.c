// SPDX-License-Identifier: MIT OR GPL-2.0-only

/* A run of code in tables of its own; see module_abi.h. */

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/apic.h>
#include <asm/desc_defs.h>
#include <asm/irq_vectors.h>
#include <asm/msr.h>
#include <asm/pgtable.h>
#include <asm/segment.h>
#include <asm/trapnr.h>

#include "pair.h"

#define TABLE_ENTRIES 512
#define TABLE_FLAGS                                                            \
	(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY)
#define KERNEL_FLAGS (TABLE_FLAGS & ~_PAGE_USER)
#define LDT_SELECTOR 0x110
#define EVENT_STACK 1 /* IST */
#define LAST_STACK 2
#define TASK_LIMIT 0x67
#define PAGES 10

static_assert(offsetof(struct pair_world, vector) == 72);
static_assert(offsetof(struct pair_world, cr2) == 120);

/* What an instruction loads GDTR and IDTR from */
struct table_register {
	u16 limit;
	u64 base;
} __packed;

static struct {
	u64 *top, *middle, *low, *pages; /* page tables */
	u64 *gdt, *ldt;
	u64 *idt; /* the one that nobody closes */
	u8 *tss;
	u8 *event_stack, *last_stack;
} made;

/* What the kernel has, to be put back */
static struct {
	struct table_register gdt, idt;
	u16 ldt;
	u64 cr3, cr4;
	u64 lstar, cstar, sysenter_cs, sysenter_esp, sysenter_eip;
} saved;

static DEFINE_MUTEX(world_lock);

static int allocate(void)
{
	u8 *memory;

	if (made.top)
		return 0;
	memory = alloc_pages_exact(PAGES * PAGE_SIZE, GFP_KERNEL | __GFP_ZERO);
	if (!memory)
		return -ENOMEM;
	made.middle = (u64 *)(memory + 1 * PAGE_SIZE);
	made.low = (u64 *)(memory + 2 * PAGE_SIZE);
	made.pages = (u64 *)(memory + 3 * PAGE_SIZE);
	made.gdt = (u64 *)(memory + 4 * PAGE_SIZE);
	made.ldt = (u64 *)(memory + 5 * PAGE_SIZE);
	made.idt = (u64 *)(memory + 6 * PAGE_SIZE);
	made.tss = memory + 7 * PAGE_SIZE;
	made.event_stack = memory + 8 * PAGE_SIZE;
	made.last_stack = memory + 9 * PAGE_SIZE;
	made.top = (u64 *)memory;

	return 0;
}

static u64 kernel_va(u32 page)
{
	return PAIR_KERNEL_VA + page * PAGE_SIZE;
}

/* The kernel's half is shared. */
static void build_pages(const struct pair_world *world, u64 gpa)
{
	u64 *pages = world->table_page ? phys_to_virt(gpa + world->table_page * PAGE_SIZE) :
					 made.pages;
	u64 *now = phys_to_virt(__read_cr3() & PTE_PFN_MASK);
	u32 first = (PAIR_KERNEL_VA - PAIR_USER_VA) / PAGE_SIZE, i;

	memset(made.top, 0, PAGE_SIZE / 2);
	memcpy(made.top + TABLE_ENTRIES / 2, now + TABLE_ENTRIES / 2, PAGE_SIZE / 2);
	made.top[0] = virt_to_phys(made.middle) | TABLE_FLAGS;
	made.middle[PAIR_USER_VA >> 30] = virt_to_phys(made.low) | TABLE_FLAGS;
	made.low[0] = virt_to_phys(pages) | TABLE_FLAGS;
	if (world->how & PAIR_WORLD_KEEP_TABLE)
		return;
	for (i = 0; i < PAIR_PAGE_COUNT; i++) {
		pages[i] = (gpa + i * PAGE_SIZE) | TABLE_FLAGS;
		pages[first + i] = (gpa + i * PAGE_SIZE) | KERNEL_FLAGS;
	}
}

/* 16 bytes. Type 0x89: TSS, 0x82: LDT, 0x8e: interrupt gate, 0x8c: call gate */
static void system_descriptor(u64 *at, u64 base, u32 limit, u8 type)
{
	at[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | (u64)type << 40 |
		(base >> 24 & 0xff) << 56;
	at[1] = base >> 32;
}

static void gate(u64 *at, u64 target, u8 stack, u8 type)
{
	at[0] = (target & 0xffff) | PAIR_KERNEL_CODE << 16 | (u64)stack << 32 |
		(u64)(type | 0x60) << 40 | (target >> 16 & 0xffff) << 48;
	at[1] = target >> 32;
}

static void build_idt(u64 *idt, const struct pair_world *world)
{
	u32 vector;

	for (vector = 0; vector < 256; vector++) {
		bool is_last = vector == X86_TRAP_DF || vector == X86_TRAP_GP;
		u64 target = (u64)pair_world_stubs + vector * 16;

		if (world->gate_vector && vector == world->gate_vector)
			target = world->target;
		gate(idt + vector * 2, target, is_last ? LAST_STACK : EVENT_STACK, 0x8e);
	}
}

static void build_tables(const struct pair_world *world)
{
	u64 stack = world->stack_page ? kernel_va(world->stack_page) :
					(u64)made.event_stack;

	memcpy(made.gdt, (void *)saved.gdt.base, saved.gdt.limit + 1);
	system_descriptor(made.gdt + GDT_ENTRY_TSS, (u64)made.tss, TASK_LIMIT, 0x89);
	system_descriptor(made.gdt + LDT_SELECTOR / 8, (u64)made.ldt, 15, 0x82);
	gate(made.gdt + PAIR_WORLD_GATE / 8, world->target, 0, 0x8c);
	gate(made.ldt, world->target, 0, 0x8c);
	/* RSP0, IST1, IST2 */
	*(u64 *)(made.tss + 4) = (u64)made.event_stack + PAGE_SIZE;
	*(u64 *)(made.tss + 36) = stack + PAGE_SIZE;
	*(u64 *)(made.tss + 44) = (u64)made.last_stack + PAGE_SIZE;
	*(u16 *)(made.tss + 102) = TASK_LIMIT + 1;
}

static void save_kernel(void)
{
	asm volatile("sgdt %0" : "=m"(saved.gdt));
	asm volatile("sidt %0" : "=m"(saved.idt));
	asm volatile("sldt %0" : "=r"(saved.ldt));
	saved.cr3 = __read_cr3();
	asm volatile("mov %%cr4, %0" : "=r"(saved.cr4));
	rdmsrl(MSR_LSTAR, saved.lstar);
	rdmsrl(MSR_CSTAR, saved.cstar);
	rdmsrl(MSR_IA32_SYSENTER_CS, saved.sysenter_cs);
	rdmsrl(MSR_IA32_SYSENTER_ESP, saved.sysenter_esp);
	rdmsrl(MSR_IA32_SYSENTER_EIP, saved.sysenter_eip);
}

static void load_world(const struct pair_world *world, u64 *idt_va)
{
	const struct table_register gdt = { PAGE_SIZE - 1, (u64)made.gdt };
	const struct table_register idt = { PAGE_SIZE - 1, (u64)idt_va };
	u64 cr4 = saved.cr4;

	if (world->how & PAIR_WORLD_NO_SMEP)
		cr4 &= ~X86_CR4_SMEP;
	asm volatile("mov %0, %%cr4" : : "r"(cr4) : "memory");
	asm volatile("mov %0, %%cr3" : : "r"(virt_to_phys(made.top)) : "memory");
	asm volatile("lgdt %0" : : "m"(gdt));
	asm volatile("ltr %w0" : : "r"(GDT_ENTRY_TSS * 8));
	asm volatile("lldt %w0" : : "r"(LDT_SELECTOR));
	if (world->target) {
		wrmsrl(MSR_LSTAR, world->target);
		wrmsrl(MSR_CSTAR, world->target);
		wrmsrl(MSR_IA32_SYSENTER_CS, PAIR_KERNEL_CODE);
		wrmsrl(MSR_IA32_SYSENTER_ESP, (u64)made.event_stack + PAGE_SIZE);
		wrmsrl(MSR_IA32_SYSENTER_EIP, world->target);
	}
	asm volatile("lidt %0" : : "m"(idt));
}

/* The kernel's GDT is not written: its task state stays busy there while a copy loads it. */
static void load_kernel(void)
{
	const struct table_register gdt = { PAGE_SIZE - 1, (u64)made.gdt };

	asm volatile("lidt %0" : : "m"(saved.idt));
	memcpy(made.gdt, (void *)saved.gdt.base, saved.gdt.limit + 1);
	made.gdt[GDT_ENTRY_TSS] &= ~(2ull << 40); /* not busy */
	asm volatile("lgdt %0" : : "m"(gdt));
	asm volatile("ltr %w0" : : "r"(GDT_ENTRY_TSS * 8));
	asm volatile("lgdt %0" : : "m"(saved.gdt));
	asm volatile("lldt %w0" : : "r"(saved.ldt));
	asm volatile("mov %0, %%cr3" : : "r"(saved.cr3) : "memory");
	asm volatile("mov %0, %%cr4" : : "r"(saved.cr4) : "memory");
	wrmsrl(MSR_LSTAR, saved.lstar);
	wrmsrl(MSR_CSTAR, saved.cstar);
	wrmsrl(MSR_IA32_SYSENTER_CS, saved.sysenter_cs);
	wrmsrl(MSR_IA32_SYSENTER_ESP, saved.sysenter_esp);
	wrmsrl(MSR_IA32_SYSENTER_EIP, saved.sysenter_eip);
}

/* Another interrupt than the one that was waited for is Linux's: it gets it again. */
static void end_interrupt(const struct pair_world *world)
{
	if (!world->self_vector)
		return;
	apic->write(APIC_EOI, 0);
	if (world->vector >= FIRST_EXTERNAL_VECTOR && world->vector != world->self_vector)
		apic->send_IPI(smp_processor_id(), world->vector);
}

int pair_world(struct pair_world *world, u64 pages_gpa)
{
	u64 *idt_va, *idt;
	unsigned long flags;
	int error;

	if (world->idt_page >= PAIR_PAGE_COUNT || world->stack_page >= PAIR_PAGE_COUNT ||
	    world->table_page >= PAIR_PAGE_COUNT ||
	    world->self_vector > 0xff)
		return -EINVAL;
	mutex_lock(&world_lock);
	error = allocate();
	if (error)
		goto out;
	idt_va = world->idt_page ? (u64 *)kernel_va(world->idt_page) : made.idt;
	idt = world->idt_page ? phys_to_virt(pages_gpa + world->idt_page * PAGE_SIZE) :
				made.idt;

	local_irq_save(flags);
	save_kernel();
	build_pages(world, pages_gpa);
	if (!(world->how & PAIR_WORLD_KEEP_IDT))
		build_idt(idt, world);
	build_tables(world);
	if (world->self_vector)
		apic->send_IPI(smp_processor_id(), world->self_vector);
	load_world(world, idt_va);
	pair_world_enter(world);
	load_kernel();
	end_interrupt(world);
	local_irq_restore(flags);
out:
	mutex_unlock(&world_lock);

	return error;
}
