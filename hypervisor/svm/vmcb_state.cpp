// SPDX-License-Identifier: MIT
#include "hypervisor/svm/vmcb_state.h"

#include <cstring>

#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/permission_map.h"
#include "hypervisor/tlfs/partition.h"
#include "hypervisor/tlfs/register_map.h"
#include "hypervisor/tlfs/segment.h"

namespace hypervisor {

namespace {

constexpr u64 pat_reset = 0x0007'0406'0007'0406;  // AMD APM vol. 2, 7.8.2
constexpr u64 dr6_reset = 0xffff'0ff0;
constexpr u64 dr7_reset = 0x400;

VmcbSegment to_vmcb(const tlfs_segment_register& segment) {
    return {segment.selector, vmcb_attributes_of_tlfs(segment.attributes), segment.limit,
            segment.base};
}

VmcbSegment to_vmcb(const tlfs_table_register& table) {
    return {0, 0, table.limit, table.base};
}

u64 physical_limit() {
    return u64{1} << (cpuid(0x8000'0008).eax & 0xff);
}

}  // namespace

void initialise_vmcbs(Vp& vp) {
    vp.flush_requested.store(true);
    use_permission_maps(vp);
    for (const Vtl which : {Vtl::Vtl0, Vtl::Vtl1}) {
        vp.of(which).synic.reset();
        Vmcb& vmcb = vp.of(which).vmcb;
        vmcb.intercept_misc1 = intercept_nmi | intercept_smi | intercept_cpuid | intercept_invlpga |
                               intercept_io | intercept_msr | intercept_shutdown;
        vmcb.intercept_misc2 = intercept_svm_instructions;
        vmcb.guest_asid = 1 + static_cast<u32>(which);
        vmcb.nested_control = nested_paging_enable;
        vmcb.nested_cr3 = nested_roots.vtl[static_cast<usize>(which)];
        vmcb.guest_pat = pat_reset;
        // While VTL1 runs, interrupts of the machine wait for VTL0: with this bit set the host's
        // IF, which is 0, masks them.
        vmcb.interrupt_control = which == Vtl::Vtl1 ? virtual_interrupt_masking : 0;
    }
}

void set_real_mode_state(Vmcb& vmcb, u8 vector) {
    const VmcbSegment data{0, 0x93, 0xffff, 0};
    vmcb.cs = {static_cast<u16>(vector << 8), 0x9b, 0xffff, u64{vector} << 12};
    vmcb.ds = vmcb.es = vmcb.ss = vmcb.fs = vmcb.gs = data;
    vmcb.gdtr = vmcb.idtr = {0, 0, 0xffff, 0};
    vmcb.ldtr = {0, 0x82, 0xffff, 0};
    vmcb.tr = {0, 0x8b, 0xffff, 0};
    vmcb.cpl = 0;
    vmcb.efer = efer_svme;
    vmcb.cr0 = 0x10;  // ET
    vmcb.cr2 = vmcb.cr3 = vmcb.cr4 = 0;
    vmcb.dr6 = dr6_reset;
    vmcb.dr7 = dr7_reset;
    vmcb.rflags = rflags_reserved;
    vmcb.rip = vmcb.rsp = vmcb.rax = 0;
    vmcb.star = vmcb.lstar = vmcb.cstar = vmcb.sfmask = vmcb.kernel_gs_base = 0;
    vmcb.sysenter_cs = vmcb.sysenter_eip = vmcb.sysenter_esp = 0;
    vmcb.interrupt_shadow = 0;
    vmcb.guest_pat = pat_reset;
    vmcb.intercept_misc1 &= ~intercept_iret;
}

void set_initial_context(VtlContext& target, const tlfs_initial_vp_context& context) {
    Vmcb& vmcb = target.vmcb;
    vmcb.rip = context.rip;
    vmcb.rsp = context.rsp;
    vmcb.rflags = context.rflags | rflags_reserved;
    vmcb.cs = to_vmcb(context.cs);
    vmcb.ds = to_vmcb(context.ds);
    vmcb.es = to_vmcb(context.es);
    vmcb.fs = to_vmcb(context.fs);
    vmcb.gs = to_vmcb(context.gs);
    vmcb.ss = to_vmcb(context.ss);
    vmcb.tr = to_vmcb(context.tr);
    vmcb.ldtr = to_vmcb(context.ldtr);
    vmcb.idtr = to_vmcb(context.idtr);
    vmcb.gdtr = to_vmcb(context.gdtr);
    vmcb.cpl = 0;
    vmcb.efer = vmcb_efer(context.efer, context.cr0);
    vmcb.cr0 = context.cr0;
    vmcb.cr3 = context.cr3;
    vmcb.cr4 = context.cr4;
    vmcb.guest_pat = context.pat;
    vmcb.dr6 = dr6_reset;
    vmcb.dr7 = dr7_reset;
    vmcb.star = vmcb.lstar = vmcb.cstar = vmcb.sfmask = vmcb.kernel_gs_base = 0;
    vmcb.sysenter_cs = vmcb.sysenter_eip = vmcb.sysenter_esp = 0;
    vmcb.interrupt_shadow = 0;
    target.tsc_aux = 0;
    target.pending = Event{};
}

bool is_canonical(u64 address) {
    const u64 top = address >> 47;
    return top == 0 || top == 0x1'ffff;
}

bool is_valid_cr0(u64 value) {
    constexpr u64 defined = 0xe005'003f;  // PG CD NW AM WP NE ET TS EM MP PE
    constexpr u64 not_write_through = u64{1} << 29;
    constexpr u64 cache_disable = u64{1} << 30;
    const bool paging_fits = (value & cr0_pg) == 0 || (value & cr0_pe) != 0;
    const bool cache_fits = (value & not_write_through) == 0 || (value & cache_disable) != 0;
    return (value & ~defined) == 0 && paging_fits && cache_fits;
}

bool is_valid_cr4(u64 value) {
    // VME PVI TSD DE PSE PAE MCE PGE PCE OSFXSR OSXMMEXCPT; the rest as CPUID says
    u64 allowed = 0x7ff;
    const CpuidResult features = cpuid(7);
    const auto allow = [&](bool has, unsigned bit) { allowed |= has ? u64{1} << bit : 0; };
    allow((features.ecx & 1U << 2) != 0, 11);   // UMIP
    allow((features.ecx & 1U << 16) != 0, 12);  // LA57
    allow((features.ebx & 1U << 0) != 0, 16);   // FSGSBASE
    allow((cpuid(1).ecx & 1U << 17) != 0, 17);  // PCIDE
    allow((cpuid(1).ecx & 1U << 26) != 0, 18);  // OSXSAVE
    allow((features.ebx & 1U << 7) != 0, 20);   // SMEP
    allow((features.ebx & 1U << 20) != 0, 21);  // SMAP
    allow((features.ecx & 1U << 3) != 0, 22);   // PKE
    allow((features.ecx & 1U << 7) != 0, 23);   // CET
    return (value & ~allowed) == 0;
}

bool is_valid_efer(u64 value) {
    constexpr u64 defined = efer_sce | efer_lme | efer_lma | efer_nxe | efer_ffxsr;
    return (value & ~defined) == 0;
}

bool accepts_cr0(const Vmcb& vmcb, u64 value) {
    const bool is_long = (vmcb.efer & efer_lma) != 0;
    const bool is_64_bit_code = (vmcb.cs.attributes & segment_long) != 0;
    if (!is_valid_cr0(value) || ((value & cr0_wp) == 0 && (vmcb.cr4 & cr4_cet) != 0)) {
        return false;
    }
    if ((vmcb.cr0 & cr0_pg) == 0 && (value & cr0_pg) != 0 && (vmcb.efer & efer_lme) != 0) {
        return (vmcb.cr4 & cr4_pae) != 0 && !is_64_bit_code;
    }
    const bool leaves_paging = (vmcb.cr0 & cr0_pg) != 0 && (value & cr0_pg) == 0;
    return !leaves_paging || ((vmcb.cr4 & cr4_pcide) == 0 && !(is_long && is_64_bit_code));
}

bool accepts_cr4(const Vmcb& vmcb, u64 value) {
    constexpr u64 process_context = 0xfff;  // in CR3
    const bool is_long = (vmcb.efer & efer_lma) != 0;
    const u64 changed = vmcb.cr4 ^ value;
    if (!is_valid_cr4(value) || (is_long && (changed & (cr4_pae | cr4_la57)) != 0)) {
        return false;
    }
    if ((changed & value & cr4_pcide) != 0 && (!is_long || (vmcb.cr3 & process_context) != 0)) {
        return false;
    }
    return (value & cr4_cet) == 0 || (vmcb.cr0 & cr0_wp) != 0;
}

bool accepts_efer(const Vmcb& vmcb, u64 value) {
    const bool changes_mode = ((vmcb.efer ^ value) & efer_lme) != 0;
    return is_valid_efer(value) && ((vmcb.cr0 & cr0_pg) == 0 || !changes_mode);
}

u64 vmcb_efer(u64 efer, u64 cr0) {
    const bool active = (efer & efer_lme) != 0 && (cr0 & cr0_pg) != 0;
    return (efer & ~efer_lma) | efer_svme | (active ? efer_lma : 0);
}

bool is_valid_context(const tlfs_initial_vp_context& context) {
    constexpr u64 rflags_vm = u64{1} << 17;
    constexpr u64 rflags_defined = 0x3f'7fd7;
    constexpr u16 tlfs_long = 1U << 13;
    const bool is_long = (context.efer & efer_lme) != 0 && (context.cr0 & cr0_pg) != 0 &&
                         (context.cr4 & cr4_pae) != 0 && (context.cs.attributes & tlfs_long) != 0 &&
                         (context.cs.attributes & 1U << 14) == 0;
    return is_long && is_valid_cr0(context.cr0) && is_valid_cr4(context.cr4) &&
           (context.cr4 & cr4_la57) == 0 && is_valid_efer(context.efer) &&
           context.cr3 < physical_limit() && is_canonical(context.rip) &&
           is_valid_pat(context.pat) && (context.rflags & (rflags_vm | ~rflags_defined)) == 0;
}

}  // namespace hypervisor
