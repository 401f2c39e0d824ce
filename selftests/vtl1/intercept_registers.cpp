// SPDX-License-Identifier: MIT
#include "selftests/vtl1/intercept_registers.h"

#include "hvcall/abi/tlfs_register.h"
#include "hvcall/vp_registers.h"
#include "vtl1/arch/cpu.h"
#include "vtl1/intercept/message_slot.h"
#include "vtl1/lock.h"

namespace selftest {

namespace {

using base::u32;
using base::u64;
using base::Untrusted;
using vtl1::Result;

struct Seen {
    bool allows = false;
    u64 count = 0;
    tlfs_message last{};
};

constinit vtl1::Locked<Seen, vtl1::LockRank::Test> seen;

Result<void> set(hv::Vtl vtl, u32 name, tlfs_register_value value) {
    return hv::set_vp_register(vtl1::this_cpu().port, vtl, name, value);
}

/// Whatever VTL0 says: the hypervisor checks it.
Result<tlfs_register_value> as_value(u64 raw) {
    return tlfs_register_value{.low = raw, .high = 0};
}

Result<void> write_own(u32 name, Untrusted<u64> value) {
    const auto checked = TRY(value.parse(as_value));
    return set(hv::Vtl::Vtl1, name, checked);
}

template <class Body>
Body body_of(const tlfs_message& message) {
    return base::load_wire<Body>(std::as_bytes(std::span{message.payload}), 0);
}

// AMD APM vol. 2, appendix A; 0: not one that can be intercepted
u32 name_of_msr(u32 msr) {
    switch (msr) {
        case 0x1b:
            return TLFS_REG_APIC_BASE;
        case 0x174:
            return TLFS_REG_SYSENTER_CS;
        case 0x175:
            return TLFS_REG_SYSENTER_ESP;
        case 0x176:
            return TLFS_REG_SYSENTER_EIP;
        case 0xc000'0080:
            return TLFS_REG_EFER;
        case 0xc000'0081:
            return TLFS_REG_STAR;
        case 0xc000'0082:
            return TLFS_REG_LSTAR;
        case 0xc000'0083:
            return TLFS_REG_CSTAR;
        case 0xc000'0084:
            return TLFS_REG_SFMASK;
        case 0xc000'0103:
            return TLFS_REG_TSC_AUX;
        default:
            return 0;
    }
}

/// Only where the message holds the value.
Result<void> carry_out(const tlfs_message& message) {
    u32 name = 0;
    tlfs_register_value value{};
    if (message.header.type == TLFS_MESSAGE_X64_REGISTER_INTERCEPT) {
        const auto body = body_of<tlfs_register_intercept>(message);
        name = body.flags == 0 ? body.name : 0;
        value = body.value;
    } else if (message.header.type == TLFS_MESSAGE_X64_MSR_INTERCEPT) {
        const auto body = body_of<tlfs_msr_intercept>(message);
        name = name_of_msr(body.msr);
        value.low = body.rdx << 32 | body.rax;
    }
    const auto header = body_of<tlfs_intercept_header>(message);
    const u64 length = header.instruction_length_and_cr8 & TLFS_INSTRUCTION_LENGTH;
    TRY(set(hv::Vtl::Vtl0, name, value));
    return set(hv::Vtl::Vtl0, TLFS_REG_RIP, {.low = header.rip + length, .high = 0});
}

}  // namespace

vtl1::CallResult arm_intercepts(Untrusted<u64> control,
                                Untrusted<u64> cr0_mask,
                                Untrusted<u64> cr4_mask,
                                Untrusted<u64> allows) {
    const auto wants = TRY(allows.parse(as_value));
    seen.lock()->allows = wants.low != 0;
    TRY(write_own(TLFS_REG_CR_INTERCEPT_CR0_MASK, cr0_mask));
    TRY(write_own(TLFS_REG_CR_INTERCEPT_CR4_MASK, cr4_mask));
    TRY(write_own(TLFS_REG_CR_INTERCEPT_CONTROL, control));
    const auto armed = TRY(
        hv::get_vp_register(vtl1::this_cpu().port, hv::Vtl::Vtl1, TLFS_REG_CR_INTERCEPT_CONTROL));
    return armed.low;
}

vtl1::CallResult last_intercept(vtl1::Vtl0Out<tlfs_message> out) {
    // A copy: VTL0's memory is written under a lock of lower rank.
    const Seen copy = *seen.lock();
    TRY(std::move(out).store(copy.last));
    return copy.count;
}

void see_intercept() {
    vtl1::Cpu& cpu = vtl1::this_cpu();
    const tlfs_message& slot = (*cpu.messages)[TLFS_INTERCEPT_SINT];
    if (slot.header.type == TLFS_MESSAGE_NONE) {
        return;  // another interrupt
    }
    auto locked = seen.lock();
    ++locked->count;
    locked->last = slot;
    if (locked->allows && carry_out(locked->last).has_value()) {
        // What the handler would do, which then finds nothing to deny.
        static_cast<void>(vtl1::take_message(cpu));
    }
}

}  // namespace selftest
