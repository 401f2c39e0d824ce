/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CONFORMANCE_H
#define REDOUBT_CONFORMANCE_H

/*
 * The VTL0 half in user mode: starts VTL1's half if nobody has yet. Each result is named by its
 * item of Documentation/vsm-conformance.rst.
 */
#include "halves.h"

/* Without VTL1: by hypercall of VTL0; the status */
TAP_UNUSED static int get_register0(__u8 input_vtl, __u32 name, struct tlfs_register_value *value)
{
	struct tlfs_vp_registers_header *header = page(PAIR_PAGE_COUNT - 2);
	struct tlfs_register_value *output = page(PAIR_PAGE_COUNT - 1);
	struct answer answer;

	*header = (struct tlfs_vp_registers_header){ .partition_id = TLFS_PARTITION_SELF,
						     .vp_index = TLFS_VP_SELF,
						     .input_vtl = input_vtl };
	*(__u32 *)(header + 1) = name;
	answer = hypercall0(rep(TLFS_CALL_GET_VP_REGISTERS, 1, 0), page_gpa(PAIR_PAGE_COUNT - 2),
			    page_gpa(PAIR_PAGE_COUNT - 1));
	*value = *output;

	return answer.status;
}

#define VTL0_TARGET (TLFS_INPUT_VTL_USE_TARGET | 0)
#define VTL1_TARGET (TLFS_INPUT_VTL_USE_TARGET | 1)

TAP_UNUSED static __u64 vsm_register0(__u32 name)
{
	struct tlfs_register_value value;
	int status = get_register0(VTL0_TARGET, name, &value);

	if (status)
		bail_out("VSM register 0x%x: status 0x%x", name, status);

	return value.low;
}

TAP_UNUSED static bool is_partition_enabled(void)
{
	return vsm_register0(TLFS_REG_VSM_PARTITION_STATUS) >> 1 & 1;
}

TAP_UNUSED static bool offers_mbec(void)
{
	return vsm_register0(TLFS_REG_VSM_CAPABILITIES) >> (TLFS_VSM_MBEC_VTL_MASK_SHIFT + 1) & 1;
}

TAP_UNUSED static struct answer enable_partition0(__u64 partition, __u8 vtl, __u8 flags)
{
	struct tlfs_enable_partition_vtl *input = page(0);

	*input = (struct tlfs_enable_partition_vtl){ .partition_id = partition,
						     .target_vtl = vtl,
						     .flags = flags };

	return hypercall0(TLFS_CALL_ENABLE_PARTITION_VTL, page_gpa(0), 0);
}

TAP_UNUSED static struct answer enable_vp0(__u32 vp, __u8 vtl,
					   const struct tlfs_initial_vp_context *context)
{
	struct tlfs_enable_vp_vtl *input = page(0);

	*input = (struct tlfs_enable_vp_vtl){ .partition_id = TLFS_PARTITION_SELF,
					      .vp_index = vp,
					      .target_vtl = vtl,
					      .context = *context };

	return hypercall0(TLFS_CALL_ENABLE_VP_VTL, page_gpa(0), 0);
}

static void open_device(void)
{
	struct pair_pages pages;
	int error = load_module(module_path("redoubt_pair"));
	__u32 eax, ebx, ecx, edx;

	__cpuid(TLFS_CPUID_VENDOR, eax, ebx, ecx, edx);
	if (ebx != TLFS_VENDOR_EBX || ecx != TLFS_VENDOR_ECX || edx != TLFS_VENDOR_EDX)
		skip_all("no Hyper-V interface");
	if (access("/dev/redoubt", F_OK) == 0)
		skip_all("VTL1 is Redoubt's: boot without its driver");
	if (error && error != EEXIST)
		bail_out("redoubt_pair.ko: %s", strerror(error));
	pair_device = open("/dev/redoubt_pair", O_RDWR | O_CLOEXEC);
	if (pair_device < 0)
		bail_out("/dev/redoubt_pair: %s", strerror(errno));
	pair_must(PAIR_IOC_PAGES, &pages, "pages");
	pair_gpa = pages.gpa;
	pair_memory = mmap(NULL, PAIR_PAGE_COUNT * PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
			   MAP_SHARED, pair_device, (off_t)pair_gpa);
	if (pair_memory == MAP_FAILED)
		bail_out("pages: %s", strerror(errno));
	memset(pair_memory, 0, PAIR_PAGE_COUNT * PAGE_BYTES);
}

TAP_UNUSED static __u32 vp_index0(void)
{
	__u64 value;

	if (read_msr(TLFS_MSR_VP_INDEX, &value) != PAIR_NO_VECTOR)
		bail_out("no VP_INDEX");

	return (__u32)value;
}

TAP_UNUSED static void find_vtl_call(void)
{
	pair_call_offset = vsm_register0(TLFS_REG_VSM_CODE_PAGE_OFFSETS) & TLFS_VSM_CODE_OFFSET;
}

TAP_UNUSED static struct pair_prepare prepare(void)
{
	struct pair_prepare prepared = { .has_mbec = offers_mbec() };

	pair_must(PAIR_IOC_PREPARE, &prepared, "preparing VTL1");

	return prepared;
}

/* VTL1 on every other CPU: enabled by VTL1 on CPU 0, then called once from there. */
TAP_UNUSED static void start_others(void)
{
	unsigned int cpu;

	for (cpu = 1; cpu < cpu_count() && cpu < PAIR_CPU_MAX; cpu++) {
		__u32 index;

		pin_to_cpu(cpu);
		index = vp_index0();
		pin_to_cpu(0);
		if (vtl1(PAIR_ENABLE_VP, index, 0, 0, 0))
			bail_out("VTL1 cannot enable VP %u", index);
		pin_to_cpu(cpu);
		vtl1(PAIR_HELLO, 0, 0, 0, 0);
	}
	pin_to_cpu(0);
}

/* To be called first; afterwards the caller runs on CPU 0, and VTL1 on every CPU. */
TAP_UNUSED static void conformance_open(void)
{
	unsigned int cpu;

	open_device();
	pin_to_cpu(0);
	find_vtl_call();
	if (!is_partition_enabled()) {
		struct pair_prepare prepared = prepare();
		__u8 flags = prepared.has_mbec ? TLFS_ENABLE_PARTITION_VTL_MBEC : 0;

		if (enable_partition0(TLFS_PARTITION_SELF, 1, flags).status ||
		    enable_vp0(TLFS_VP_SELF, 1, &prepared.context).status)
			bail_out("VTL1 cannot be enabled");
		vtl1(PAIR_HELLO, 0, 0, 0, 0);
		start_others();
	}
	for (cpu = 0; cpu < cpu_count() && cpu < PAIR_CPU_MAX; cpu++) {
		pin_to_cpu(cpu);
		vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	}
	pin_to_cpu(0);
}

/* All test pages open, nothing asked of VTL1 any more, VTL0 unharmed. To be returned from main. */
TAP_UNUSED static int conformance_end(void)
{
	const char *trouble;

	pin_to_cpu(0);
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	check_equal(protect1(pair_gpa, PAIR_PAGE_COUNT, TLFS_PROTECT_ALL), 0, "all pages are open again");
	trouble = trouble_in(kernel_log());
	check(!trouble, "VTL0's kernel has nothing to complain about");
	if (trouble)
		note("%s", trouble);

	return tap_end();
}

#endif
