// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/percpu.h>
#include <asm/apic.h>
#include <asm/smp.h>

#include "pair.h"

/* To a CPU that Linux does not use. */
int pair_startup(struct pair_startup *startup)
{
	u32 apic_id;

	if (startup->cpu >= nr_cpu_ids || !cpu_present(startup->cpu) ||
	    startup->vector > 0xff)
		return -ENXIO;
	if (cpu_online(startup->cpu))
		return -EBUSY;

	apic_id = per_cpu(x86_cpu_to_apicid, startup->cpu);
	apic->icr_write(APIC_INT_LEVELTRIG | APIC_INT_ASSERT | APIC_DM_INIT,
			apic_id);
	msleep(20);
	if (startup->vector) {
		apic->icr_write(APIC_DM_STARTUP | startup->vector, apic_id);
		msleep(20);
	}

	return 0;
}
