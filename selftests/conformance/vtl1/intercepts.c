// SPDX-License-Identifier: MIT

/* Entries by interrupt: messages are recorded, and answered as the policies say. */

#include "vtl1.h"

#define MESSAGE_REGISTER 0x80010006u
#define MESSAGE_MSR 0x80010001u

#define GENERAL_PROTECTION \
	(TLFS_EVENT_PENDING | TLFS_EVENT_DELIVER_ERROR_CODE | 13ull << TLFS_EVENT_VECTOR_SHIFT)

static struct tlfs_message *slot_of(struct vp *vp, u32 slot)
{
	return (struct tlfs_message *)(vp->simp + slot * TLFS_MESSAGE_SLOT_BYTES);
}

static struct pair_record *record(struct vp *vp, u32 slot, const struct registers *registers)
{
	struct pair_record *made = &vp->records[vp->record_count++ % PAIR_RECORD_MAX];

	*made = (struct pair_record){
		.number = vp->record_count,
		.slot = slot,
		.entry_reason = TLFS_VTL_ENTRY_INTERRUPT,
		.rax = registers->rax,
		.rcx = registers->rcx,
		.time = rdmsr(TLFS_MSR_TIME_REF_COUNT),
	};
	memcpy(&made->message, slot_of(vp, slot), sizeof(made->message));

	return made;
}

static void free_slot(struct vp *vp, u32 slot)
{
	volatile struct tlfs_message_header *header = &slot_of(vp, slot)->header;

	header->type = TLFS_MESSAGE_NONE;
	asm volatile("mfence" : : : "memory");
	if (header->flags & TLFS_MESSAGE_PENDING) {
		vp->counters.eoms++;
		wrmsr(TLFS_MSR_EOM, 0);
	}
}

/* One interrupt window; VTL1's own interrupts come here. */
static void take_interrupts(void)
{
	asm volatile("sti; nop; nop; cli" : : : "memory");
}

static struct pair_policy next_policy(struct vp *vp)
{
	u32 i;

	for (i = 0; i < PAIR_POLICY_MAX; i++) {
		if (vp->policies[i].count) {
			vp->policies[i].count--;
			return vp->policies[i];
		}
	}

	return (struct pair_policy){ .action = PAIR_DENY };
}

static void note(struct vp *vp, struct pair_record *made, u64 rax)
{
	if (rax) {
		vp->counters.failures++;
		made->failure = rax;
	}
}

static void set(struct vp *vp, struct pair_record *made, u32 name, u64 low, u64 high)
{
	const struct tlfs_register_value value = { low, high };

	note(vp, made, set_register(vp, 0, name, value));
}

static void skip(struct vp *vp, struct pair_record *made, const struct pair_policy *policy)
{
	const struct tlfs_intercept_header *header = (const void *)made->message.payload;
	u64 bytes = header->instruction_length_and_cr8 & 0xf;

	set(vp, made, TLFS_REG_RIP, header->rip + (bytes ? bytes : policy->skip_bytes), 0);
}

static u32 register_of_msr(u32 msr)
{
	switch (msr) {
	case 0x1b:
		return TLFS_REG_APIC_BASE;
	case 0x174:
		return TLFS_REG_SYSENTER_CS;
	case 0x175:
		return TLFS_REG_SYSENTER_ESP;
	case 0x176:
		return TLFS_REG_SYSENTER_EIP;
	case 0xc0000080:
		return TLFS_REG_EFER;
	case 0xc0000081:
		return TLFS_REG_STAR;
	case 0xc0000082:
		return TLFS_REG_LSTAR;
	case 0xc0000083:
		return TLFS_REG_CSTAR;
	case 0xc0000084:
		return TLFS_REG_SFMASK;
	case 0xc0000103:
		return TLFS_REG_TSC_AUX;
	default:
		return 0;
	}
}

/* Register messages: name at 44, value at 48. MSR messages: number at 40, RDX at 48, RAX at 56. */
static void allow(struct vp *vp, struct pair_record *made)
{
	const u8 *payload = made->message.payload;
	u64 first = *(const u64 *)(payload + 48), second = *(const u64 *)(payload + 56);

	if (made->message.header.type == MESSAGE_REGISTER)
		set(vp, made, *(const u32 *)(payload + 44), first, second);
	else if (made->message.header.type == MESSAGE_MSR)
		set(vp, made, register_of_msr(*(const u32 *)(payload + 40)),
		    (u32)second | first << 32, 0);
}

static void apply(struct vp *vp, struct pair_record *made, const struct pair_policy *policy)
{
	const struct tlfs_gpa_intercept *memory = (const void *)made->message.payload;

	switch (policy->action) {
	case PAIR_DENY:
		set(vp, made, TLFS_REG_PENDING_EVENT0,
		    policy->value ? policy->value : GENERAL_PROTECTION, policy->value_high);
		break;
	case PAIR_ALLOW:
		allow(vp, made);
		skip(vp, made, policy);
		break;
	case PAIR_SET_REGISTER:
		set(vp, made, policy->name, policy->value, policy->value_high);
		skip(vp, made, policy);
		break;
	case PAIR_IGNORE:
		skip(vp, made, policy);
		break;
	case PAIR_PROTECT_PAGE:
		note(vp, made, protect(vp, memory->gpa & ~(PAGE_BYTES - 1), 1, (u32)policy->value));
		break;
	}
}

static void on_intercept(struct vp *vp, const struct registers *registers)
{
	struct pair_policy policy;
	struct pair_record *made;

	take_interrupts();
	if (slot_of(vp, 0)->header.type == TLFS_MESSAGE_NONE) {
		vp->counters.spurious++;
		return;
	}
	vp->counters.messages++;
	policy = next_policy(vp);
	made = record(vp, 0, registers);
	if (policy.action == PAIR_LEAVE_MESSAGE)
		return;
	free_slot(vp, 0);
	apply(vp, made, &policy);
}

static int leaves_interrupt(struct vp *vp)
{
	u32 i;

	for (i = 0; i < PAIR_POLICY_MAX; i++) {
		if (vp->policies[i].count)
			break;
	}
	if (i == PAIR_POLICY_MAX || vp->policies[i].action != PAIR_LEAVE_INTERRUPT)
		return 0;
	vp->policies[i].count--;

	return 1;
}

void on_interrupt_entry(struct vp *vp, struct registers *registers)
{
	volatile struct tlfs_vp_assist *assist = (void *)vp->assist;
	u32 slot;

	assist->vtl_return_rax = registers->rax;
	assist->vtl_return_rcx = registers->rcx;
	if (!leaves_interrupt(vp)) {
		on_intercept(vp, registers);
		for (slot = 1; slot < 16; slot++) {
			if (slot_of(vp, slot)->header.type != TLFS_MESSAGE_NONE) {
				record(vp, slot, registers);
				free_slot(vp, slot);
			}
		}
	}
	registers->rcx = 0; /* a return that restores RAX and RCX */
	registers->rax = 0; /* through the hypercall page */
}
