// SPDX-License-Identifier: MIT

/* The hypercall ABI, from both VTLs. */

#include <setjmp.h>
#include <signal.h>

#include "conformance.h"

#define INPUT 0
#define OUTPUT 1
#define CLOSED 8

typedef struct answer caller(__u64 control, __u64 input, __u64 output);

static struct answer run(caller *call, __u64 control)
{
	return call(control, page_gpa(INPUT), page_gpa(OUTPUT));
}

static void read_vp_index_input(unsigned int count)
{
	struct tlfs_vp_registers_header *header = page(INPUT);
	__u32 *names = (void *)(header + 1);
	unsigned int i;

	memset(page(INPUT), 0, PAGE_BYTES);
	header->partition_id = TLFS_PARTITION_SELF;
	header->vp_index = TLFS_VP_SELF;
	for (i = 0; i < count; i++)
		names[i] = TLFS_REG_VP_INDEX;
}

static void controls(caller *call, const char *vtl)
{
	const __u64 get = rep(TLFS_CALL_GET_VP_REGISTERS, 1, 0);
	unsigned int bit, bad = 0;

	read_vp_index_input(1);
	check_equal(run(call, get).status, 0, "A4.rep: a rep call (%s)", vtl);
	for (bit = 0; bit < 64; bit++) {
		if ((TLFS_CALL_RESERVED | TLFS_CALL_NESTED) >> bit & 1)
			bad += run(call, get | 1ull << bit).status != TLFS_STATUS_INVALID_HYPERCALL_INPUT;
	}
	check_equal(bad, 0, "A4.reserved: INVALID_HYPERCALL_INPUT (%s)", vtl);
	check_equal(run(call, get | 1ull << TLFS_CALL_VARIABLE_HEADER_SHIFT).status,
		    TLFS_STATUS_INVALID_HYPERCALL_INPUT, "A4.variable_header: where there is none (%s)", vtl);
	check_equal(run(call, TLFS_CALL_GET_VP_REGISTERS).status, TLFS_STATUS_INVALID_HYPERCALL_INPUT,
		    "A4.rep: without a count (%s)", vtl);
	check_equal(run(call, rep(TLFS_CALL_GET_VP_REGISTERS, 1, 1)).status,
		    TLFS_STATUS_INVALID_HYPERCALL_INPUT, "A4.rep: begins at its end (%s)", vtl);
	check_equal(run(call, rep(TLFS_CALL_NOTIFY_LONG_SPIN_WAIT, 1, 0)).status,
		    TLFS_STATUS_INVALID_HYPERCALL_INPUT, "A4.simple: with a count (%s)", vtl);
}

static void reps(caller *call, const char *vtl)
{
	__u32 *names = page(INPUT) + sizeof(struct tlfs_vp_registers_header);
	struct tlfs_register_value *values = page(OUTPUT);
	struct answer answer;

	read_vp_index_input(8);
	names[5] = 0xffffffff;
	memset(page(OUTPUT), 0xaa, PAGE_BYTES);
	answer = run(call, rep(TLFS_CALL_GET_VP_REGISTERS, 8, 2));
	check(answer.status != 0 && answer.reps == 5,
	      "A4.reps: stops at the first bad element, 5 are done (%s): %u", vtl, answer.reps);
	check(values[1].low == 0xaaaaaaaaaaaaaaaa && values[2].low == vp_index0() &&
		      values[4].low == vp_index0() && values[5].low == 0xaaaaaaaaaaaaaaaa,
	      "A4.reps: output from the start index to there (%s)", vtl);
	answer = run(call, rep(TLFS_CALL_GET_VP_REGISTERS, 5, 0));
	check(answer.status == 0 && answer.reps == 5, "A4.reps: all (%s)", vtl);
}

static void alignment(caller *call, const char *vtl)
{
	const __u64 get = rep(TLFS_CALL_GET_VP_REGISTERS, 1, 0);

	read_vp_index_input(1);
	check_equal(call(get, page_gpa(INPUT) + 4, page_gpa(OUTPUT)).status,
		    TLFS_STATUS_INVALID_ALIGNMENT, "A4.alignment: input (%s)", vtl);
	check_equal(call(get, page_gpa(INPUT), page_gpa(OUTPUT) + 4).status,
		    TLFS_STATUS_INVALID_ALIGNMENT, "A4.alignment: output (%s)", vtl);
	check(call(get, page_gpa(INPUT) + 4088, page_gpa(OUTPUT)).status != 0,
	      "A4.crossing: input (%s)", vtl);
	check(call(get, page_gpa(INPUT), page_gpa(OUTPUT) + 4088).status != 0,
	      "A4.crossing: output (%s)", vtl);
}

static sigjmp_buf back;

static void on_signal(int number)
{
	siglongjmp(back, number);
}

static void user_mode(void)
{
	int number;

	signal(SIGILL, on_signal);
	signal(SIGSEGV, on_signal);
	number = sigsetjmp(back, 1);
	if (number == 0) {
		__u64 rax = 0;

		asm volatile("vmmcall" : "+a"(rax) : "c"(TLFS_CALL_NOTIFY_LONG_SPIN_WAIT) : "memory");
	}
	check_equal(number, SIGILL, "A4.user: #UD at CPL 3");
	number = sigsetjmp(back, 1);
	if (number == 0) {
		__u64 rax = 0;

		asm volatile("vmmcall" : "+a"(rax) : "c"(TLFS_CALL_VTL_CALL) : "memory");
	}
	check_equal(number, SIGILL, "A11.user: a VTL call at CPL 3 is #UD");
}

static void fast(caller *call, const char *vtl)
{
	check_equal(call(TLFS_CALL_NOTIFY_LONG_SPIN_WAIT | TLFS_CALL_FAST, 1, 0).status, 0,
		    "A5.registers: NotifyLongSpinWait, fast (%s)", vtl);
	check_equal(call(TLFS_CALL_ENABLE_PARTITION_VTL | TLFS_CALL_FAST, TLFS_PARTITION_SELF, 1).status,
		    TLFS_STATUS_INVALID_VTL_STATE, "A5.registers: EnablePartitionVtl, fast (%s)", vtl);
}

static bool has_xmm_input(void)
{
	__u32 a, b, c, d;

	__cpuid(TLFS_CPUID_FEATURES, a, b, c, d);

	return d >> 4 & 1;
}

static void xmm_input(void)
{
	/* VTL0 writes its own HYPERCALL register with the value it has: 48 bytes. */
	struct pair_hypercall call = { .rcx = rep(TLFS_CALL_SET_VP_REGISTERS, 1, 0) | TLFS_CALL_FAST,
				       .rdx = TLFS_PARTITION_SELF,
				       .r8 = TLFS_VP_SELF,
				       .how = PAIR_CALL_RAW | PAIR_CALL_XMM };
	struct tlfs_register_assignment *set = (void *)call.xmm;
	__u8 before[96];
	__u64 value;

	read_msr(TLFS_MSR_VP_ASSIST_PAGE, &value);
	memset(call.xmm, 0x33, sizeof(call.xmm));
	*set = (struct tlfs_register_assignment){ .name = TLFS_REG_VP_ASSIST_PAGE,
						  .value = { .low = value } };
	memcpy(before, call.xmm, sizeof(before));
	pair_must(PAIR_IOC_HYPERCALL, &call, "a hypercall");
	if (!has_xmm_input()) {
		check_equal(call.fault, INVALID_OPCODE, "A5.xmm: #UD where it is not advertised");
		return;
	}
	check(call.fault == PAIR_NO_VECTOR && (call.rax & TLFS_RESULT_STATUS) == 0,
	      "A5.xmm: SetVpRegisters with one register, fast");
	check_equal(call.rax >> TLFS_RESULT_REPS_SHIFT & TLFS_CALL_REP_MAX, 1, "A5.xmm: one rep done");
	check(memcmp(before, call.xmm, sizeof(before)) == 0, "A5.xmm: XMM0-5 come back");
	set->name = 0xffffffff;
	pair_must(PAIR_IOC_HYPERCALL, &call, "a hypercall");
	check(call.fault == PAIR_NO_VECTOR && (call.rax & TLFS_RESULT_STATUS) != 0 &&
		      (call.rax >> TLFS_RESULT_REPS_SHIFT & TLFS_CALL_REP_MAX) == 0,
	      "A5.xmm: the name is read from XMM0");
	call.rcx = rep(TLFS_CALL_SET_VP_REGISTERS, 4, 0) | TLFS_CALL_FAST;
	pair_must(PAIR_IOC_HYPERCALL, &call, "a hypercall");
	check(call.fault != PAIR_NO_VECTOR || (call.rax & TLFS_RESULT_STATUS) != 0,
	      "A5.xmm: more than 112 bytes is refused");
}

static void xmm_input1(void)
{
	struct tlfs_register_assignment *set = (void *)last()->data;
	struct tlfs_register_value value;
	__u32 status;

	if (!has_xmm_input()) {
		check_skip("A5.xmm_vtl1", "XMM input is not advertised");
		return;
	}
	get_register1(0, TLFS_REG_STAR, &value);
	*set = (struct tlfs_register_assignment){ .name = TLFS_REG_STAR, .value = value };
	status = vtl1_with(PAIR_HYPERCALL, rep(TLFS_CALL_SET_VP_REGISTERS, 1, 0) | TLFS_CALL_FAST,
			   TLFS_PARTITION_SELF,
			   TLFS_VP_SELF | (__u64)TLFS_INPUT_VTL_USE_TARGET << 32, PAIR_CALL_XMM);
	check(status == PAIR_OK && (last()->result[0] & TLFS_RESULT_STATUS) == 0,
	      "A5.xmm_vtl1: VTL1 sets STAR of VTL0 by a fast call");
}

static void codes(caller *call, const char *vtl)
{
	static const __u16 unknown[] = { 0, 0x0e, 0x10, 0x1f, 0x7fff, 0xffff };
	unsigned int i, bad = 0;

	for (i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		bad += run(call, unknown[i]).status != TLFS_STATUS_INVALID_HYPERCALL_CODE;
	check_equal(bad, 0, "A6.unknown: also DisablePartitionVtl, DisableVpVtl (%s)", vtl);
	check_equal(run(call, TLFS_CALL_NOTIFY_LONG_SPIN_WAIT).status, 0, "A6.spin_wait (%s)", vtl);
}

/* Refused, or VTL1 hears of it and answers #GP: never done. */
static bool is_refused(struct answer answer)
{
	return answer.status != 0;
}

static void rights(void)
{
	const __u64 get = rep(TLFS_CALL_GET_VP_REGISTERS, 1, 0);
	__u64 *closed = page(CLOSED);

	read_vp_index_input(1);
	memcpy(page(CLOSED), page(INPUT), 64);
	check_equal(protect1(page_gpa(CLOSED), 1, 0), 0, "A7.closed: a page is closed to VTL0");
	check(is_refused(hypercall0(get, page_gpa(CLOSED), page_gpa(OUTPUT))), "A7.closed: as input");
	check(is_refused(hypercall0(get, page_gpa(INPUT), page_gpa(CLOSED))), "A7.closed: as output");
	check_equal(hypercall1(get, page_gpa(CLOSED), page_gpa(OUTPUT)).status, 0,
		    "A7.vtl1: VTL1 may use it as input");
	check_equal(hypercall1(get, page_gpa(INPUT), page_gpa(CLOSED)).status, 0,
		    "A7.vtl1: and as output");
	check_equal(protect1(page_gpa(CLOSED), 1, TLFS_PROTECT_READ), 0, "A7.read_only: now read-only");
	memset(page(OUTPUT), 0, 64);
	closed = page(CLOSED);
	check(closed[0] == vp_index0(), "A7.vtl1: wrote the output there");
	check(is_refused(hypercall0(get, page_gpa(INPUT), page_gpa(CLOSED))), "A7.read_only: as output");
	check_equal(protect1(page_gpa(CLOSED), 1, TLFS_PROTECT_ALL), 0, "A7.open: open again");
	memcpy(page(CLOSED), page(INPUT), 64);
	protect1(page_gpa(CLOSED), 1, TLFS_PROTECT_READ);
	check_equal(hypercall0(get, page_gpa(CLOSED), page_gpa(OUTPUT)).status, 0,
		    "A7.read_only: is good as input");
	protect1(page_gpa(CLOSED), 1, TLFS_PROTECT_ALL);
}

int main(void)
{
	conformance_open();
	controls(hypercall0, "VTL0");
	controls(hypercall1, "VTL1");
	reps(hypercall0, "VTL0");
	reps(hypercall1, "VTL1");
	alignment(hypercall0, "VTL0");
	alignment(hypercall1, "VTL1");
	user_mode();
	fast(hypercall0, "VTL0");
	fast(hypercall1, "VTL1");
	xmm_input();
	xmm_input1();
	codes(hypercall0, "VTL0");
	codes(hypercall1, "VTL1");
	rights();

	return conformance_end();
}
