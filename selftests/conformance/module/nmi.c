// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/nmi.h>
#include <linux/sched.h>
#include <asm/apic.h>
#include <asm/nmi.h>

#include "pair.h"

static atomic_t sent, handled, unasked;

static int on_nmi(unsigned int type, struct pt_regs *regs)
{
	if (atomic_read(&handled) == atomic_read(&sent)) {
		atomic_inc(&unasked);
		return NMI_DONE;
	}
	atomic_inc(&handled);

	return NMI_HANDLED;
}

int pair_nmi(struct pair_nmi *nmi)
{
	unsigned long deadline;
	u32 i;

	if (nmi->cpu >= nr_cpu_ids || !cpu_online(nmi->cpu))
		return -ENXIO;
	if (nmi->count == 0) {
		apic->send_IPI(nmi->cpu, NMI_VECTOR);
		return 0;
	}

	atomic_set(&handled, 0);
	atomic_set(&unasked, 0);
	atomic_set(&sent, 0);
	for (i = 0; i < nmi->count; i++) {
		atomic_inc(&sent);
		deadline = jiffies + 30 * HZ;
		apic->send_IPI(nmi->cpu, NMI_VECTOR);
		while (atomic_read(&handled) != atomic_read(&sent)) {
			if (time_after(jiffies, deadline))
				goto out;
			cond_resched();
		}
	}
out:
	nmi->handled = atomic_read(&handled);
	nmi->unasked = atomic_read(&unasked);

	return 0;
}

int pair_nmi_init(void)
{
	return register_nmi_handler(NMI_LOCAL, on_nmi, 0, "redoubt_pair");
}
