// SPDX-License-Identifier: MIT OR GPL-2.0-only
#define pr_fmt(fmt) "redoubt: " fmt

#include <linux/gfp.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <asm/cpufeature.h>
#include <asm/mshyperv.h>
#include <asm/processor.h>

#include "compat.h"
#include "hvcall/abi/tlfs_cpuid.h"
#include "hvcall/abi/tlfs_register.h"
#include "vsm.h"

/*
 * Input and output of every hypercall made here: whole pages of ordinary RAM,
 * so neither an overlay page nor a neighbour of somebody else's data, used with
 * interrupts off. The kernel's own per-CPU pages are left to the kernel.
 */
static DEFINE_SPINLOCK(buffer_lock);
static void *input_page;
static void *output_page;

int vsm_init(void)
{
	input_page = (void *)get_zeroed_page(GFP_KERNEL);
	output_page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!input_page || !output_page) {
		vsm_exit();
		return -ENOMEM;
	}

	return 0;
}

void vsm_exit(void)
{
	free_page((unsigned long)input_page);
	free_page((unsigned long)output_page);
	input_page = NULL;
	output_page = NULL;
}

/*
 * Returns the TLFS status, or -1 if there was no hypercall page. With a repeat
 * count of 1 all is done when the status is 0; a hypervisor that stops early
 * continues by itself (TLFS, "Hypercall Continuation").
 */
static int hypercall(u64 control, const void *input, size_t input_bytes,
		     void *output, size_t output_bytes)
{
	u64 result;

	guard(spinlock_irqsave)(&buffer_lock);

	memset(input_page, 0, PAGE_SIZE);
	memcpy(input_page, input, input_bytes);
	memset(output_page, 0, PAGE_SIZE);

	result = hv_do_hypercall(control, input_page,
				 output ? output_page : NULL);
	if (result == U64_MAX)
		return -1;
	if (output)
		memcpy(output, output_page, output_bytes);

	return result & TLFS_RESULT_STATUS;
}

/* A VSM register of the VP on which this runs, as VTL0 has it */
static int get_register(u32 name, u64 *value)
{
	struct {
		struct tlfs_vp_registers_header header;
		u32 name;
	} __packed input = {
		.header = {
			.partition_id = TLFS_PARTITION_SELF,
			.vp_index = TLFS_VP_SELF,
			.input_vtl = TLFS_INPUT_VTL_USE_TARGET,
		},
		.name = name,
	};
	struct tlfs_register_value output = {};
	u64 control = TLFS_CALL_GET_VP_REGISTERS |
		      1ull << TLFS_CALL_REP_COUNT_SHIFT;
	int status;

	status = hypercall(control, &input, sizeof(input), &output,
			   sizeof(output));
	*value = output.low;

	return status;
}

static bool is_microsoft_interface(void)
{
	u32 eax, ebx, ecx, edx;

	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR))
		return false;

	cpuid(TLFS_CPUID_VENDOR, &eax, &ebx, &ecx, &edx);

	return ebx == TLFS_VENDOR_EBX && ecx == TLFS_VENDOR_ECX &&
	       edx == TLFS_VENDOR_EDX && eax >= TLFS_CPUID_LIMITS;
}

static const char *missing_feature(void)
{
	u32 eax, ebx, ecx, edx;
	u64 status;

	if (!is_microsoft_interface())
		return "no hypervisor with Hyper-V's interface below";

	cpuid(TLFS_CPUID_FEATURES, &eax, &ebx, &ecx, &edx);
	if (!(eax & TLFS_ACCESS_SYNIC_REGS))
		return "the hypervisor gives no access to SynIC registers";
	if (!(ebx & TLFS_ACCESS_VSM))
		return "the hypervisor gives no access to VSM";
	if (!(ebx & TLFS_ACCESS_VP_REGISTERS))
		return "the hypervisor gives no access to VP registers";
	if (!hv_is_hyperv_initialized())
		return "this kernel has not set up the hypercall page";
	if (get_register(TLFS_REG_VSM_PARTITION_STATUS, &status))
		return "the hypervisor does not tell the VSM status";
	if (((status >> TLFS_VSM_MAXIMUM_VTL_SHIFT) & 0xf) < 1)
		return "the hypervisor offers no VTL1";

	return NULL;
}

/**
 * vsm_detect() - is there a hypervisor that can run VTL1, and is VTL1 free?
 *
 * Return: 0; -ENODEV if not, -EBUSY if VTL1 is in use already. One line has
 * been printed then.
 */
int vsm_detect(void)
{
	const char *missing = missing_feature();
	u64 status = 0;

	if (missing) {
		pr_err("not loaded: %s\n", missing);
		return -ENODEV;
	}

	get_register(TLFS_REG_VSM_PARTITION_STATUS, &status);
	if (status & TLFS_VSM_ENABLED_VTL_SET & BIT(1)) {
		pr_err("not loaded: VTL1 has been taken already\n");
		return -EBUSY;
	}

	return 0;
}

/* What CPUID says of the hypervisor. For people: nothing depends on it. */
void vsm_hypervisor(struct vsm_hypervisor *hypervisor)
{
	u32 *version = hypervisor->version;
	u32 vendor[3], highest;

	memset(hypervisor, 0, sizeof(*hypervisor));
	cpuid(TLFS_CPUID_VENDOR, &highest, &vendor[0], &vendor[1], &vendor[2]);
	memcpy(hypervisor->name, vendor, sizeof(vendor));
	cpuid(TLFS_CPUID_VERSION, &version[0], &version[1], &version[2],
	      &version[3]);
}

/* MBEC is used where it is offered, and not missed where it is not. */
bool vsm_can_use_mbec(void)
{
	u64 capabilities;

	if (get_register(TLFS_REG_VSM_CAPABILITIES, &capabilities))
		return false;

	return capabilities >> TLFS_VSM_MBEC_VTL_MASK_SHIFT & BIT(1);
}

static bool is_partition_ready(bool with_mbec)
{
	u64 wanted = BIT(1), status;

	if (with_mbec)
		wanted |= BIT_ULL(TLFS_VSM_MBEC_ENABLED_SET_SHIFT + 1);
	if (get_register(TLFS_REG_VSM_PARTITION_STATUS, &status))
		return false;

	return (status & wanted) == wanted;
}

/**
 * vsm_enable_partition_vtl1() - HvCallEnablePartitionVtl for VTL1
 * @with_mbec: separate execute rights for user and kernel; vsm_can_use_mbec()
 *
 * It cannot be taken back.
 *
 * Return: 0; -EBUSY if somebody has done it before, -EIO on any other failure.
 * One line has been printed then.
 */
int vsm_enable_partition_vtl1(bool with_mbec)
{
	struct tlfs_enable_partition_vtl input = {
		.partition_id = TLFS_PARTITION_SELF,
		.target_vtl = 1,
		.flags = with_mbec ? TLFS_ENABLE_PARTITION_VTL_MBEC : 0,
	};
	int status;

	status = hypercall(TLFS_CALL_ENABLE_PARTITION_VTL, &input,
			   sizeof(input), NULL, 0);
	if (status == TLFS_STATUS_INVALID_VTL_STATE) {
		pr_err("not loaded: VTL1 has been taken already\n");
		return -EBUSY;
	}
	if (status) {
		pr_err("not loaded: the hypervisor refused VTL1 (status 0x%x)\n",
		       status);
		return -EIO;
	}
	if (!is_partition_ready(with_mbec)) {
		pr_err("not loaded: the hypervisor accepted VTL1%s, but it is not enabled\n",
		       with_mbec ? " with MBEC" : "");
		return -EIO;
	}

	return 0;
}

/**
 * vsm_enable_vp_vtl1() - HvCallEnableVpVtl on the VP on which this runs
 * @context: where VTL1 begins when it is first entered
 *
 * Only the first VP is enabled from VTL0; VTL1 enables the others.
 *
 * Context: Pinned to a CPU.
 * Return: 0, or -EIO and one line has been printed; VTL1 will not run then.
 */
int vsm_enable_vp_vtl1(const struct tlfs_initial_vp_context *context)
{
	struct tlfs_enable_vp_vtl input = {
		.partition_id = TLFS_PARTITION_SELF,
		.vp_index = TLFS_VP_SELF,
		.target_vtl = 1,
		.context = *context,
	};
	int status;

	status = hypercall(TLFS_CALL_ENABLE_VP_VTL, &input, sizeof(input),
			   NULL, 0);
	if (status) {
		pr_err("not loaded: the hypervisor refused VTL1's first context (status 0x%x)\n",
		       status);
		return -EIO;
	}

	return 0;
}

/**
 * vsm_vp_index_of() - HvCallGetVpIndexFromApicId
 * @apic_id: of a CPU that the kernel may never have started
 * @vp_index: out
 *
 * Return: 0, or -ENXIO.
 */
int vsm_vp_index_of(u32 apic_id, u32 *vp_index)
{
	struct {
		struct tlfs_vp_index_from_apic_id header;
		u32 apic_id;
	} __packed input = {
		.header = { .partition_id = TLFS_PARTITION_SELF },
		.apic_id = apic_id,
	};
	u64 control = TLFS_CALL_GET_VP_INDEX_FROM_APIC_ID |
		      1ull << TLFS_CALL_REP_COUNT_SHIFT;

	if (hypercall(control, &input, sizeof(input), vp_index,
		      sizeof(*vp_index)))
		return -ENXIO;

	return 0;
}

/* Context: Pinned to a CPU. */
bool vsm_is_vp_in_vtl1(void)
{
	u64 status;

	if (get_register(TLFS_REG_VSM_VP_STATUS, &status))
		return false;

	return status & BIT(TLFS_VSM_VP_ENABLED_SET_SHIFT + 1);
}

/* Where to call for a VTL call, or NULL if the hypervisor does not tell */
void *vsm_vtl_call_address(void)
{
	u64 offsets;

	if (get_register(TLFS_REG_VSM_CODE_PAGE_OFFSETS, &offsets))
		return NULL;

	return hv_hypercall_pg + (offsets & TLFS_VSM_CODE_OFFSET);
}
