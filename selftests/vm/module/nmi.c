// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/nmi.h>
#include <linux/sched.h>
#include <asm/apic.h>
#include <asm/nmi.h>

#include "redoubt_test.h"

static atomic_t sent, handled;

static int on_nmi(unsigned int type, struct pt_regs *regs)
{
	if (atomic_read(&handled) == atomic_read(&sent))
		return NMI_DONE;
	atomic_inc(&handled);

	return NMI_HANDLED;
}

int test_nmi(struct test_nmi *nmi)
{
	unsigned long deadline = jiffies + 10 * HZ;
	u32 i;

	if (nmi->cpu >= nr_cpu_ids || !cpu_online(nmi->cpu))
		return -ENXIO;

	atomic_set(&handled, 0);
	atomic_set(&sent, 0);
	for (i = 0; i < nmi->count; i++) {
		atomic_inc(&sent);
		apic->send_IPI(nmi->cpu, NMI_VECTOR);
		while (atomic_read(&handled) != atomic_read(&sent)) {
			if (time_after(jiffies, deadline))
				goto out;
			cond_resched();
		}
	}
out:
	nmi->handled = atomic_read(&handled);

	return 0;
}

int test_nmi_init(void)
{
	return register_nmi_handler(NMI_LOCAL, on_nmi, 0, "redoubt_test");
}

void test_nmi_exit(void)
{
	unregister_nmi_handler(NMI_LOCAL, "redoubt_test");
}
