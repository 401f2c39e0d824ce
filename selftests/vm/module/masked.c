// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/delay.h>
#include <linux/irqflags.h>

#include "redoubt_test.h"

int test_masked(struct test_masked *masked)
{
	unsigned long flags;

	if (masked->wait_us > TEST_MASKED_US_MAX)
		return -EINVAL;
	masked->first.rflags &= ~TEST_FLAGS_IF;
	masked->second.rflags &= ~TEST_FLAGS_IF;

	local_irq_save(flags);
	masked->fault = test_vmmcall(&masked->first);
	if (masked->fault == TEST_NO_FAULT) {
		mdelay(masked->wait_us / 1000);
		masked->fault = test_vmmcall(&masked->second);
	}
	local_irq_restore(flags);

	return 0;
}
