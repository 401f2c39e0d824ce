// SPDX-License-Identifier: MIT OR GPL-2.0-only
#define pr_fmt(fmt) "redoubt: " fmt

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <asm/mshyperv.h>

#include "cpus.h"
#include "vsm.h"
#include "vtl_call.h"

/* Where VTL1 starts. Any would do. */
unsigned int cpus_boot_cpu(void)
{
	return cpumask_first(cpu_online_mask);
}

/**
 * cpus_list() - the VPs of all CPUs that are online
 * @vps: filled in
 *
 * Context: cpus_read_lock() is held, and stays held until VTL1 runs on them.
 * Return: 0, or -E2BIG or -ENXIO and one line has been printed.
 */
int cpus_list(struct vp_list *vps)
{
	unsigned int cpu;

	vps->count = 0;
	for_each_online_cpu(cpu) {
		u32 vp_index = hv_cpu_number_to_vp_number(cpu);

		if (vps->count == VTL1_VP_COUNT_MAX) {
			pr_err("not loaded: more than %u CPUs are online\n",
			       VTL1_VP_COUNT_MAX);
			return -E2BIG;
		}
		if (vp_index == VP_INVAL) {
			pr_err("not loaded: CPU %u has no VP index\n", cpu);
			return -ENXIO;
		}
		vps->vp_indices[vps->count++] = vp_index;
	}

	return 0;
}

/* Runs on the CPU that is to enter VTL1 for the first time. */
static int enter_first(void *unused)
{
	struct vtl_call call = { .id = VTL_CALL_VERSION };
	unsigned int cpu = smp_processor_id();

	/* A VTL call where VTL1 is not enabled is an invalid instruction. */
	if (!vsm_is_vp_in_vtl1()) {
		pr_err("not loaded: VTL1 is not enabled on CPU %u\n", cpu);
		return -EIO;
	}

	if (vtl1_call(&call)) {
		pr_err("not loaded: VTL1 did not start on CPU %u (status %llu)\n",
		       cpu, call.status);
		return -EIO;
	}

	return 0;
}

/**
 * cpus_start_others() - the first VTL call of each CPU but the boot CPU
 *
 * One CPU after the other.
 *
 * Context: May sleep. cpus_read_lock() is held.
 * Return: 0, or an error and one line has been printed.
 */
int cpus_start_others(void)
{
	unsigned int cpu;
	int error;

	for_each_online_cpu(cpu) {
		if (cpu == cpus_boot_cpu())
			continue;
		error = smp_call_on_cpu(cpu, enter_first, NULL, false);
		if (error)
			return error;
	}

	return 0;
}

/* Runs on the CPU whose registers are to be pinned. */
static int pin(void *unused)
{
	struct vtl_call call = { .id = VTL_CALL_PIN };
	int error = vtl1_call(&call);

	if (error)
		pr_err("registers of CPU %u not pinned (status %llu), VTL1's log says which\n",
		       smp_processor_id(), call.status);

	return error;
}

/**
 * cpus_pin_all() - on each CPU, the kernel's registers keep their values
 *
 * From then on VTL1 denies the kernel every other value of CR0.WP, CR4.SMEP,
 * LSTAR and their like, until reboot. CPUs that were pinned before stay so,
 * also when another one then fails.
 *
 * Context: May sleep. cpus_read_lock() is held.
 * Return: 0, or an error and one line has been printed: -EPERM if VTL1 refuses
 * what a register holds.
 */
int cpus_pin_all(void)
{
	unsigned int cpu;
	int error;

	for_each_online_cpu(cpu) {
		error = smp_call_on_cpu(cpu, pin, NULL, false);
		if (error)
			return error;
	}

	return 0;
}

static int veto_offline(unsigned int cpu)
{
	pr_err_ratelimited("VTL1 is active, CPU %u must stay online\n", cpu);

	return -EBUSY;
}

static int veto_online(unsigned int cpu)
{
	pr_err_ratelimited("VTL1 is active and does not run on CPU %u, it must stay offline\n",
			   cpu);

	/* Not -EBUSY, at which the kernel would try again. */
	return -EPERM;
}

/**
 * cpus_keep() - from now on no CPU goes offline and no other comes online
 *
 * A CPU that came online later would run VTL0 without VTL1 beside it, and one
 * that went offline could not come back: INIT is lost on a VP with VTL1.
 *
 * Context: cpus_read_lock() is held. Never undone: nor is VTL1.
 */
void cpus_keep(void)
{
	int offline, online;

	offline = cpuhp_setup_state_nocalls_cpuslocked(CPUHP_AP_ONLINE_DYN,
						       "redoubt:offline", NULL,
						       veto_offline);
	online = cpuhp_setup_state_nocalls_cpuslocked(CPUHP_BP_PREPARE_DYN,
						      "redoubt:online",
						      veto_online, NULL);
	if (offline < 0 || online < 0)
		pr_warn("CPUs can be switched on and off, and should not be (errors %d, %d)\n",
			offline, online);
}
