// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/percpu.h>
#include <asm/apic.h>
#include <asm/smp.h>

#include "redoubt_test.h"

/*
 * INIT and a start-up IPI, as the kernel sends them, but at any vector. A CPU
 * that the kernel does not know has its number as its APIC id.
 */
int test_startup(struct test_startup *startup)
{
	u32 apic_id = startup->cpu;

	if (startup->cpu == 0 || startup->vector > 0xff)
		return -ENXIO;
	if (startup->cpu < nr_cpu_ids && cpu_present(startup->cpu)) {
		if (cpu_online(startup->cpu))
			return -EBUSY;
		apic_id = per_cpu(x86_cpu_to_apicid, startup->cpu);
	}

	apic->icr_write(APIC_INT_LEVELTRIG | APIC_INT_ASSERT | APIC_DM_INIT,
			apic_id);
	msleep(20);
	apic->icr_write(APIC_DM_STARTUP | startup->vector, apic_id);
	msleep(20);

	return 0;
}
