// SPDX-License-Identifier: MIT
#include "selftests/fuzz/invariants.h"

#include <algorithm>

#include "selftests/fuzz/fake_cpu.h"
#include "selftests/fuzz/nested_view.h"

namespace fuzz {

namespace {

using fake_cpu::finding;

bool is_overlay_of(Partition& state, Vtl vtl, u64 frame) {
    const auto is = [=](const OverlayPage& page) {
        return std::bit_cast<u64>(page.bytes.data()) == frame;
    };
    const PartitionVtl& shared = state.of(vtl);
    return is(shared.hypercall_page) || is(shared.reference_tsc_page) ||
           std::ranges::any_of(vps(), [&](Vp& vp) {
               const VtlContext& own = vp.of(vtl);
               return is(own.assist_page) || is(own.synic.event_flags) || is(own.synic.messages);
           });
}

/// Frames: the page itself, or an overlay of the same VTL. So nobody reaches the hypervisor, nor
/// VTL0 an overlay of VTL1.
void check_frames(Partition& state, Vtl vtl, const NestedView& view) {
    for (const auto& [gpa, frame, is_writable, is_executable] : view.pages()) {
        if (frame != gpa && (!is_ram_page(gpa) || !is_overlay_of(state, vtl, frame))) {
            finding("a page that leads elsewhere", gpa);
        }
        if (gpa - pool.first < pool.bytes) {
            finding("a page of the hypervisor", gpa);
        }
        if (!is_ram_page(gpa) && is_executable) {
            finding("executable, and no RAM", gpa);
        }
    }
}

}  // namespace

void check_views() {
    auto locked = partition.lock();
    const NestedView kernel{locked->of(Vtl::Vtl0).nested.root()};
    const NestedView user{locked->user_view.root()};
    const NestedView secure{locked->of(Vtl::Vtl1).nested.root()};
    check_frames(*locked, Vtl::Vtl0, kernel);
    check_frames(*locked, Vtl::Vtl0, user);
    check_frames(*locked, Vtl::Vtl1, secure);
    if (user.pages().size() != kernel.pages().size()) {
        finding("the two views of VTL0 differ in what is there");
    }
    for (usize i = 0; i < user.pages().size(); ++i) {
        const NestedPage& in_user = user.pages()[i];
        const NestedPage& in_kernel = kernel.pages()[i];
        if (in_user.gpa != in_kernel.gpa || in_user.frame != in_kernel.frame ||
            in_user.is_writable != in_kernel.is_writable) {
            finding("the two views of VTL0 differ", in_user.gpa);
        }
        if (in_user.is_executable && in_kernel.is_executable) {
            finding("executable in both views of VTL0", in_user.gpa);
        }
    }
    for (const auto& [gpa, frame, is_writable, is_executable] : secure.pages()) {
        if (frame == gpa && (!is_writable || !is_executable)) {
            finding("VTL1 lost a right", gpa);
        }
    }
}

namespace {

/// What VMRUN would refuse, or what would let the guest go unwatched.
void check_entry(Vp& vp) {
    const Vmcb& vmcb = vp.vmcb();
    constexpr u32 always = intercept_nmi | intercept_cpuid | intercept_io | intercept_msr |
                           intercept_shutdown | intercept_invlpga;
    if ((vmcb.intercept_misc1 & always) != always ||
        (vmcb.intercept_misc2 & intercept_svm_instructions) != intercept_svm_instructions) {
        finding("an intercept is missing", vmcb.intercept_misc1);
    }
    if ((vmcb.efer & efer_svme) == 0 || vmcb.cr0 >> 32 != 0 || vmcb.guest_asid == 0 ||
        vmcb.nested_control != nested_paging_enable) {
        finding("VMRUN would refuse this", vmcb.efer);
    }
    const bool is_user_view = vp.user_view.is_active;
    const u64 root = vp.active == Vtl::Vtl1 ? nested_roots.vtl[1]
                     : is_user_view         ? nested_roots.user_view
                                            : nested_roots.vtl[0];
    if (vmcb.nested_cr3 != root || (is_user_view && (vp.active == Vtl::Vtl1 || vmcb.cpl != 3))) {
        finding("on the wrong nested table", vmcb.nested_cr3);
    }
    const Event event = Event::from_raw(vmcb.event_injection);
    const bool is_exception = event.get(Event::type) == EventType::Exception;
    if (event.get(Event::valid) && (static_cast<u8>(event.get(Event::type)) == 1 ||
                                    static_cast<u8>(event.get(Event::type)) > 4 ||
                                    (is_exception && (event.get(Event::vector) > 31 ||
                                                      event.get(Event::vector) == vector_nmi)))) {
        finding("VMRUN would refuse this event", vmcb.event_injection);
    }
}

}  // namespace

void check_state(Vp& vp) {
    if (vp.vmcb().tlb_control != 0) {
        check_views();
    }
    check_entry(vp);
}

}  // namespace fuzz
