// SPDX-License-Identifier: MIT

/* VTL call and return, what is private to a VTL and what is shared. */

#include "conformance.h"

#define MSR_TSC_AUX 0xc0000103u

static void fill_general(struct pair_call *call, __u64 seed)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		call->general[i] = seed * 0x9e3779b97f4a7c15ull + i * 0x0101010101010101ull;
	call->general[0] = 0;
	call->general[1] = TLFS_CALL_VTL_CALL;
	call->call_offset = pair_call_offset;
	call->command = (struct pair_command){ .operation = PAIR_HELLO };
}

/* All but RSP, RAX, RCX, RDI: nothing in VTL1's half changes them. */
static bool came_back(const struct pair_call *before, const struct pair_call *after)
{
	unsigned int i;

	for (i = 2; i < 16; i++) {
		if (i != 4 && i != 7 && before->general[i] != after->general[i])
			return false;
	}

	return after->general[4] == 0;
}

static void forms(void)
{
	static const struct {
		__u32 how;
		const char *name;
	} all[] = {
		{ 0, "the page's VTL call" },
		{ PAIR_CALL_MAIN, "the page's general entry" },
		{ PAIR_CALL_RAW, "the bare instruction" },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct pair_call before = { .how = all[i].how }, after;

		fill_general(&before, i + 1);
		after = before;
		pair_must(PAIR_IOC_CALL, &after, "a VTL call");
		check(after.fault == PAIR_NO_VECTOR && after.command.status == PAIR_OK,
		      "A11.call: by %s", all[i].name);
		check(came_back(&before, &after), "A11.registers: all but RAX and RCX as they were");
		check(after.general[0] == TLFS_VTL_RETURN_FAST && after.general[1] == TLFS_CALL_VTL_RETURN,
		      "A11.fast_return: RAX and RCX are what VTL1 had");
	}
}

static void returns(void)
{
	unsigned int raw;

	for (raw = 0; raw < 2; raw++) {
		struct pair_call call = {};

		fill_general(&call, 9);
		call.command = (struct pair_command){
			.operation = PAIR_RETURN,
			.argument = { 0, raw, 0x1122334455667788, 0x99aabbccddeeff00 },
		};
		pair_must(PAIR_IOC_CALL, &call, "a VTL call");
		check(call.general[0] == 0x1122334455667788 && call.general[1] == 0x99aabbccddeeff00,
		      "A11.return: RAX and RCX from the assist page (%s)", raw ? "bare" : "page");
	}
	vtl1(PAIR_RETURN, TLFS_VTL_RETURN_FAST, 1, 0, 0);
	check(last_call.general[0] == TLFS_VTL_RETURN_FAST && last_call.general[1] == TLFS_CALL_VTL_RETURN,
	      "A11.return: fast, by the bare instruction");
}

static void bad_calls(void)
{
	unsigned int bit, bad = 0;

	for (bit = 0; bit < 64; bit++) {
		struct pair_call call = { .how = PAIR_CALL_RAW };

		fill_general(&call, 3);
		call.general[0] = 1ull << bit;
		pair_must(PAIR_IOC_CALL, &call, "a VTL call");
		bad += call.fault != INVALID_OPCODE;
	}
	check_equal(bad, 0, "A11.control: any bit in a call's control input is #UD");
	for (bit = 16, bad = 0; bit < 64; bit++) {
		struct pair_call call = { .how = PAIR_CALL_RAW };

		fill_general(&call, 3);
		call.general[1] |= 1ull << bit;
		pair_must(PAIR_IOC_CALL, &call, "a VTL call");
		bad += call.fault != INVALID_OPCODE;
	}
	check_equal(bad, 0, "A11.rcx: any other bit in RCX is #UD");
	for (bit = 0, bad = 0; bit < 2; bit++) {
		struct pair_call call = { .how = PAIR_CALL_RAW };

		fill_general(&call, 3);
		call.general[0] = bit;
		call.general[1] = TLFS_CALL_VTL_RETURN;
		pair_must(PAIR_IOC_CALL, &call, "a VTL return");
		bad += call.fault != INVALID_OPCODE;
	}
	check_equal(bad, 0, "A11.return: in VTL0 is #UD");
}

/* By the bare instruction in VTL1, whose fault is caught there */
static bool is_invalid_opcode1(__u64 rcx, __u64 rax)
{
	last_call.how = 0;
	*last() = (struct pair_command){ .operation = PAIR_HYPERCALL,
					 .argument = { rcx, 0, 0, PAIR_CALL_RAW, rax } };
	make_call();

	return last()->status == PAIR_FAULTED && last()->fault.vector == INVALID_OPCODE;
}

static void bad_returns(void)
{
	unsigned int bit, bad = 0;

	for (bit = 1; bit < 64; bit++)
		bad += !is_invalid_opcode1(TLFS_CALL_VTL_RETURN, 1ull << bit);
	check_equal(bad, 0, "A11.control: any bit but the first in a return's is #UD");
	check(is_invalid_opcode1(TLFS_CALL_VTL_CALL, 0), "A11.call: in VTL1 is #UD");
}

static void fill_state(struct pair_state *state, __u64 seed)
{
	unsigned int i;

	memset(state, 0, sizeof(*state));
	for (i = 0; i < 32; i++) {
		state->xmm[i / 2][i % 2] = seed + i;
		state->ymm_high[i / 2][i % 2] = ~seed - i;
	}
	for (i = 0; i < 4; i++)
		state->dr[i] = 0x1000 * (seed & 0xff) + i;
	state->cr2 = 0x7000 + seed % 4096;
}

static bool same_vectors(const struct pair_state *a, const struct pair_state *b, bool with_ymm)
{
	return memcmp(a->xmm, b->xmm, sizeof(a->xmm)) == 0 &&
	       (!with_ymm || memcmp(a->ymm_high, b->ymm_high, sizeof(a->ymm_high)) == 0);
}

static bool private_unchanged(const struct pair_state *a, const struct pair_state *b)
{
	return a->cr0 == b->cr0 && a->cr3 == b->cr3 && a->cr4 == b->cr4 && a->cr8 == b->cr8 &&
	       a->dr6 == b->dr6 && a->dr7 == b->dr7 && a->cs == b->cs && a->ss == b->ss &&
	       a->ds == b->ds && a->es == b->es && a->fs == b->fs && a->gs == b->gs &&
	       a->tr == b->tr && a->ldtr == b->ldtr && a->gdt_base == b->gdt_base &&
	       a->gdt_limit == b->gdt_limit && a->idt_base == b->idt_base &&
	       a->idt_limit == b->idt_limit;
}

static bool has_avx(void)
{
	return __builtin_cpu_supports("avx");
}

static void shared_state(void)
{
	struct pair_call call = { .how = PAIR_CALL_STATE };
	struct pair_state *seen = (void *)call.command.data, wanted;
	bool avx = has_avx();

	fill_general(&call, 5);
	fill_state(&call.before, 0x1111111111111111);
	fill_state(&wanted, 0x2222222222222222);
	wanted.dr6 = 0xffff0ff0;
	wanted.dr7 = 0x400;
	memcpy(call.command.data, &wanted, sizeof(wanted));
	call.command.operation = PAIR_STATE;
	call.command.argument[0] = PAIR_STATE_VECTOR | PAIR_STATE_DEBUG | PAIR_STATE_CR2;
	pair_must(PAIR_IOC_CALL, &call, "a VTL call");
	check_equal(call.command.status, PAIR_OK, "A12.state: VTL1 reads and writes all of it");
	check(same_vectors(seen, &call.before, false), "A12.xmm: VTL1 sees VTL0's");
	check(same_vectors(&call.after, &wanted, false), "A12.xmm: VTL0 sees what VTL1 wrote");
	if (avx) {
		check(same_vectors(seen, &call.before, true), "A12.ymm: VTL1 sees VTL0's");
		check(same_vectors(&call.after, &wanted, true), "A12.ymm: VTL0 sees what VTL1 wrote");
	} else {
		check_skip("A12.ymm", "this CPU has no AVX");
	}
	check(memcmp(seen->dr, call.before.dr, sizeof(seen->dr)) == 0, "A12.dr0_3: VTL1 sees VTL0's");
	check(memcmp(call.after.dr, wanted.dr, sizeof(wanted.dr)) == 0,
	      "A12.dr0_3: VTL0 sees what VTL1 wrote");
	check_equal(seen->cr2, call.before.cr2, "A12.cr2: VTL1 sees VTL0's");
	check_equal(call.after.cr2, wanted.cr2, "A12.cr2: VTL0 sees what VTL1 wrote");
	check(private_unchanged(&call.before, &call.after),
	      "A12.private: VTL0's control, debug, segment and table registers are as they were");
	check(seen->cr3 != call.before.cr3 && seen->gdt_base != call.before.gdt_base &&
		      seen->idt_base != call.before.idt_base && seen->tr != call.before.tr,
	      "A12.private: VTL1 has its own");
}

/* VTL1 changes its own; VTL0's stay. */
static void private_registers(void)
{
	struct pair_call call = { .how = PAIR_CALL_STATE };
	struct pair_state *data = (void *)call.command.data, reset;

	fill_general(&call, 6);
	data->cr8 = 3;
	data->dr6 = 0xffff0ff1;
	data->dr7 = 0x400;
	call.command.operation = PAIR_STATE;
	call.command.argument[0] = PAIR_STATE_PRIVATE;
	pair_must(PAIR_IOC_CALL, &call, "a VTL call");
	check(private_unchanged(&call.before, &call.after), "A12.cr8_dr6: VTL1's writes stay in VTL1");
	memset(&reset, 0, sizeof(reset));
	reset.dr6 = 0xffff0ff0;
	reset.dr7 = 0x400;
	memcpy(last()->data, &reset, sizeof(reset));
	vtl1(PAIR_STATE, PAIR_STATE_PRIVATE, 0, 0, 0);
	data = (void *)last()->data;
	check_equal(data->cr8, 3, "A12.cr8: is kept in VTL1 from entry to entry");
	check_equal(data->dr6, 0xffff0ff1, "A12.dr6: likewise");
}

/* Each MSR holds one value in VTL1 and keeps another in VTL0. */
static void private_msrs(void)
{
	static const struct {
		__u32 number;
		const char *name;
		__u64 value;
	} all[] = {
		{ 0x174, "SYSENTER_CS", 0x50 },
		{ 0x175, "SYSENTER_ESP", 0xffff800000001000 },
		{ 0x176, "SYSENTER_EIP", 0xffff800000002000 },
		{ 0xc0000081, "STAR", 0x0023001000000000 },
		{ 0xc0000082, "LSTAR", 0xffff800000003000 },
		{ 0xc0000083, "CSTAR", 0xffff800000004000 },
		{ 0xc0000084, "SFMASK", 0x47700 },
		{ 0xc0000100, "FS base", 0xffff800000005000 },
		{ 0xc0000101, "GS base", 0xffff800000006000 },
		{ 0xc0000102, "KERNEL_GS_BASE", 0xffff800000007000 },
		{ 0x277, "PAT", 0x0007010600070106 },
		{ MSR_TSC_AUX, "TSC_AUX", 0x77 },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct pair_msr list[] = { { .number = all[i].number },
					   { .number = all[i].number,
					     .is_write = 1,
					     .value = all[i].value } };
		__u64 before, after, kept;

		if (read_msr(all[i].number, &before) != PAIR_NO_VECTOR) {
			check_skip("A12.msr", all[i].name);
			continue;
		}
		msrs1(list, 2);
		read_msr(all[i].number, &after);
		read_msr1(all[i].number, &kept);
		check(list[1].fault == PAIR_NO_FAULT && after == before && kept == all[i].value,
		      "A12.msr: %s is private to each VTL%s", all[i].name,
		      all[i].number == 0x277 ? " (A13)" : "");
		write_msr1(all[i].number, list[0].value);
	}
}

static void efer_and_tsc(void)
{
	__u64 before, after, one, two;
	struct pair_msr list[] = { { .number = 0xc0000080 },
				   { .number = 0xc0000080, .is_write = 1 } };

	read_msr(0xc0000080, &before);
	msrs1(list, 1);
	list[1].value = list[0].value | 1; /* SCE */
	msrs1(list, 2);
	read_msr(0xc0000080, &after);
	check_equal(after, before, "A12.msr: EFER is private to each VTL");
	list[1].value = list[0].value;
	msrs1(list, 2);

	read_msr(0x10, &one);
	read_msr1(0x10, &two);
	check(two >= one && two - one < 1ull << 32, "A12.tsc: starts equal in both VTLs");
}

int main(void)
{
	conformance_open();
	forms();
	returns();
	bad_calls();
	bad_returns();
	shared_state();
	private_registers();
	private_msrs();
	efer_and_tsc();

	return conformance_end();
}
