// SPDX-License-Identifier: MIT
#include <algorithm>

#include "hypervisor/apic/local_apic.h"
#include "hypervisor/svm/exits.h"
#include "hypervisor/svm/guest_instruction.h"
#include "hypervisor/svm/vmcb_state.h"
#include "hypervisor/tlfs/cr_intercept.h"
#include "hypervisor/tlfs/intercept_message.h"
#include "hypervisor/tlfs/register_map.h"

namespace hypervisor {

namespace {

bool is_accepted(const Vmcb& vmcb, u32 name, u64 value) {
    switch (name) {
        case TLFS_REG_EFER:
            return accepts_efer(vmcb, value);
        case TLFS_REG_APIC_BASE:
            return local_apic::accepts_base(value);
        case TLFS_REG_TSC_AUX:
            return satisfies(RegisterRule::Low32, value);
        default:
            break;
    }
    const auto* const reg = std::ranges::find(scalar_registers, name, &ScalarRegister::name);
    return reg != scalar_registers.end() && satisfies(reg->rule, value);
}

/// A prefix that means nothing makes it longer than two bytes.
u8 instruction_length(const Vp& vp) {
    constexpr u8 length_without_prefixes = 2;
    const base::Result<SystemWrite> write = decode_system_write(vp);
    const bool is_known = write && write->kind == SystemWrite::Kind::Wrmsr;
    return is_known ? write->length : length_without_prefixes;
}

}  // namespace

bool ask_about_msr(Vp& vp, u32 msr, u64 value) {
    const std::optional<u32> name = asked_about_msr(vp, msr);
    if (!name) {
        return false;
    }
    if (!is_accepted(vp.vmcb(), *name, value) ||
        !post_msr_intercept(vp, {instruction_length(vp), msr, value})) {
        raise_general_protection(vp);
    }
    return true;
}

}  // namespace hypervisor
