// SPDX-License-Identifier: MIT

/* What VTL0 can have done in VTL1. An exception in here is the command's result. */

#include "vtl1.h"

static void hello(struct vp *vp, struct pair_command *command)
{
	command->result[0] = vp->index;
	command->result[1] = vp->counters.entries[1] + vp->counters.entries[2];
	command->result[2] = image_header.image_gpa;
	command->result[3] = image_header.block_bytes;
	command->result[4] = gpa_of(hypercall_page);
	command->result[5] = gpa_of(vp->assist);
	command->result[6] = (u64)vp - PAIR_IMAGE_VA; /* for PAIR_VA() */
	command->result[7] = image_header.has_mbec;
}

static void msrs(struct pair_command *command)
{
	struct pair_msr *list = (void *)command->data;
	u64 i;

	for (i = 0; i < command->argument[0] && i < PAIR_MSR_MAX; i++) {
		u64 value = 0;

		if (list[i].is_write) {
			list[i].fault = write_msr_safe(list[i].number, list[i].value);
		} else {
			list[i].fault = read_msr_safe(list[i].number, &value);
			list[i].value = value;
		}
	}
}

static void run_cpuid(struct pair_command *command)
{
	u32 out[4], i;

	cpuid((u32)command->argument[0], (u32)command->argument[1], out);
	for (i = 0; i < 4; i++)
		command->result[i] = out[i];
}

/* XMM0-5 are VTL0's: they come back. */
static void hypercall(struct pair_command *command)
{
	const u64 *argument = command->argument;
	u8 saved[96] __attribute__((aligned(16)));
	int with_xmm = (argument[3] & PAIR_CALL_XMM) != 0;
	u64 rax;

	if (with_xmm) {
		store_xmm6(saved);
		load_xmm6(command->data);
	}
	if (argument[3] & PAIR_CALL_RAW)
		rax = call_raw(argument[0], argument[1], argument[2], argument[4]);
	else
		rax = call_page(argument[0], argument[1], argument[2], argument[4]);
	if (with_xmm) {
		store_xmm6(command->data);
		load_xmm6(saved);
	}
	command->result[0] = rax;
}

static u64 register_value(u32 which)
{
	u64 value = 0;

	switch (which) {
	case 0:
		asm("mov %%cr0, %0" : "=r"(value));
		break;
	case 3:
		asm("mov %%cr3, %0" : "=r"(value));
		break;
	case 4:
		asm("mov %%cr4, %0" : "=r"(value));
		break;
	case 8:
		asm("mov %%cr8, %0" : "=r"(value));
		break;
	}

	return value;
}

static void read_private(struct pair_state *state)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) table;

	state->cr0 = register_value(0);
	state->cr3 = register_value(3);
	state->cr4 = register_value(4);
	state->cr8 = register_value(8);
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

static void read_state(struct pair_state *state)
{
	memset(state, 0, sizeof(*state));
	store_vectors(state->xmm, state->ymm_high, has_avx());
	asm volatile("mov %%db0, %0" : "=r"(state->dr[0]));
	asm volatile("mov %%db1, %0" : "=r"(state->dr[1]));
	asm volatile("mov %%db2, %0" : "=r"(state->dr[2]));
	asm volatile("mov %%db3, %0" : "=r"(state->dr[3]));
	asm volatile("mov %%cr2, %0" : "=r"(state->cr2));
	read_private(state);
}

static void write_state(const struct pair_state *state, u64 what)
{
	if (what & PAIR_STATE_VECTOR)
		load_vectors(state->xmm, state->ymm_high, has_avx());
	if (what & PAIR_STATE_DEBUG) {
		asm volatile("mov %0, %%db0" : : "r"(state->dr[0]));
		asm volatile("mov %0, %%db1" : : "r"(state->dr[1]));
		asm volatile("mov %0, %%db2" : : "r"(state->dr[2]));
		asm volatile("mov %0, %%db3" : : "r"(state->dr[3]));
	}
	if (what & PAIR_STATE_CR2)
		asm volatile("mov %0, %%cr2" : : "r"(state->cr2));
	if (what & PAIR_STATE_PRIVATE) {
		asm volatile("mov %0, %%cr8" : : "r"(state->cr8));
		asm volatile("mov %0, %%db6" : : "r"(state->dr6));
		asm volatile("mov %0, %%db7" : : "r"(state->dr7));
	}
}

/* Reads what was there, then writes what was asked for. */
static void run_state(struct pair_command *command)
{
	struct pair_state wanted, found;

	memcpy(&wanted, command->data, sizeof(wanted));
	read_state(&found);
	write_state(&wanted, command->argument[0]);
	memcpy(command->data, &found, sizeof(found));
}

static void run_return(struct vp *vp, struct pair_command *command, struct registers *registers)
{
	volatile struct tlfs_vp_assist *assist = (void *)vp->assist;

	assist->vtl_return_rax = command->argument[2];
	assist->vtl_return_rcx = command->argument[3];
	registers->rcx = command->argument[0];
	registers->rax = command->argument[1];
}

static u64 interrupts(const struct vp *vp)
{
	u64 sum = 0;
	u32 i;

	for (i = 32; i < 256; i++)
		sum += vp->counters.vectors[i];

	return sum;
}

static void spin(struct vp *vp, struct pair_command *command)
{
	u64 before = interrupts(vp), end = rdmsr(TLFS_MSR_TIME_REF_COUNT) + command->argument[0];

	if (command->argument[1])
		asm volatile("sti" : : : "memory");
	while (rdmsr(TLFS_MSR_TIME_REF_COUNT) < end)
		asm volatile("pause");
	asm volatile("cli" : : : "memory");
	command->result[0] = interrupts(vp) - before;
}

static void access(struct pair_command *command)
{
	volatile u64 *where = (volatile u64 *)command->argument[0];

	if (command->argument[1])
		*where = command->argument[2];
	else
		command->result[0] = *where;
}

static void registers_command(struct vp *vp, struct pair_command *command)
{
	const u64 *argument = command->argument;
	struct tlfs_register_value value = { argument[4], argument[5] };

	command->result[0] = registers_of(vp, (u32)argument[3], (u8)argument[2], (u32)argument[0],
					  (u32)argument[1], &value);
	command->result[1] = value.low;
	command->result[2] = value.high;
}

static struct vp *named(struct vp *vp, u64 argument)
{
	return argument ? &vps[(argument - 1) % PAIR_VP_MAX] : vp;
}

static void counters(struct vp *vp, struct pair_command *command)
{
	u32 i;

	vp = named(vp, command->argument[0]);
	vp->counters.policies_left = 0;
	for (i = 0; i < PAIR_POLICY_MAX; i++)
		vp->counters.policies_left += vp->policies[i].count;
	memcpy(command->data, &vp->counters, sizeof(vp->counters));
}

static void read_record(struct vp *vp, struct pair_command *command)
{
	struct pair_record *out = (void *)command->data;
	u64 back = command->argument[0];

	vp = named(vp, command->argument[1]);
	*out = (struct pair_record){};
	if (back < PAIR_RECORD_MAX && back < vp->record_count)
		*out = vp->records[(vp->record_count - 1 - back) % PAIR_RECORD_MAX];
}

static void clear(struct vp *vp)
{
	memset(&vp->counters, 0, sizeof(vp->counters));
	memset(vp->policies, 0, sizeof(vp->policies));
	vp->record_count = 0;
}

static u32 run(struct vp *vp, struct pair_command *command, struct registers *registers)
{
	const u64 *argument = command->argument;

	switch (command->operation) {
	case PAIR_HELLO:
		hello(vp, command);
		break;
	case PAIR_MSRS:
		msrs(command);
		break;
	case PAIR_CPUID:
		run_cpuid(command);
		break;
	case PAIR_HYPERCALL:
		hypercall(command);
		break;
	case PAIR_READ:
	case PAIR_WRITE:
		if (argument[1] > PAIR_DATA_BYTES)
			return PAIR_BAD_ARGUMENT;
		if (command->operation == PAIR_READ)
			memcpy(command->data, at_gpa(argument[0]), argument[1]);
		else
			memcpy(at_gpa(argument[0]), command->data, argument[1]);
		break;
	case PAIR_POLICY:
		memcpy(named(vp, argument[0])->policies, command->data, sizeof(vp->policies));
		break;
	case PAIR_COUNTERS:
		counters(vp, command);
		break;
	case PAIR_RECORD:
		read_record(vp, command);
		break;
	case PAIR_CLEAR:
		clear(vp);
		break;
	case PAIR_ENABLE_VP:
		if (argument[0] >= PAIR_VP_MAX)
			return PAIR_BAD_ARGUMENT;
		command->result[0] = enable_vp(vp, (u32)argument[0]);
		break;
	case PAIR_STATE:
		run_state(command);
		break;
	case PAIR_RETURN:
		run_return(vp, command, registers);
		break;
	case PAIR_SPIN:
		spin(vp, command);
		break;
	case PAIR_EXECUTE:
		command->result[0] = ((u64(*)(void))at_gpa(argument[0]))();
		break;
	case PAIR_ACCESS:
		access(command);
		break;
	case PAIR_EOI:
		vp->eoi_msr[argument[0] & 0xff] = (u32)argument[1];
		break;
	case PAIR_REGISTERS:
		registers_command(vp, command);
		break;
	case PAIR_PROTECT:
		command->result[0] = protect(vp, argument[0], argument[1], (u32)argument[2]);
		break;
	default:
		return PAIR_UNKNOWN;
	}

	return PAIR_OK;
}

void run_command(struct vp *vp, struct pair_command *command, struct registers *registers)
{
	command->status = PAIR_FAULTED; /* if nothing else happens */
	command->status = run(vp, command, registers);
}
