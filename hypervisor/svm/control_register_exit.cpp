// SPDX-License-Identifier: MIT
#include <bit>

#include "hypervisor/svm/exits.h"
#include "hypervisor/svm/guest_instruction.h"
#include "hypervisor/svm/vmcb_state.h"
#include "hypervisor/tlfs/guest_memory.h"
#include "hypervisor/tlfs/intercept_message.h"
#include "hypervisor/tlfs/xcr0.h"

namespace hypervisor {

namespace {

using Kind = SystemWrite::Kind;

/// The word that LMSW loads. Nothing: VTL0 gets a page fault, as its tables say. Segment limits and
/// user pages (SMAP) are not looked at.
std::optional<u16> read_machine_status(Vp& vp, const SystemWrite& write) {
    if (!write.memory) {
        return static_cast<u16>(general_register(vp, write.source));
    }
    const u64 address = linear_address(vp, *write.memory, write.length);
    std::array<u8, sizeof(u16)> bytes{};
    {
        auto locked = partition.lock();
        if (read_linear(locked, vp.vmcb(), address, bytes) == bytes.size()) {
            return std::bit_cast<u16>(bytes);
        }
    }
    vp.vmcb().cr2 = address;
    raise_exception(vp, make_exception(vector_page_fault, 0));
    return std::nullopt;
}

/// What the instruction would leave in the register.
std::optional<u64> new_value(Vp& vp, const SystemWrite& write) {
    constexpr u64 lmsw_writes = 0xf;
    const Vmcb& vmcb = vp.vmcb();
    if (write.kind == Kind::Clts) {
        return vmcb.cr0 & ~cr0_ts;
    }
    if (write.kind == Kind::Lmsw) {  // sets PE, and never clears it
        return read_machine_status(vp, write).transform(
            [&](u16 word) { return (vmcb.cr0 & ~(lmsw_writes & ~cr0_pe)) | (word & lmsw_writes); });
    }
    const u64 source = general_register(vp, write.source);
    const u64 value = code_size(vmcb) == CodeSize::Code64 ? source : source & 0xffff'ffff;
    return write.control_register == 0 ? value | cr0_et : value;
}

bool writes(const SystemWrite& write, u8 number) {
    return write.kind == Kind::MovToControl
               ? write.control_register == number
               : number == 0 && (write.kind == Kind::Clts || write.kind == Kind::Lmsw);
}

void carry_out(Vp& vp, u8 number, u64 value, u8 length) {
    Vmcb& vmcb = vp.vmcb();
    if (number == 0) {
        vmcb.cr0 = value;
        vmcb.efer = vmcb_efer(vmcb.efer, value);
    } else {
        vmcb.cr4 = value;
    }
    vp.flush_requested.store(true);  // AMD APM vol. 2, 5.5.3
    advance_rip(vmcb, length);
}

}  // namespace

void handle_control_register_write(Vp& vp, u8 number) {
    const base::Result<SystemWrite> write = decode_system_write(vp);
    if (!write) {
        raise_general_protection(vp);
        return;
    }
    if (!writes(*write, number)) {
        return;  // another CPU has changed the code: VTL0 runs what is there now
    }
    const std::optional<u64> value = new_value(vp, *write);
    if (!value) {
        return;
    }
    const Vmcb& vmcb = vp.vmcb();
    const bool is_cr0 = number == 0;
    const u64 changed = (is_cr0 ? vmcb.cr0 : vmcb.cr4) ^ *value;
    const u64 mask = is_cr0 ? vp.cr_intercepts.cr0_mask : vp.cr_intercepts.cr4_mask;
    const bool is_accepted = is_cr0 ? accepts_cr0(vmcb, *value) : accepts_cr4(vmcb, *value);
    if (is_accepted && (changed & mask) == 0) {
        carry_out(vp, number, *value, write->length);
        return;
    }
    const RegisterIntercept intercept{
        write->length, is_cr0 ? TLFS_REG_CR0 : TLFS_REG_CR4, {*value, 0}, false};
    if (!is_accepted || !post_register_intercept(vp, intercept)) {
        raise_general_protection(vp);
    }
}

/// QEMU exits before it looks at CPL and CR4.OSXSAVE.
void handle_xsetbv(Vp& vp) {
    constexpr u8 length_without_prefixes = 3;
    const Vmcb& vmcb = vp.vmcb();
    if ((vmcb.cr4 & cr4_osxsave) == 0) {
        raise_invalid_opcode(vp);
        return;
    }
    const u64 value = vp.registers.rdx << 32 | static_cast<u32>(vmcb.rax);
    const base::Result<SystemWrite> write = decode_system_write(vp);
    const bool is_known = write && write->kind == Kind::Xsetbv;
    const bool is_accepted =
        vmcb.cpl == 0 && static_cast<u32>(vp.registers.rcx) == 0 && xcr0::is_valid(value);
    const RegisterIntercept intercept{
        is_known ? write->length : length_without_prefixes, TLFS_REG_XFEM, {value, 0}, false};
    if (!is_accepted || !post_register_intercept(vp, intercept)) {
        raise_general_protection(vp);
    }
}

}  // namespace hypervisor
