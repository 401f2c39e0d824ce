// SPDX-License-Identifier: MIT OR GPL-2.0-only
#define pr_fmt(fmt) "redoubt: " fmt

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/printk.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/mshyperv.h>

#include "cpus.h"
#include "vsm.h"
#include "vtl_call.h"

/* CPUs on which VTL1 is to run */
static struct cpumask with_vtl1;
/* VTL1 is asked before a CPU starts, so that a CPU can be switched off. */
static bool is_start_mediated;

/* Where VTL1 starts. Any would do. */
unsigned int cpus_boot_cpu(void)
{
	return cpumask_first(cpu_online_mask);
}

static int add_online(struct vp_list *vps, unsigned int cpu)
{
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
	cpumask_set_cpu(cpu, &with_vtl1);

	return 0;
}

/* The kernel may never have run on it, so it is the hypervisor that is asked. */
static void add_offline(struct vp_list *vps, unsigned int cpu)
{
	u32 vp_index;

	if (vps->count == VTL1_VP_COUNT_MAX ||
	    vsm_vp_index_of(per_cpu(x86_cpu_to_apicid, cpu), &vp_index)) {
		pr_warn("CPU %u has to stay offline\n", cpu);
		return;
	}
	vps->vp_indices[vps->count++] = vp_index;
	vps->offline_count++;
	cpumask_set_cpu(cpu, &with_vtl1);
}

/**
 * cpus_list() - the VPs of all CPUs, those that are offline last
 * @vps: filled in
 *
 * Context: cpus_read_lock() is held, and stays held until VTL1 runs on them.
 * Return: 0, or -E2BIG or -ENXIO and one line has been printed.
 */
int cpus_list(struct vp_list *vps)
{
	unsigned int cpu;
	int error;

	vps->count = 0;
	vps->offline_count = 0;
	for_each_online_cpu(cpu) {
		error = add_online(vps, cpu);
		if (error)
			return error;
	}
	for_each_present_cpu(cpu) {
		if (!cpu_online(cpu))
			add_offline(vps, cpu);
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

static bool are_pinned;

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
 * CPUs that come online later are pinned when they do.
 *
 * Context: May sleep. cpus_read_lock() is held.
 * Return: 0, or an error and one line has been printed: -EPERM if VTL1 refuses
 * what a register holds.
 */
int cpus_pin_all(void)
{
	unsigned int cpu;
	int error;

	WRITE_ONCE(are_pinned, true);
	for_each_online_cpu(cpu) {
		error = smp_call_on_cpu(cpu, pin, NULL, false);
		if (error)
			return error;
	}

	return 0;
}

/* A VTL1 that has failed lets nothing start any more. */
static int before_offline(unsigned int cpu)
{
	struct vtl_call call = { .id = VTL_CALL_VERSION };

	if (is_start_mediated && !vtl1_call(&call))
		return 0;
	pr_err_ratelimited("VTL1 is active, CPU %u must stay online\n", cpu);

	return -EBUSY;
}

/* Without VTL1's consent INIT is lost on a VP with VTL1. */
static int before_online(unsigned int cpu)
{
	if (is_start_mediated && cpumask_test_cpu(cpu, &with_vtl1))
		return 0;
	pr_err_ratelimited("VTL1 is active, CPU %u cannot be started beside it and must stay offline\n",
			   cpu);

	/* Not -EBUSY, at which the kernel would try again. */
	return -EPERM;
}

/* On the CPU, which goes offline again if VTL1 does not answer there. */
static int after_online(unsigned int cpu)
{
	struct vtl_call call = { .id = VTL_CALL_VERSION };
	int error;

	error = vtl1_call(&call);
	if (error && error != -ESHUTDOWN) {
		pr_err("VTL1 does not answer on CPU %u, which goes offline (error %d)\n",
		       cpu, error);
		return error;
	}

	return READ_ONCE(are_pinned) ? pin(NULL) : 0;
}

static bool is_cpu_start_offered(void)
{
	struct vtl_call call = { .id = VTL_CALL_FEATURES };

	return !vtl1_call(&call) && call.value & VTL_FEATURE_CPU_START;
}

/**
 * cpus_keep() - from now on no CPU runs without VTL1 beside it
 *
 * Where VTL1 is asked before a CPU starts, CPUs go offline and come online as
 * ever. Else none does: what went offline could not come back.
 *
 * Context: cpus_read_lock() is held. Never undone: nor is VTL1.
 */
void cpus_keep(void)
{
	int offline, online;

	is_start_mediated = is_cpu_start_offered();
	if (!is_start_mediated)
		pr_info("VTL1 is not asked before a CPU starts: CPUs stay as they are\n");

	offline = cpuhp_setup_state_nocalls_cpuslocked(CPUHP_AP_ONLINE_DYN,
						       "redoubt:offline",
						       after_online,
						       before_offline);
	online = cpuhp_setup_state_nocalls_cpuslocked(CPUHP_BP_PREPARE_DYN,
						      "redoubt:online",
						      before_online, NULL);
	if (offline < 0 || online < 0)
		pr_warn("CPUs can be switched on and off unseen (errors %d, %d)\n",
			offline, online);
}
