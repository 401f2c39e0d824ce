// SPDX-License-Identifier: MIT

/*
 * What root in VTL0's kernel asks VTL1, the hypervisor and other CPUs for, to get round the seal. As in
 * attacks.c: it succeeds while VTL0 is not sealed, where that is possible, and fails once it is.
 */

#include "hvcall/abi/statement.h"
#include "hvcall/abi/tlfs_msr.h"
#include "hvcall/abi/tlfs_register.h"
#include "kernel_image.h"

#define NUMBER 0x12345678u
#define LOW_GPA 0x10000 /* a page below 1 MiB, which Linux keeps for nobody */
#define RAN_AT 0x800

static bool is_sealed;
static __u64 witness_gpa;

/* endbr64; mov $NUMBER, %eax; ret */
static const __u8 code[16] = { 0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 0x78, 0x56, 0x34, 0x12, 0xc3 };

static void overlays(void)
{
	static const struct {
		const char *name;
		__u32 msr;
	} pages[] = {
		{ "SIMP", TLFS_MSR_SIMP },
		{ "SIEFP", TLFS_MSR_SIEFP },
		{ "the assist page", TLFS_MSR_VP_ASSIST_PAGE },
		{ "the reference TSC", TLFS_MSR_REFERENCE_TSC },
		{ "the hypercall page", TLFS_MSR_HYPERCALL },
	};
	static const char *const targets[] = { "linux_banner", "panic" };
	size_t i, target;

	for (i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		for (target = 0; target < 2; target++) {
			struct test_overlay overlay = {
				.msr = pages[i].msr,
				.address = must_symbol(targets[target]) & ~7ull,
			};
			bool is_changed;

			must_do(TEST_IOC_OVERLAY, &overlay);
			is_changed = overlay.after != overlay.before;
			if (!check(is_sealed ? overlay.fault == GENERAL_PROTECTION && !is_changed :
					       overlay.fault == TEST_NO_FAULT && is_changed,
				   "%s over the page of %s: %s", pages[i].name, targets[target],
				   is_sealed ? "denied" : "succeeds while not sealed"))
				note("fault %d, 0x%llx before, 0x%llx after", overlay.fault,
				     overlay.before, overlay.after);
		}
	}
}

static void put_code(__u64 gpa)
{
	__u64 words[2];
	int i;

	memcpy(words, code, sizeof(words));
	for (i = 0; i < 2; i++) {
		if (access_page(gpa + 8 * i, TEST_WRITE, &words[i]) != TEST_NO_FAULT)
			bail_out("own page: not writable");
	}
}

/* Where the hypervisor put a page of its own the frame below has its rights when it is seen again. */
static void below_overlays(void)
{
	static const __u32 msrs[] = { TLFS_MSR_SIMP, TLFS_MSR_SIEFP, TLFS_MSR_VP_ASSIST_PAGE,
				      TLFS_MSR_REFERENCE_TSC, TLFS_MSR_HYPERCALL };
	unsigned int i, were_there = 0, executed = 0;

	for (i = 0; i < sizeof(msrs) / sizeof(*msrs); i++) {
		__u64 before = 0, value = 0, gpa;

		if (read_msr(msrs[i], &before) != TEST_NO_FAULT)
			bail_out("MSR 0x%x cannot be read", msrs[i]);
		gpa = page_gpa(8);
		if (before & TLFS_PAGE_MSR_ENABLE) {
			were_there++;
			gpa = before & TLFS_PAGE_MSR_ADDRESS;
		} else if (write_msr(msrs[i], gpa | TLFS_PAGE_MSR_ENABLE) != TEST_NO_FAULT) {
			bail_out("MSR 0x%x cannot be written", msrs[i]);
		}
		if (write_msr(msrs[i], before & ~TLFS_PAGE_MSR_ENABLE) != TEST_NO_FAULT)
			bail_out("MSR 0x%x cannot be written back", msrs[i]);
		put_code(gpa);
		executed += access_page(gpa, TEST_EXECUTE, &value) == TEST_NO_FAULT &&
			    value == NUMBER;
		write_msr(msrs[i], before);
	}
	check_equal(executed, is_sealed ? 0 : i, "executing what was below an overlay page: %s",
		    is_sealed ? "denied" : "succeeds while not sealed");
	note("%u overlay pages were there", were_there);
}

/* The hypervisor and VTL1 write where VTL0 says, and may write more than it. */
static void answers(void)
{
	__u64 target = gpa_of("linux_banner") & ~15ull, before[2], after[2];
	struct tlfs_vp_registers_header header = { .partition_id = TLFS_PARTITION_SELF,
						   .vp_index = TLFS_VP_SELF };
	__u32 register_name = TLFS_REG_VP_ASSIST_PAGE;
	struct hypercall_answer answer;
	int i;

	memcpy(page(4), &header, sizeof(header));
	memcpy(page(4) + sizeof(header), &register_name, sizeof(register_name));
	for (i = 0; i < 2; i++)
		access_page(target + 8 * i, TEST_READ, &before[i]);
	answer = hypercall(rep_control(TLFS_CALL_GET_VP_REGISTERS, 1, 0), page_gpa(4), target);
	for (i = 0; i < 2; i++)
		access_page(target + 8 * i, TEST_READ, &after[i]);
	if (!check(is_sealed ? answer.status != 0 && memcmp(before, after, 16) == 0 :
			       answer.status == 0 && memcmp(before, after, 16) != 0,
		   "a hypercall's answer into read-only data: %s",
		   is_sealed ? "denied" : "succeeds while not sealed"))
		note("status %d", answer.status);
	for (i = 0; i < 2 && !is_sealed; i++)
		access_page(target + 8 * i, TEST_WRITE, &before[i]);

	check_equal(vtl_call(VTL_CALL_STATUS, page_gpa(4), 0).status, VTL_STATUS_OK,
		    "VTL1 answers into a page of VTL0's");
	if (!is_sealed)
		return;
	target &= ~(PAGE_BYTES - 1);
	check_equal(vtl_call(VTL_CALL_STATUS, target, 0).status, VTL_STATUS_BAD_ADDRESS,
		    "not into read-only data");
	check_equal(vtl_call(VTL_CALL_LOG_READ, target, 0).status, VTL_STATUS_BAD_ADDRESS,
		    "nor its log");
	check_equal(vtl_call(VTL_CALL_WITNESS, target, 0).status, VTL_STATUS_BAD_ADDRESS,
		    "nor what it has recorded");
	check_equal(vtl_call(VTL_CALL_STATUS, gpa_of("panic") & ~(PAGE_BYTES - 1), 0).status,
		    VTL_STATUS_BAD_ADDRESS, "nor into kernel code");
}

/* VTL1 protects itself from the start, so the control is a page of VTL0's. */
static void closed_pages(void)
{
	struct vtl_witness witness = {};
	__u64 closed = vtl1_page(), value = 1, found = 0;
	__u32 i;

	check(access_page(page_gpa(3), TEST_WRITE, &value) == TEST_NO_FAULT,
	      "a page of VTL0's can be written");
	check_equal(access_page(closed, TEST_WRITE, &value), GENERAL_PROTECTION,
		    "writing VTL1's memory: denied");
	check_equal(access_page(closed, TEST_EXECUTE, &value), GENERAL_PROTECTION,
		    "executing it: denied");
	if (vtl_call(VTL_CALL_WITNESS, page_gpa(4), 0).status != VTL_STATUS_OK)
		bail_out("no witness log");
	memcpy(&witness, page(4), sizeof(witness));
	witness_gpa = witness.page_gpa[0];
	check(access_page(witness.page_gpa[0], TEST_READ, &found) == TEST_NO_FAULT,
	      "the witness log can be read");
	for (i = 0; i < witness.page_count; i++) {
		value = found + 1;
		check_equal(access_page(witness.page_gpa[i], TEST_WRITE, &value),
			    GENERAL_PROTECTION, "writing page %u of it: denied", i);
	}
}

static __u64 tell_frames(__u64 call, const __u64 *frames, __u32 count, __u32 reserved)
{
	struct vtl_frames *list = page(5);

	memset(list, 0, sizeof(*list));
	list->count = count;
	list->reserved = reserved;
	if (frames)
		memcpy(list->frames, frames, (count < 4 ? count : 4) * sizeof(*frames));

	return vtl_call(call, page_gpa(5), 0).status;
}

/* Executed first: a write takes execution away. */
static bool is_data(__u64 gpa)
{
	__u64 value = 0, word;

	memcpy(&word, code, sizeof(word));

	return access_page(gpa, TEST_EXECUTE, &value) == GENERAL_PROTECTION && value != NUMBER &&
	       access_page(gpa, TEST_WRITE, &word) == TEST_NO_FAULT;
}

/* What the call is for: any ordinary frame, since nobody checks modules yet. */
static void admission(__u64 own)
{
	__u64 frame = own / PAGE_BYTES, value = 0;

	put_code(own);
	check_equal(access_page(own, TEST_EXECUTE, &value), GENERAL_PROTECTION,
		    "what was not admitted is not executed");
	check_equal(tell_frames(VTL_CALL_ADMIT, &frame, 1, 0), VTL_STATUS_OK,
		    "root admits an ordinary frame (modules are unverified)");
	check(access_page(own, TEST_EXECUTE, &value) == TEST_NO_FAULT && value == NUMBER,
	      "which is executed");
	check_equal(tell_frames(VTL_CALL_ADMIT, &frame, 1, 0), VTL_STATUS_REFUSED,
		    "it is not admitted twice");
	check_equal(tell_frames(VTL_CALL_RELEASE, &frame, 1, 0), VTL_STATUS_OK, "and released");
	value = 0;
	check_equal(access_page(own, TEST_EXECUTE, &value), GENERAL_PROTECTION,
		    "and not executed any more");
}

/* A list that has one frame too many, or a bad one, changes nothing: not the good one either. */
static void bad_lists(__u64 own)
{
	const struct named_gpa bad[] = {
		{ "kernel code", gpa_of("panic") },
		{ "read-only data", gpa_of("linux_banner") },
		{ "an interrupt gate's frame", gpa_of("idt_table") },
		{ "the same frame again", own },
		{ "frame 0", 0 },
		{ "VTL1's frame", vtl1_page() },
		{ "the witness log's frame", witness_gpa },
		{ "the local APIC", 0xfee00000 },
		{ "the PCI hole", 0xe0000000 },
		{ "the firmware's ROM", 0xfffff000 },
		{ "the end of RAM", ram_end() },
		{ "past all physical addresses", 1ull << 52 },
		{ "the last page of 64 bits", ~0ull & ~(PAGE_BYTES - 1) },
	};
	__u64 frames[2] = { own / PAGE_BYTES, ~0ull };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		__u64 status, released;

		frames[1] = bad[i].gpa / PAGE_BYTES;
		status = tell_frames(VTL_CALL_ADMIT, frames, 2, 0);
		released = tell_frames(VTL_CALL_RELEASE, frames + 1, 1, 0);
		if (!check(status != VTL_STATUS_OK && is_data(own), "admitting %s: refused",
			   bad[i].name))
			note("status %llu", status);
		check(released != VTL_STATUS_OK, "releasing %s: refused", bad[i].name);
	}
	frames[1] = ~0ull;
	check(tell_frames(VTL_CALL_ADMIT, frames, 2, 0) != VTL_STATUS_OK && is_data(own),
	      "admitting frame 2^64-1: refused");
	frames[1] = 0;
	check_equal(tell_frames(VTL_CALL_ADMIT, frames, 0, 0), VTL_STATUS_BAD_ARGUMENT, "no frame");
	check_equal(tell_frames(VTL_CALL_ADMIT, frames, VTL_FRAMES_MAX + 1, 0),
		    VTL_STATUS_BAD_ARGUMENT, "too many frames");
	check_equal(tell_frames(VTL_CALL_ADMIT, frames, ~0u, 0), VTL_STATUS_BAD_ARGUMENT,
		    "2^32-1 frames");
	check_equal(tell_frames(VTL_CALL_ADMIT, frames, 1, 1), VTL_STATUS_BAD_ARGUMENT,
		    "something reserved");
	check(is_data(own), "the frame that was named stays data");
}

static void calls(void)
{
	__u64 own = page_gpa(6), frame = own / PAGE_BYTES;
	__u32 id;

	if (!is_sealed) {
		check_equal(tell_frames(VTL_CALL_ADMIT, &frame, 1, 0), VTL_STATUS_REFUSED,
			    "nothing is admitted before the seal");
		return;
	}
	for (id = VTL_CALL_MANIFEST_HEADER; id <= VTL_CALL_SEAL; id++) {
		if (id != VTL_CALL_PIN)
			check_equal(vtl_call(id, 0, 0).status, VTL_STATUS_TOO_LATE,
				    "call %u is not made again", id);
	}
	admission(own);
	bad_lists(own);
}

/* Only VTL1 knows all frames' states. */
static void no_open_frame(void)
{
	struct vtl_statement *statement = page(7);
	__u64 status = VTL_STATUS_AGAIN, frames = 0;
	int i;

	for (i = 0; i < 100 && status == VTL_STATUS_AGAIN; i++) {
		memset(statement, 0, sizeof(*statement));
		statement->nonce[0] = 1;
		status = vtl_call(VTL_CALL_STATEMENT, page_gpa(7), 0).status;
	}
	if (!check_equal(status, VTL_STATUS_OK, "VTL1 makes a statement"))
		return;
	for (i = 0; i < (int)STATEMENT_LEDGER_STATES; i++)
		frames += statement->ledger[i];
	if (!frames)
		check_skip("frames that are open", "this VTL1's statement has no ledger");
	else if (is_sealed)
		check_equal(statement->ledger[0], 0, "no frame is open to kernel execution");
	else
		check(statement->ledger[0] > 10000, "most frames are open to kernel execution");
	check_equal(statement->phase, is_sealed ? VTL_PHASE_SEALED : VTL_PHASE_BOOT, "its phase");
}

static bool switch_cpu(unsigned int cpu, bool on)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "sh -c 'echo %d >/sys/devices/system/cpu/cpu%u/online'", on, cpu);

	return run_quietly(command);
}

/* Real mode: incb %cs:RAN_AT; cli; hlt; again */
static void raw_start(void)
{
	static const __u8 start[] = { 0x2e, 0xfe, 0x06, 0x00, 0x08, 0xfa, 0xf4, 0xeb, 0xfd };
	unsigned int last = cpu_count() - 1;
	struct test_startup startup = { .cpu = last, .vector = LOW_GPA >> 12 };
	volatile __u8 *low = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
				  hostile_device, LOW_GPA);

	if (low == MAP_FAILED)
		bail_out("page at 0x%x: %s", LOW_GPA, strerror(errno));
	pin_to_cpu(0);
	if (last == 0 || !switch_cpu(last, false)) {
		check_skip("a CPU that starts at code of the attacker's", "none can be switched off");
		return;
	}
	memset((void *)low, 0, PAGE_BYTES);
	memcpy((void *)low, start, sizeof(start));
	must_do(TEST_IOC_STARTUP, &startup);
	usleep(300000);
	check_equal(low[RAN_AT], !is_sealed, "a CPU that starts at code of the attacker's: %s",
		    is_sealed ? "denied" : "succeeds while not sealed");
	memset((void *)low, 0, PAGE_BYTES);
	check(switch_cpu(last, true), "it starts as the kernel wants");
	check(redoubt_status().vtl1.pinned_vp_count == (is_sealed ? last + 1 : 0),
	      is_sealed ? "with its registers pinned" : "with its registers free");
}

int main(void)
{
	is_sealed = redoubt_status().vtl1.phase == VTL_PHASE_SEALED;
	note("VTL0 is %ssealed", is_sealed ? "" : "not ");
	hostile_open();

	pin_to_cpu(0);
	overlays();
	below_overlays();
	answers();
	closed_pages();
	calls();
	no_open_frame();
	raw_start();
	check(!trouble_in(kernel_log()), "no trouble in the kernel's log");
	check(is_vtl1_well(), "VTL1 answers");

	return tap_end();
}
