/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_ABI_KERNEL_HEADERS_H
#define REDOUBT_ABI_KERNEL_HEADERS_H

/*
 * Our numbers and layouts of TLFS against a second source: the Hyper-V headers of the kernel this
 * is compiled for. Nothing is executed: if it compiles, they agree. The older kernel lacks some.
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/version.h>
#include <asm/hyperv-tlfs.h>
#include <asm/mshyperv.h>

#include "hvcall/abi/tlfs_cpuid.h"
#include "hvcall/abi/tlfs_hypercall.h"
#include "hvcall/abi/tlfs_msr.h"
#include "hvcall/abi/tlfs_register.h"
#include "hvcall/abi/tlfs_vsm.h"

#define SAME(ours, theirs) static_assert((ours) == (theirs))
#define SAME_SIZE(ours, theirs) static_assert(sizeof(struct ours) == sizeof(struct theirs))
#define SAME_OFFSET(ours, our_field, theirs, their_field) \
	static_assert(offsetof(struct ours, our_field) == offsetof(struct theirs, their_field))

/* CPUID */
SAME(TLFS_CPUID_VENDOR, HYPERV_CPUID_VENDOR_AND_MAX_FUNCTIONS);
SAME(TLFS_CPUID_INTERFACE, HYPERV_CPUID_INTERFACE);
SAME(TLFS_CPUID_VERSION, HYPERV_CPUID_VERSION);
SAME(TLFS_CPUID_FEATURES, HYPERV_CPUID_FEATURES);
SAME(TLFS_CPUID_HINTS, HYPERV_CPUID_ENLIGHTMENT_INFO);
SAME(TLFS_CPUID_LIMITS, HYPERV_CPUID_IMPLEMENT_LIMITS);
SAME(TLFS_ACCESS_REFERENCE_COUNTER, HV_MSR_TIME_REF_COUNT_AVAILABLE);
SAME(TLFS_ACCESS_SYNIC_REGS, HV_MSR_SYNIC_AVAILABLE);
SAME(TLFS_ACCESS_INTR_CTRL_REGS, HV_MSR_APIC_ACCESS_AVAILABLE);
SAME(TLFS_ACCESS_HYPERCALL_MSRS, HV_MSR_HYPERCALL_AVAILABLE);
SAME(TLFS_ACCESS_VP_INDEX, HV_MSR_VP_INDEX_AVAILABLE);
SAME(TLFS_ACCESS_REFERENCE_TSC, HV_MSR_REFERENCE_TSC_AVAILABLE);
SAME(TLFS_ACCESS_FREQUENCY_REGS, HV_ACCESS_FREQUENCY_MSRS);
SAME(TLFS_ACCESS_TSC_INVARIANT, HV_ACCESS_TSC_INVARIANT);
SAME(TLFS_FREQUENCY_MSRS_AVAILABLE, HV_FEATURE_FREQUENCY_MSRS_AVAILABLE);
SAME(TLFS_CRASH_MSRS_AVAILABLE, HV_FEATURE_GUEST_CRASH_MSR_AVAILABLE);
SAME(TLFS_HINT_RELAXED_TIMING, HV_X64_RELAXED_TIMING_RECOMMENDED);

/* Hypercalls */
SAME(TLFS_CALL_FAST, HV_HYPERCALL_FAST_BIT);
SAME(TLFS_CALL_VARIABLE_HEADER_SHIFT, HV_HYPERCALL_VARHEAD_OFFSET);
SAME(TLFS_CALL_REP_COUNT_SHIFT, HV_HYPERCALL_REP_COMP_OFFSET);
SAME(TLFS_CALL_REP_MAX << TLFS_CALL_REP_COUNT_SHIFT, HV_HYPERCALL_REP_COMP_MASK);
SAME(TLFS_CALL_REP_START_SHIFT, HV_HYPERCALL_REP_START_OFFSET);
SAME(TLFS_CALL_REP_MAX << TLFS_CALL_REP_START_SHIFT, HV_HYPERCALL_REP_START_MASK);
SAME(TLFS_RESULT_STATUS, HV_HYPERCALL_RESULT_MASK);
SAME(TLFS_RESULT_REPS_SHIFT, HV_HYPERCALL_REP_COMP_OFFSET);
#ifdef HV_HYPERCALL_NESTED
SAME(TLFS_CALL_NESTED, HV_HYPERCALL_NESTED);
#endif
#ifdef HV_HYPERCALL_VARHEAD_MASK
SAME(TLFS_CALL_VARIABLE_HEADER_MAX << TLFS_CALL_VARIABLE_HEADER_SHIFT, HV_HYPERCALL_VARHEAD_MASK);
#endif
#ifdef HV_HYPERCALL_RSVD_MASK
SAME(TLFS_CALL_RESERVED | TLFS_CALL_NESTED, HV_HYPERCALL_RSVD_MASK);
#endif
SAME(TLFS_CALL_NOTIFY_LONG_SPIN_WAIT, HVCALL_NOTIFY_LONG_SPIN_WAIT);
SAME(TLFS_CALL_GET_VP_REGISTERS, HVCALL_GET_VP_REGISTERS);
SAME(TLFS_CALL_SET_VP_REGISTERS, HVCALL_SET_VP_REGISTERS);
#ifdef HVCALL_ENABLE_VP_VTL
SAME(TLFS_CALL_ENABLE_VP_VTL, HVCALL_ENABLE_VP_VTL);
#endif
#ifdef HVCALL_START_VP
SAME(TLFS_CALL_START_VIRTUAL_PROCESSOR, HVCALL_START_VP);
#endif
#ifdef HVCALL_GET_VP_ID_FROM_APIC_ID
SAME(TLFS_CALL_GET_VP_INDEX_FROM_APIC_ID, HVCALL_GET_VP_ID_FROM_APIC_ID);
#endif
SAME(TLFS_STATUS_SUCCESS, HV_STATUS_SUCCESS);
SAME(TLFS_STATUS_INVALID_HYPERCALL_CODE, HV_STATUS_INVALID_HYPERCALL_CODE);
SAME(TLFS_STATUS_INVALID_HYPERCALL_INPUT, HV_STATUS_INVALID_HYPERCALL_INPUT);
SAME(TLFS_STATUS_INVALID_ALIGNMENT, HV_STATUS_INVALID_ALIGNMENT);
SAME(TLFS_STATUS_INVALID_PARAMETER, HV_STATUS_INVALID_PARAMETER);
SAME(TLFS_STATUS_ACCESS_DENIED, HV_STATUS_ACCESS_DENIED);
SAME(TLFS_STATUS_OPERATION_DENIED, HV_STATUS_OPERATION_DENIED);
SAME(TLFS_STATUS_INSUFFICIENT_MEMORY, HV_STATUS_INSUFFICIENT_MEMORY);
#ifdef HV_STATUS_VTL_ALREADY_ENABLED
SAME(TLFS_STATUS_VTL_ALREADY_ENABLED, HV_STATUS_VTL_ALREADY_ENABLED);
#endif
#ifdef HV_PARTITION_ID_SELF
SAME(TLFS_PARTITION_SELF, HV_PARTITION_ID_SELF);
#endif
#ifdef HV_VP_INDEX_SELF
SAME(TLFS_VP_SELF, HV_VP_INDEX_SELF);
#endif

/* Synthetic MSRs */
SAME(TLFS_MSR_GUEST_OS_ID, HV_X64_MSR_GUEST_OS_ID);
SAME(TLFS_MSR_HYPERCALL, HV_X64_MSR_HYPERCALL);
SAME(TLFS_MSR_TSC_FREQUENCY, HV_X64_MSR_TSC_FREQUENCY);
SAME(TLFS_MSR_APIC_FREQUENCY, HV_X64_MSR_APIC_FREQUENCY);
SAME(TLFS_MSR_EOI, HV_X64_MSR_EOI);
SAME(TLFS_MSR_ICR, HV_X64_MSR_ICR);
SAME(TLFS_MSR_TPR, HV_X64_MSR_TPR);
SAME(TLFS_MSR_VP_ASSIST_PAGE, HV_X64_MSR_VP_ASSIST_PAGE);
SAME(TLFS_MSR_TSC_INVARIANT_CONTROL, HV_X64_MSR_TSC_INVARIANT_CONTROL);
SAME(TLFS_PAGE_MSR_ENABLE, HV_X64_MSR_HYPERCALL_ENABLE);
SAME(TLFS_PAGE_MSR_ADDRESS, HV_X64_MSR_HYPERCALL_PAGE_ADDRESS_MASK);
#ifdef HV_X64_MSR_SCONTROL
SAME(TLFS_MSR_VP_INDEX, HV_X64_MSR_VP_INDEX);
SAME(TLFS_MSR_TIME_REF_COUNT, HV_X64_MSR_TIME_REF_COUNT);
SAME(TLFS_MSR_REFERENCE_TSC, HV_X64_MSR_REFERENCE_TSC);
SAME(TLFS_MSR_SCONTROL, HV_X64_MSR_SCONTROL);
SAME(TLFS_MSR_SVERSION, HV_X64_MSR_SVERSION);
SAME(TLFS_MSR_SIEFP, HV_X64_MSR_SIEFP);
SAME(TLFS_MSR_SIMP, HV_X64_MSR_SIMP);
SAME(TLFS_MSR_EOM, HV_X64_MSR_EOM);
SAME(TLFS_MSR_SINT0, HV_X64_MSR_SINT0);
SAME(TLFS_MSR_SINT15, HV_X64_MSR_SINT15);
SAME(TLFS_MSR_CRASH_P0, HV_X64_MSR_CRASH_P0);
SAME(TLFS_MSR_CRASH_P4, HV_X64_MSR_CRASH_P4);
SAME(TLFS_MSR_CRASH_CTL, HV_X64_MSR_CRASH_CTL);
#else
SAME(TLFS_MSR_VP_INDEX, HV_REGISTER_VP_INDEX);
SAME(TLFS_MSR_TIME_REF_COUNT, HV_REGISTER_TIME_REF_COUNT);
SAME(TLFS_MSR_REFERENCE_TSC, HV_REGISTER_REFERENCE_TSC);
SAME(TLFS_MSR_SCONTROL, HV_REGISTER_SCONTROL);
SAME(TLFS_MSR_SIEFP, HV_REGISTER_SIEFP);
SAME(TLFS_MSR_SIMP, HV_REGISTER_SIMP);
SAME(TLFS_MSR_EOM, HV_REGISTER_EOM);
SAME(TLFS_MSR_SINT0, HV_REGISTER_SINT0);
SAME(TLFS_MSR_CRASH_P0, HV_REGISTER_CRASH_P0);
SAME(TLFS_MSR_CRASH_CTL, HV_REGISTER_CRASH_CTL);
#endif
SAME(TLFS_SINT_VECTOR, HV_SYNIC_SINT_VECTOR_MASK);
SAME(TLFS_SINT_MASKED, HV_SYNIC_SINT_MASKED);
SAME(TLFS_SINT_AUTO_EOI, HV_SYNIC_SINT_AUTO_EOI);
SAME(TLFS_CRASH_NOTIFY, HV_CRASH_CTL_CRASH_NOTIFY);
SAME(TLFS_CRASH_MESSAGE, HV_CRASH_CTL_CRASH_NOTIFY_MSG);
SAME_SIZE(tlfs_reference_tsc_page, ms_hyperv_tsc_page);
SAME_OFFSET(tlfs_reference_tsc_page, scale, ms_hyperv_tsc_page, tsc_scale);
SAME_OFFSET(tlfs_reference_tsc_page, offset, ms_hyperv_tsc_page, tsc_offset);

/* VP registers; the older kernel gives these names to the MSRs */
#ifdef HV_X64_REGISTER_VSM_VP_STATUS
SAME(TLFS_REG_VSM_VP_STATUS, HV_X64_REGISTER_VSM_VP_STATUS);
SAME(TLFS_REG_GUEST_OS_ID, HV_REGISTER_GUEST_OS_ID);
SAME(TLFS_REG_VP_INDEX, HV_REGISTER_VP_INDEX);
SAME(TLFS_REG_REFERENCE_TSC, HV_REGISTER_REFERENCE_TSC);
SAME(TLFS_REG_SINT0, HV_REGISTER_SINT0);
SAME(TLFS_REG_SCONTROL, HV_REGISTER_SCONTROL);
SAME(TLFS_REG_SIEFP, HV_REGISTER_SIEFP);
SAME(TLFS_REG_SIMP, HV_REGISTER_SIMP);
#endif
SAME_SIZE(tlfs_vp_registers_header, hv_get_vp_registers_input);
SAME_OFFSET(tlfs_vp_registers_header, vp_index, hv_get_vp_registers_input, header.vpindex);
SAME_OFFSET(tlfs_vp_registers_header, input_vtl, hv_get_vp_registers_input, header.inputvtl);
SAME_SIZE(tlfs_register_value, hv_get_vp_registers_output);

/* VTLs */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
SAME_SIZE(tlfs_segment_register, hv_x64_segment_register);
SAME_OFFSET(tlfs_segment_register, limit, hv_x64_segment_register, limit);
SAME_OFFSET(tlfs_segment_register, selector, hv_x64_segment_register, selector);
SAME_OFFSET(tlfs_segment_register, attributes, hv_x64_segment_register, attributes);
SAME_SIZE(tlfs_table_register, hv_x64_table_register);
SAME_OFFSET(tlfs_table_register, limit, hv_x64_table_register, limit);
SAME_OFFSET(tlfs_table_register, base, hv_x64_table_register, base);
SAME_SIZE(tlfs_initial_vp_context, hv_init_vp_context);
SAME_OFFSET(tlfs_initial_vp_context, cs, hv_init_vp_context, cs);
SAME_OFFSET(tlfs_initial_vp_context, ss, hv_init_vp_context, ss);
SAME_OFFSET(tlfs_initial_vp_context, tr, hv_init_vp_context, tr);
SAME_OFFSET(tlfs_initial_vp_context, ldtr, hv_init_vp_context, ldtr);
SAME_OFFSET(tlfs_initial_vp_context, idtr, hv_init_vp_context, idtr);
SAME_OFFSET(tlfs_initial_vp_context, gdtr, hv_init_vp_context, gdtr);
SAME_OFFSET(tlfs_initial_vp_context, efer, hv_init_vp_context, efer);
SAME_OFFSET(tlfs_initial_vp_context, cr0, hv_init_vp_context, cr0);
SAME_OFFSET(tlfs_initial_vp_context, cr3, hv_init_vp_context, cr3);
SAME_OFFSET(tlfs_initial_vp_context, cr4, hv_init_vp_context, cr4);
SAME_OFFSET(tlfs_initial_vp_context, pat, hv_init_vp_context, msr_cr_pat);
SAME_SIZE(tlfs_enable_vp_vtl, hv_enable_vp_vtl);
SAME_OFFSET(tlfs_enable_vp_vtl, vp_index, hv_enable_vp_vtl, vp_index);
SAME_OFFSET(tlfs_enable_vp_vtl, target_vtl, hv_enable_vp_vtl, target_vtl);
SAME_OFFSET(tlfs_enable_vp_vtl, context, hv_enable_vp_vtl, vp_context);
SAME_SIZE(tlfs_vp_index_from_apic_id, hv_get_vp_from_apic_id_in);
SAME_OFFSET(tlfs_vp_index_from_apic_id, target_vtl, hv_get_vp_from_apic_id_in, target_vtl);
SAME_OFFSET(tlfs_vp_assist, vtl_entry_reason, hv_vp_assist_page, vtl_entry_reason);
SAME_OFFSET(tlfs_vp_assist, vtl_return_rax, hv_vp_assist_page, vtl_ret_x64rax);
SAME_OFFSET(tlfs_vp_assist, vtl_return_rcx, hv_vp_assist_page, vtl_ret_x64rcx);
#endif

/* Messages */
SAME_SIZE(tlfs_message_header, hv_message_header);
SAME_OFFSET(tlfs_message_header, payload_bytes, hv_message_header, payload_size);
SAME_OFFSET(tlfs_message_header, flags, hv_message_header, message_flags);
SAME_OFFSET(tlfs_message_header, sender, hv_message_header, sender);
SAME_SIZE(tlfs_message, hv_message);
SAME(TLFS_MESSAGE_NONE, HVMSG_NONE);
SAME(TLFS_MESSAGE_GPA_INTERCEPT, HVMSG_GPA_INTERCEPT);
SAME(TLFS_MESSAGE_X64_MSR_INTERCEPT, HVMSG_X64_MSR_INTERCEPT);
SAME(TLFS_MESSAGE_PAYLOAD_BYTES, HV_MESSAGE_PAYLOAD_BYTE_COUNT);

#undef SAME
#undef SAME_SIZE
#undef SAME_OFFSET

#endif
