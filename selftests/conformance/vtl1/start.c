// SPDX-License-Identifier: MIT

/* The first entry of each VP, and what every entry goes through. */

#include "vtl1.h"
#include "layout.h"

#define SINT0_VECTOR 0xf3u
#define GUEST_OS_ID 0xd200000000000002ull /* not a listed system; differs from any VTL0's */

#define MSR_APIC_BASE 0x1bu
#define APIC_BASE_X2APIC (1ull << 10)
#define MSR_X2APIC_TASK_PRIORITY 0x808u
#define MSR_X2APIC_SPURIOUS 0x80fu
#define SPURIOUS_ENABLED 0x1ffull

struct vp vps[PAIR_VP_MAX];
u8 hypercall_page[PAGE_BYTES] __attribute__((aligned(4096)));
u64 vtl_return_address;
u8 is_intel;

extern u8 stacks[];

struct vp *this_vp(void)
{
	u64 rsp;

	asm("mov %%rsp, %0" : "=r"(rsp));

	return &vps[(rsp - (u64)stacks) / STACK_BYTES];
}

u64 gpa_of(const void *address)
{
	return image_header.image_gpa + ((u64)address - PAIR_IMAGE_VA);
}

void *at_gpa(u64 gpa)
{
	return (void *)(PAIR_DIRECT_VA + gpa);
}

/* Writes a page MSR, and reads it back (tlfs.rst 8.1, rule 3). */
static void place_page(u32 msr, const void *page)
{
	u64 value = gpa_of(page) | TLFS_PAGE_MSR_ENABLE;

	wrmsr(msr, value);
	while (rdmsr(msr) != value)
		asm volatile("ud2");
}

static void start_apic(void)
{
	u32 leaf[4];

	cpuid(1, 0, leaf);
	if (leaf[2] & 1u << 21)
		wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_X2APIC);
	write_msr_safe(MSR_X2APIC_SPURIOUS, SPURIOUS_ENABLED);
	write_msr_safe(MSR_X2APIC_TASK_PRIORITY, 0);
}

static void start_synic(struct vp *vp)
{
	place_page(TLFS_MSR_VP_ASSIST_PAGE, vp->assist);
	place_page(TLFS_MSR_SIMP, vp->simp);
	place_page(TLFS_MSR_SIEFP, vp->siefp);
	wrmsr(TLFS_MSR_SINT0, SINT0_VECTOR | TLFS_SINT_AUTO_EOI);
	wrmsr(TLFS_MSR_SCONTROL, 1);
}

static void start_partition(struct vp *vp)
{
	struct tlfs_register_value value;
	u32 leaf[4];

	cpuid(0, 0, leaf);
	is_intel = leaf[1] == 0x756e6547; /* "Genu" */
	wrmsr(TLFS_MSR_GUEST_OS_ID, GUEST_OS_ID);
	place_page(TLFS_MSR_HYPERCALL, hypercall_page);
	if (get_register(vp, 1, TLFS_REG_VSM_CODE_PAGE_OFFSETS, &value))
		asm volatile("ud2");
	vtl_return_address = (u64)hypercall_page +
			     (value.low >> TLFS_VSM_RETURN_OFFSET_SHIFT & TLFS_VSM_CODE_OFFSET);
	value = (struct tlfs_register_value){
		.low = TLFS_VSM_ENABLE_VTL_PROTECTION |
		       TLFS_PROTECT_ALL << TLFS_VSM_DEFAULT_PROTECTION_SHIFT,
	};
	if (set_register(vp, 1, TLFS_REG_VSM_PARTITION_CONFIG, value) ||
	    protect(vp, image_header.image_gpa, image_header.block_bytes / PAGE_BYTES, 0))
		asm volatile("ud2");
}

/* MBEC is the partition's; each VP turns it on (tlfs.rst 3.3, VsmVpSecureConfigVtl0). */
static void start_mbec(struct vp *vp)
{
	const struct tlfs_register_value value = { .low = TLFS_VSM_SECURE_MBEC };

	if (image_header.has_mbec &&
	    set_register(vp, 1, TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0, value))
		asm volatile("ud2");
}

void start_vp(struct vp *vp)
{
	vp->index = (u32)(vp - vps);
	if (vp == vps || !vtl_return_address)
		build_idt();
	load_tables((u64)vp);
	load_idt();
	start_apic();
	if (!vtl_return_address)
		start_partition(vp);
	start_synic(vp);
	start_mbec(vp);
	vp->is_started = 1;
}

/* A VTL call with a command; fast return, so RAX and RCX are the page's. */
static void on_call(struct vp *vp, struct registers *registers)
{
	struct pair_command *command = at_gpa(registers->rdi);

	registers->rcx = TLFS_VTL_RETURN_FAST;
	registers->rax = 0;
	/* None, when VTL1 is the first to run on a VP. */
	if (registers->rdi == 0 || registers->rdi & (PAGE_BYTES - 1))
		return;
	run_command(vp, command, registers);
}

/* An exception inside puts an end to what is done and goes on at the return. */
static void on_entry(struct vp *vp, struct registers *registers, u32 reason)
{
	struct pair_command *command = at_gpa(registers->rdi);

	vp->counters.entries[reason & 3]++;
	if (save_jump(&vp->recover)) {
		registers->rcx = TLFS_VTL_RETURN_FAST;
		registers->rax = 0;
		if (reason == TLFS_VTL_ENTRY_CALL) {
			command->fault = vp->fault;
			command->status = PAIR_FAULTED;
		} else {
			vp->counters.faults++;
		}
		vp->is_guarded = 0;
		return;
	}
	vp->is_guarded = 1;
	if (reason == TLFS_VTL_ENTRY_INTERRUPT)
		on_interrupt_entry(vp, registers);
	else
		on_call(vp, registers);
	vp->is_guarded = 0;
}

void vtl1_entered(struct registers *registers)
{
	struct vp *vp = this_vp();
	const volatile struct tlfs_vp_assist *assist = (const void *)vp->assist;

	on_entry(vp, registers, assist->vtl_entry_reason);
}

void vtl1_start(struct registers *registers)
{
	struct vp *vp = this_vp();

	start_vp(vp);
	on_entry(vp, registers, TLFS_VTL_ENTRY_CALL);
}

void *memcpy(void *to, const void *from, __SIZE_TYPE__ bytes)
{
	void *start = to;

	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");

	return start;
}

void *memset(void *to, int value, __SIZE_TYPE__ bytes)
{
	void *start = to;

	asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");

	return start;
}
