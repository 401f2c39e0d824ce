// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/synthetic_msr.h"

#include <algorithm>
#include <cstring>

#include "hvcall/abi/tlfs_vsm.h"
#include "hypervisor/apic/interprocessor.h"
#include "hypervisor/apic/local_apic.h"
#include "hypervisor/apic/vtl1_apic.h"
#include "hypervisor/platform/clock.h"
#include "hypervisor/tlfs/cpuid_leaves.h"
#include "hypervisor/tlfs/crash_report.h"
#include "hypervisor/tlfs/hypercall_page.h"
#include "hypervisor/tlfs/overlay.h"
#include "hypervisor/tlfs/synic.h"
#include "hypervisor/tlfs/synthetic_timers.h"

namespace hypervisor {

namespace {

constexpr u64 apic_frequency_hz = 1'000'000'000;  // QEMU's APIC timer counts nanoseconds

void fill_hypercall_page(OverlayPage& page) {
    page.bytes.fill(hypercall_page::filler);
    std::ranges::copy(hypercall_page::hypercall, page.bytes.begin());
    const std::span bytes{page.bytes};
    std::ranges::copy(hypercall_page::vtl_stub(TLFS_CALL_VTL_CALL),
                      bytes.subspan(hypercall_page::call_offset).begin());
    std::ranges::copy(hypercall_page::vtl_stub(TLFS_CALL_VTL_RETURN),
                      bytes.subspan(hypercall_page::return_offset).begin());
}

void fill_reference_tsc_page(OverlayPage& page) {
    const clock::ReferenceTsc tsc = clock::reference_tsc();
    const tlfs_reference_tsc_page content{1, 0, tsc.scale, tsc.offset};
    std::memcpy(page.bytes.data(), &content, sizeof(content));
}

void fill_page(u32 msr, OverlayPage& page) {
    if (msr == TLFS_MSR_HYPERCALL) {
        fill_hypercall_page(page);
    } else if (msr == TLFS_MSR_REFERENCE_TSC) {
        fill_reference_tsc_page(page);
    }
}

/// One register that enables and places an overlay, and what it belongs to.
struct PageMsr {
    u64& value;
    OverlayPage& page;
    PageRights rights;
};

std::optional<PageMsr> find_page_msr(LockedPartition::Guard& locked, Vp& vp, Vtl vtl, u32 msr) {
    VtlContext& own = vp.of(vtl);
    PartitionVtl& shared = locked->of(vtl);
    switch (msr) {
        case TLFS_MSR_HYPERCALL:
            return PageMsr{shared.hypercall, shared.hypercall_page, PageRights::ReadExecute};
        case TLFS_MSR_REFERENCE_TSC:
            return PageMsr{shared.reference_tsc, shared.reference_tsc_page, PageRights::Read};
        case TLFS_MSR_VP_ASSIST_PAGE:
            return PageMsr{own.vp_assist, own.assist_page, PageRights::ReadWrite};
        case TLFS_MSR_SIEFP:
            return PageMsr{own.synic.siefp, own.synic.event_flags, PageRights::ReadWrite};
        case TLFS_MSR_SIMP:
            return PageMsr{own.synic.simp, own.synic.messages, PageRights::ReadWrite};
        default:
            return std::nullopt;
    }
}

bool write_guest_os_id(Vp& vp, Vtl vtl, u64 value) {
    auto locked = partition.lock();
    PartitionVtl& shared = locked->of(vtl);
    shared.guest_os_id = value;
    if (value == 0) {  // takes the hypercall page away
        remove_overlay(locked, vp, vtl, shared.hypercall_page);
        shared.hypercall &= ~TLFS_PAGE_MSR_ENABLE;
    }
    return true;
}

/// Those of VTL0 act on the machine's APIC. @source TLFS, "EOI, ICR and TPR MSRs"
bool write_interrupt_control(Vp& vp, u32 msr, u64 value) {
    constexpr u32 eoi_offset = 0xb0;
    constexpr unsigned destination_shift = 56;  // the ICR has the form of an xAPIC's
    if (vp.active == Vtl::Vtl1) {
        return write_vtl1_interrupt_control(vp, msr, value);
    }
    switch (msr) {
        case TLFS_MSR_EOI:
            local_apic::write(eoi_offset, 0);
            return true;
        case TLFS_MSR_TPR:
            if (value > 0xff) {
                return false;
            }
            local_apic::write(local_apic::task_priority_offset, static_cast<u32>(value));
            return true;
        default:
            send_guest_ipi(vp, static_cast<u32>(value >> destination_shift),
                           static_cast<u32>(value));
            return true;
    }
}

/// EOI can only be written, and what VTL0 sent is not kept.
std::optional<u64> read_interrupt_control(const Vp& vp, u32 msr) {
    if (vp.active == Vtl::Vtl1) {
        return read_vtl1_interrupt_control(vp, msr);
    }
    return msr == TLFS_MSR_TPR
               ? std::optional<u64>{local_apic::read(local_apic::task_priority_offset)}
               : std::nullopt;
}

bool is_crash_parameter(u32 msr) {
    return msr >= TLFS_MSR_CRASH_P0 && msr <= TLFS_MSR_CRASH_P4;
}

}  // namespace

u64 code_page_offsets() {
    return hypercall_page::call_offset | hypercall_page::return_offset
                                             << TLFS_VSM_RETURN_OFFSET_SHIFT;
}

bool write_page_msr(Vp& vp, Vtl vtl, u32 msr, u64 value) {
    auto locked = partition.lock();
    const std::optional<PageMsr> target = find_page_msr(locked, vp, vtl, msr);
    if (!target) {
        return false;
    }
    if (msr == TLFS_MSR_HYPERCALL && locked->of(vtl).guest_os_id == 0) {
        value &= ~TLFS_PAGE_MSR_ENABLE;  // stays off without an operating system
    }
    if ((value & TLFS_PAGE_MSR_ENABLE) == 0) {
        remove_overlay(locked, vp, vtl, target->page);
        target->value = value;
        return true;
    }
    if (!target->page
             .is_placed) {  // else another CPU may be running on it; the contents never change
        fill_page(msr, target->page);
    }
    const u64 gpa = value & TLFS_PAGE_MSR_ADDRESS;
    if (!place_overlay(locked, vp, vtl, target->page, {gpa, target->rights})) {
        return false;
    }
    target->value = value;
    return true;
}

std::optional<u64> read_private_msr(Vp& vp, Vtl vtl, u32 msr) {
    if (const std::optional<u64> synic = read_synic_msr(vp, vtl, msr)) {
        return synic;
    }
    if (const std::optional<u64> timer = read_timer_msr(vp, vtl, msr)) {
        return timer;
    }
    auto locked = partition.lock();
    const std::optional<PageMsr> page = find_page_msr(locked, vp, vtl, msr);
    return page ? std::optional{page->value} : std::nullopt;
}

bool write_private_msr(Vp& vp, Vtl vtl, u32 msr, u64 value) {
    return write_synic_msr(vp, vtl, msr, value) || write_timer_msr(vp, vtl, msr, value) ||
           write_page_msr(vp, vtl, msr, value);
}

std::optional<u64> read_synthetic_msr(Vp& vp, u32 msr) {
    switch (msr) {
        case TLFS_MSR_GUEST_OS_ID:
            return partition.lock()->of(vp.active).guest_os_id;
        case TLFS_MSR_VP_INDEX:
            return vp.index;
        case TLFS_MSR_TIME_REF_COUNT:
            return clock::reference_time();
        case TLFS_MSR_TSC_FREQUENCY:
            return clock::tsc_frequency();
        case TLFS_MSR_APIC_FREQUENCY:
            return apic_frequency_hz;
        case TLFS_MSR_EOI:
        case TLFS_MSR_ICR:
        case TLFS_MSR_TPR:
            return read_interrupt_control(vp, msr);
        case TLFS_MSR_TSC_INVARIANT_CONTROL:
            return tsc_invariant_shown() ? 1 : 0;
        case TLFS_MSR_CRASH_CTL:
            return vp.active == Vtl::Vtl1 ? std::optional{TLFS_CRASH_NOTIFY | TLFS_CRASH_MESSAGE}
                                          : std::nullopt;
        default:
            break;
    }
    if (is_crash_parameter(msr) && vp.active == Vtl::Vtl1) {
        return vp.context().crash.parameter[msr - TLFS_MSR_CRASH_P0];
    }
    return read_private_msr(vp, vp.active, msr);
}

bool write_synthetic_msr(Vp& vp, u32 msr, u64 value) {
    switch (msr) {
        case TLFS_MSR_GUEST_OS_ID:
            return write_guest_os_id(vp, vp.active, value);
        case TLFS_MSR_EOI:
        case TLFS_MSR_ICR:
        case TLFS_MSR_TPR:
            return write_interrupt_control(vp, msr, value);
        case TLFS_MSR_TSC_INVARIANT_CONTROL:
            if ((value & ~u64{1}) != 0) {
                return false;
            }
            if (value != 0) {
                show_tsc_invariant();
            }
            return true;
        case TLFS_MSR_CRASH_CTL:
            return vp.active == Vtl::Vtl1 && report_crash(vp, value);
        default:
            break;
    }
    if (is_crash_parameter(msr) && vp.active == Vtl::Vtl1) {
        vp.context().crash.parameter[msr - TLFS_MSR_CRASH_P0] = value;
        return true;
    }
    return write_private_msr(vp, vp.active, msr, value);
}

}  // namespace hypervisor
