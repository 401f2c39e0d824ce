// SPDX-License-Identifier: MIT

/*
 * Registers of the kernel that keep their values: before they are pinned, each write that is to be
 * denied later takes; afterwards it is a general protection fault and the value stays.
 *
 * They stay pinned until reboot, so this has a machine of its own: it wants the argument "pin".
 */

#include "register_attacks.h"

#define CR0_TS (1ull << 3)
#define CR4_TSD (1ull << 2)
#define CR4_PCE (1ull << 8)

static void same_values(void)
{
	struct test_system_write write;
	__u64 before, denied_before = denied();
	unsigned int i;

	for (i = 0; i < REGISTER_ATTACK_COUNT; i++) {
		bool is_masked = register_attacks[i].what == TEST_CR0 || register_attacks[i].what == TEST_CR4 ||
				 register_attacks[i].what == TEST_CR4_PREFIXED;

		if (why_not(&register_attacks[i]))
			continue;
		before = allowed();
		write = write_bits(&register_attacks[i], 0);
		if (!check(write.fault == TEST_NO_FAULT && write.after == write.before &&
				   allowed() == before + !is_masked,
			   "%s: the value that it has is allowed", register_attacks[i].name))
			note("fault %lld, 0x%llx before, 0x%llx after", write.fault, write.before,
			     write.after);
	}
	check_equal(denied(), denied_before, "nothing was denied");
}

static void free_bits(void)
{
	static const struct register_attack bits[] = {
		{ "CR0.TS and MP", TEST_CR0, 0, CR0_TS | CR0_MP, false },
		{ "CR4.PGE", TEST_CR4, 0, CR4_PGE, false },
		{ "CR4.PCE", TEST_CR4, 0, CR4_PCE, false },
		{ "CR4.TSD", TEST_CR4, 0, CR4_TSD, false },
	};
	__u64 before = denied() + allowed();
	struct test_system_write write;
	unsigned int i;

	for (i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
		write = write_bits(&bits[i], bits[i].bits);
		check(write.fault == TEST_NO_FAULT && write.after == (write.before ^ bits[i].bits),
		      "%s can be changed", bits[i].name);
	}
	write = write_bits(&(struct register_attack){ .what = TEST_LDTR }, 0);
	check(write.fault == TEST_NO_FAULT, "LDTR can be written");
	check_equal(denied() + allowed(), before, "VTL1 is not asked");
}

static __u64 pin_on(unsigned int cpu)
{
	pin_to_cpu(cpu);

	return vtl_call(VTL_CALL_PIN, 0, 0).status;
}

/* On this CPU, from now on */
static void set_msr(__u32 msr, __u64 value)
{
	if (write_msr(msr, value) != TEST_NO_FAULT)
		bail_out("MSR 0x%x cannot be written", msr);
}

/* Values that no kernel has, or that differ from the other CPUs' */
static void refused_values(void)
{
	unsigned int last = cpu_count() - 1;
	__u64 sysenter_cs = 0, sfmask = 0;

	pin_to_cpu(0);
	read_msr(MSR_SYSENTER_CS, &sysenter_cs);
	set_msr(MSR_SYSENTER_CS, 3);
	check_equal(pin_on(0), VTL_STATUS_REFUSED, "a user's SYSENTER_CS is not pinned");
	set_msr(MSR_SYSENTER_CS, sysenter_cs);
	check_equal(redoubt_status().vtl1.pinned_vp_count, 0, "no CPU is pinned");
	check_equal(pin_on(0), VTL_STATUS_OK, "CPU 0 is pinned");
	if (last == 0)
		return;
	pin_to_cpu(last);
	read_msr(MSR_SFMASK, &sfmask);
	set_msr(MSR_SFMASK, sfmask ^ 1);
	check_equal(pin_on(last), VTL_STATUS_REFUSED, "another SFMASK than CPU 0's is not pinned");
	set_msr(MSR_SFMASK, sfmask);
	check_equal(redoubt_status().vtl1.pinned_vp_count, 1, "CPU 0 stays pinned alone");
}

static void pin_all(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < cpu_count(); cpu++) {
		check_equal(pin_on(cpu), VTL_STATUS_OK, "CPU %u is pinned", cpu);
		check_equal(pin_on(cpu), VTL_STATUS_OK, "once more changes nothing");
	}
	if (!check(redoubt_status().vtl1.pinned_vp_count == cpu_count(), "all are pinned"))
		bail_out("what follows would be deadly");
}

static void life_goes_on(void)
{
	__u64 before = denied();
	unsigned int cpu;

	for (cpu = 0; cpu < cpu_count(); cpu++) {
		pin_to_cpu(cpu);
		check(run_quietly("i=0; while [ $i -lt 50 ]; do i=$((i + 1)); /bin/true; done; sleep 1"),
		      "programs run on CPU %u, and timers", cpu);
	}
	check_equal(denied(), before, "nothing that the kernel did was denied");
}

static bool switch_cpu(unsigned int cpu, bool on)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "sh -c 'echo %d >/sys/devices/system/cpu/cpu%u/online'", on, cpu);

	return run_quietly(command);
}

/* A CPU that starts sets its registers one after the other, up to what they are pinned to. */
static void cpu_comes_back(void)
{
	unsigned int last = cpu_count() - 1;
	__u64 before = denied();

	pin_to_cpu(0);
	if (last == 0 || !switch_cpu(last, false)) {
		check_skip("a CPU comes back", "it cannot be switched off");
		return;
	}
	check(switch_cpu(last, true), "CPU %u comes back", last);
	check_equal(denied(), before, "nothing that it did was denied");
	check_equal(redoubt_status().vtl1.pinned_vp_count, last + 1, "it is pinned again");
}

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "pin") != 0)
		skip_all("it pins registers until reboot: for a machine of its own");
	hostile_open();
	pin_to_cpu(cpu_count() - 1);
	register_attacks_succeed();
	refused_values();
	pin_all();
	life_goes_on();
	cpu_comes_back();
	pin_to_cpu(cpu_count() - 1);
	register_attacks_fail(cpu_count() - 1);
	same_values();
	free_bits();
	pin_to_cpu(0);
	register_attacks_fail(0);
	life_goes_on();
	check(!trouble_in(kernel_log()), "no trouble in the kernel's log");
	check(is_vtl1_well(), "VTL1 answers");

	return tap_end();
}
