// SPDX-License-Identifier: MIT
#include "hypervisor/svm/vp.h"

#include "hypervisor/platform/reset.h"

namespace hypervisor {

namespace {

constinit std::array<Vp, max_vps> vp_table{};
constinit std::atomic<u32> vp_count{0};

}  // namespace

std::span<Vp> vps() {
    // Pairs with the release in publish_vp(): a counted VP has its APIC id.
    return std::span{vp_table}.first(vp_count.load(std::memory_order_acquire));
}

Vp* find_vp_by_apic_id(u32 apic_id) {
    for (Vp& vp : vps()) {
        if (vp.apic_id == apic_id) {
            return &vp;
        }
    }
    return nullptr;
}

Vp* next_vp() {
    const u32 index = vp_count.load(std::memory_order_relaxed);
    if (index == max_vps) {
        return nullptr;
    }
    vp_table[index].index = index;
    return &vp_table[index];
}

void publish_vp(Vp& vp, u32 apic_id) {
    vp.apic_id = apic_id;
    vp_count.store(vp.index + 1, std::memory_order_release);
}

void advance_rip(Vmcb& vmcb, u64 length) {
    vmcb.rip += length;
    if ((vmcb.efer & efer_lma) == 0 || (vmcb.cs.attributes & segment_long) == 0) {
        vmcb.rip &= 0xffff'ffff;
    }
    vmcb.interrupt_shadow = 0;
}

void raise_exception(Vp& vp, Event exception) {
    raise_exception(vp, vp.context(), exception);
}

void raise_exception(Vp& vp, VtlContext& target, Event exception) {
    const Combined combined = combine(target.pending, exception);
    if (combined.is_triple_fault) {
        reset_machine(&target == &vp.of(Vtl::Vtl0) ? "triple fault in VTL0"
                                                   : "triple fault in VTL1");
    }
    target.pending = combined.event;
}

}  // namespace hypervisor
