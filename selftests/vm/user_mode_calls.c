// SPDX-License-Identifier: MIT

/* Calls from user mode are invalid instructions, whatever is in the registers. */

#include <setjmp.h>
#include <signal.h>

#include "hvcall/abi/tlfs_hypercall.h"
#include "vtl0.h"

static sigjmp_buf back;

static void on_signal(int number)
{
	siglongjmp(back, number);
}

static void vmmcall(__u64 control)
{
	__u64 rax = 0;

	asm volatile("vmmcall" : "+a"(rax) : "c"(control), "d"(0ull) : "memory");
}

static void vmcall(__u64 control)
{
	__u64 rax = 0;

	asm volatile("vmcall" : "+a"(rax) : "c"(control), "d"(0ull) : "memory");
}

static int signal_of(void (*instruction)(__u64), __u64 control)
{
	int number = sigsetjmp(back, 1);

	if (number == 0)
		instruction(control);

	return number;
}

int main(void)
{
	static const struct {
		const char *name;
		__u64 control;
	} calls[] = {
		{ "a VTL call", TLFS_CALL_VTL_CALL },
		{ "a VTL return", TLFS_CALL_VTL_RETURN },
		{ "a hypercall", TLFS_CALL_NOTIFY_LONG_SPIN_WAIT | TLFS_CALL_FAST },
		{ "an unknown hypercall", 0xffff },
		{ "one with all bits", ~0ull },
	};
	__u64 calls_before = redoubt_status().vtl1.calls;
	size_t i;

	signal(SIGILL, on_signal);
	signal(SIGSEGV, on_signal);
	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		check_equal(signal_of(vmmcall, calls[i].control), SIGILL,
			    "%s from user mode is SIGILL", calls[i].name);
	check_equal(signal_of(vmcall, TLFS_CALL_VTL_CALL), SIGILL,
		    "so is the other maker's instruction");
	check_equal(redoubt_status().vtl1.calls, calls_before + 1,
		    "none of them has reached VTL1");

	return tap_end();
}
