// SPDX-License-Identifier: MIT OR GPL-2.0-only
#define pr_fmt(fmt) "redoubt: " fmt

#include <linux/cache.h>
#include <linux/errno.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <asm/cpufeature.h>
#include <asm/ibt.h>
#include <asm/io.h>
#include <asm/mshyperv.h>
#include <asm/nospec-branch.h>

#include "compat.h"
#include "hvcall/abi/tlfs_hypercall.h"
#include "vtl_call.h"

/* In the hypercall page. Written once, during load. */
static void *call_address __ro_after_init;
/*
 * RCX at the call. The control input, which is 0, for the VTL call's own entry;
 * the call code for the page's general entry.
 */
static u64 call_control __ro_after_init;

/**
 * vtl_call_set_address() - where VTL calls go from now on
 * @address: the VTL call's entry in the hypercall page
 *
 * With IBT an indirect call must land on an ENDBR64. The kernel leaves IBT on
 * only if the page begins with one, but nobody promises one at the VTL call's
 * entry; where it is missing, the page's general entry does the same (RAX = 0
 * is then the control input).
 */
void vtl_call_set_address(void *address)
{
	call_address = address;
	call_control = 0;

	if (cpu_feature_enabled(X86_FEATURE_IBT) && !is_endbr(*(u32 *)address)) {
		call_address = hv_hypercall_pg;
		call_control = TLFS_CALL_VTL_CALL;
	}
}

static int status_to_errno(u64 status)
{
	switch (status) {
	case VTL_STATUS_OK:
		return 0;
	case VTL_STATUS_UNKNOWN_CALL:
		return -EOPNOTSUPP;
	case VTL_STATUS_BAD_ARGUMENT:
		return -EINVAL;
	case VTL_STATUS_BAD_ADDRESS:
		return -EFAULT;
	case VTL_STATUS_REFUSED:
	case VTL_STATUS_TOO_LATE:
		return -EPERM;
	case VTL_STATUS_NO_MEMORY:
		return -ENOMEM;
	case VTL_STATUS_AGAIN:
		return -EAGAIN;
	case VTL_STATUS_NO_ENTROPY:
		return -ENODATA;
	case VTL_STATUS_FAILED:
		return -ESHUTDOWN;
	case VTL_STATUS_INTERNAL:
	default:
		return -EIO;
	}
}

/*
 * VTL1 gives back all registers but RAX and RCX, which the hypercall page
 * destroys, and the two results. It uses no vector registers.
 */
static void enter(struct vtl_call *call)
{
	register u64 r8 asm("r8") = call->argument[2];
	register u64 r9 asm("r9") = call->argument[3];
	register u64 r10 asm("r10") = call->argument[4];
	u64 rax = 0, rcx = call_control;

	asm volatile(CALL_NOSPEC
		     : ASM_CALL_CONSTRAINT, "+a"(rax), "+c"(rcx), "+r"(r8),
		       "+r"(r9)
		     : "D"(call->id), "S"(call->argument[0]),
		       "d"(call->argument[1]), "r"(r10),
		       THUNK_TARGET(call_address)
		     : "cc", "memory");

	call->status = r8;
	call->value = r9;
}

/**
 * vtl1_call() - call into VTL1 on this CPU and wait for its answer
 * @call: in: @id and @argument; out: @status and @value
 *
 * All VTL calls of this driver go through here.
 *
 * Context: Any but NMI. Preemption is off while VTL1 runs, since a VTL call
 * belongs to a virtual processor.
 * Return: 0, -ENODEV if VTL1 does not run, or what status_to_errno() makes of
 * the status.
 */
int vtl1_call(struct vtl_call *call)
{
	if (!call_address)
		return -ENODEV;

	scoped_guard(preempt)
		enter(call);

	return status_to_errno(call->status);
}

/**
 * vtl1_call_with_page() - a call whose first argument is a page
 * @id: one of VTL_CALL_*
 * @page: a whole page; nothing of a neighbour's lies in it
 * @argument: the second argument
 * @value: what the call returns, or NULL
 *
 * Return: as vtl1_call().
 */
int vtl1_call_with_page(u64 id, void *page, u64 argument, u64 *value)
{
	struct vtl_call call = {
		.id = id,
		.argument = { virt_to_phys(page), argument },
	};
	int error = vtl1_call(&call);

	if (value)
		*value = call.value;

	return error;
}
