// SPDX-License-Identifier: MIT

/* Mode-based execution control: what is offered, how it is enabled, who runs what. */

#include "world.h"

static bool smep_is_on(void)
{
	return attempt(PAIR_TRY_READ_CR, 4, 0).value >> 20 & 1;
}

static void status(void)
{
	unsigned int cpu;

	check_equal(vsm_register0(TLFS_REG_VSM_PARTITION_STATUS) >> TLFS_VSM_MBEC_ENABLED_SET_SHIFT &
			    0xffff,
		    2, "C1.status: MBEC is enabled for VTL1 in VsmPartitionStatus");
	for (cpu = 0; cpu < cpu_count() && cpu < PAIR_CPU_MAX; cpu++) {
		struct tlfs_register_value value;

		pin_to_cpu(cpu);
		check(vsm_register0(TLFS_REG_VSM_VP_STATUS) & TLFS_VSM_ACTIVE_MBEC,
		      "C1.active: ActiveMbecEnabled in VTL0 on CPU %u", cpu);
		check(get_register1(1, TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0, &value) == 0 &&
			      value.low & TLFS_VSM_SECURE_MBEC,
		      "C1.secure_config: VTL1 has enabled it there");
	}
	pin_to_cpu(0);
}

static void secure_config(void)
{
	__u64 capabilities = vsm_register0(TLFS_REG_VSM_CAPABILITIES);

	check_equal(capabilities >> TLFS_VSM_MBEC_VTL_MASK_SHIFT & 0xffff, 2,
		    "C1.capability: VTL1 is the only one that may have it");
	check(set_register1(1, TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0, 1ull << 2, 0) != 0 &&
		      set_register1(1, TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0, 1ull << 3, 0) != 0,
	      "C1.secure_config: no shadow stacks, no HVPT");
	check(set_register1(0, TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0, TLFS_VSM_SECURE_MBEC, 0) != 0,
	      "C1.secure_config: VTL0 owns none");
}

/* The vector that ends a run of user code */
static __u64 as_user(bool compatible)
{
	struct pair_world world = user_world(compatible);

	run_world(&world);

	return world.vector;
}

static __u64 as_kernel(void)
{
	struct pair_world world = {
		.rip = PAIR_KERNEL_VA + ATTACK_CODE * PAGE_BYTES,
		.rsp = 0,
		.rflags = RFLAGS_ALWAYS,
		.cs = PAIR_KERNEL_CODE,
		.ss = PAIR_KERNEL_STACK,
	};

	run_world(&world);

	return world.vector;
}

static void who_runs(__u32 rights, bool user, bool kernel)
{
	bool user_ran, compatible_ran, kernel_ran;
	struct pair_record record;
	__u64 vector;

	set_frames(rights, rights);
	vector = as_user(false);
	user_ran = vector == END_USER && *mark(0) == PAIR_USER_CODE;
	check(user_ran == user && (user || (vector == GENERAL_PROTECTION && *mark(0) == 0)),
	      "C1.rights 0x%x: users %s", rights, user ? "run" : "do not run");
	vector = as_user(true);
	compatible_ran = vector == END_USER && *mark(0) == PAIR_USER_CODE32;
	check(compatible_ran == user && (user || (vector == GENERAL_PROTECTION && *mark(0) == 0)),
	      "C1.rights 0x%x: the same in compatibility mode", rights);
	vector = as_kernel();
	kernel_ran = vector == END_KERNEL && *mark(1) == PAIR_KERNEL_CODE;
	check(kernel_ran == kernel && (kernel || (vector == GENERAL_PROTECTION && *mark(1) == 0)),
	      "C1.rights 0x%x: the kernel %s", rights, kernel ? "runs" : "does not run");
	if (kernel)
		return;
	record = record1(0);
	check(as_memory(&record)->gpa == page_gpa(ATTACK_CODE) &&
		      as_memory(&record)->header.access_type == TLFS_ACCESS_TYPE_EXECUTE &&
		      (as_memory(&record)->header.execution_state & TLFS_EXECUTION_CPL) == 0,
	      "C1.rights 0x%x: VTL1 was told of an execution at CPL 0", rights);
}

static void rights(void)
{
	place_user("", 0);
	place_attack();
	who_runs(0x9, true, false);
	who_runs(0xb, true, false);
	who_runs(0xd, true, true);
	who_runs(0xf, true, true);
	who_runs(0x1, false, false);
	who_runs(0x3, false, false);
}

static void writes(void)
{
	__u64 value = 0x1357;

	set_frames(0x9, 0xb);
	check_equal(attempt(PAIR_TRY_WRITE, page_gpa(USER_CODE), value).fault, GENERAL_PROTECTION,
		    "C1.write: 0x9 is read-only");
	check_equal(attempt(PAIR_TRY_WRITE, page_gpa(ATTACK_CODE), value).fault, PAIR_NO_VECTOR,
		    "C1.write: 0xb is not");
	set_frames(0x9, TLFS_PROTECT_ALL);
	place_attack();
	/* mov %eax, own page: a user on the user's own page */
	set_frames(TLFS_PROTECT_ALL, TLFS_PROTECT_ALL);
	place_user("\x89\x04\x25\x80\x80\x00\x40", 7);
	set_frames(0x9, TLFS_PROTECT_ALL);
	check_equal(as_user(false), GENERAL_PROTECTION, "C1.write: nor can users write their 0x9 page");
	set_frames(0xb, TLFS_PROTECT_ALL);
	check_equal(as_user(false), END_USER, "C1.write: their 0xb page they can");
	place_user("", 0);
}

/* "SMEP supported but disabled in VTL0's CR4: only KX governs" (tlfs.rst 5.3) */
static void without_smep(void)
{
	struct pair_world world = user_world(false);

	if (!smep_is_on()) {
		check_skip("C1.smep", "this kernel runs without SMEP");
		return;
	}
	set_frames(0xb, TLFS_PROTECT_ALL);
	world.how = PAIR_WORLD_NO_SMEP;
	run_world(&world);
	check(world.vector == GENERAL_PROTECTION && *mark(0) == 0,
	      "C1.smep: off in CR4, users do not run 0xb: the kernel's right counts");
	set_frames(0xd, TLFS_PROTECT_ALL);
	run_world(&world);
	check_equal(world.vector, END_USER, "C1.smep: and do run 0xd");
	set_frames(0xb, TLFS_PROTECT_ALL);
	check_equal(as_user(false), END_USER, "C1.smep: on again, they run 0xb");
}

/* One page after the other, of both kinds */
static void across_pages(void)
{
	struct code code = {};
	struct pair_world world = user_world(false);

	set_frames(TLFS_PROTECT_ALL, TLFS_PROTECT_ALL);
	memset(page(USER_CODE), 0x90, PAGE_BYTES);
	emit_mark(&code, false);
	emit(&code, "\x0f\x0b", 2);
	place(ATTACK_CODE, &code);
	set_frames(USER_ONLY, TLFS_PROTECT_ALL);
	run_world(&world);
	check(world.vector == END_USER && *mark(0) == PAIR_USER_CODE,
	      "C1.pages: users run from a page of theirs into a page of both");
	set_frames(TLFS_PROTECT_ALL, USER_ONLY);
	run_world(&world);
	check(world.vector == END_USER && *mark(0) == PAIR_USER_CODE, "C1.pages: and the other way");
	set_frames(TLFS_PROTECT_ALL, TLFS_PROTECT_ALL);
}

int main(void)
{
	conformance_open();
	if (!offers_mbec())
		skip_all("MBEC is not offered");
	status();
	secure_config();
	rights();
	writes();
	without_smep();
	across_pages();

	return conformance_end();
}
