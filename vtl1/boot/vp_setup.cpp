// SPDX-License-Identifier: MIT
#include "vtl1/boot/vp_setup.h"

#include "hvcall/abi/tlfs_register.h"
#include "hvcall/synthetic_msrs.h"
#include "hvcall/vp_registers.h"
#include "hvcall/vsm_registers.h"
#include "vtl1/arch/cpuid.h"
#include "vtl1/arch/instructions.h"
#include "vtl1/arch/interrupt_vectors.h"
#include "vtl1/log/log.h"
#include "vtl1/mm/memory.h"
#include "vtl1/mm/pointer.h"

namespace vtl1 {

namespace {

template <class Msr>
bool is_enabled_at(Gpa page) {
    const Msr now = read_msr<Msr>();
    return now.get(Msr::enable) && now.get(Msr::page_number) == page.page_number();
}

template <class Msr>
Result<void> enable_page(Gpa page) {
    write_msr(Msr{}.with(Msr::enable, true).with(Msr::page_number, page.page_number()));
    return is_enabled_at<Msr>(page) ? Result<void>{} : fail(Error::HypervisorFailed);
}

void enable_local_apic() {
    constexpr unsigned x2apic_bit = 21;  // of CPUID 1, ECX (Intel SDM vol. 2, CPUID)
    if ((cpuid(1).ecx >> x2apic_bit & 1) == 0) {
        return;
    }
    write_msr(
        read_msr<ApicBaseMsr>().with(ApicBaseMsr::enable, true).with(ApicBaseMsr::x2apic, true));
    write_msr(ApicSpuriousMsr{}
                  .with(ApicSpuriousMsr::vector, vector_spurious)
                  .with(ApicSpuriousMsr::software_enable, true));
}

// Without it user code of VTL0 could be remapped for the kernel; some hosts do not have it.
Result<void> enable_mbec(const hv::HypercallPort& port) {
    using Config = hv::VsmVpSecureConfigVtl0;
    const auto status = TRY(hv::get_register<hv::VsmPartitionStatus>(port, hv::Vtl::Vtl1));
    if (!status.get(hv::VsmPartitionStatus::vtl1_has_mbec)) {
        return {};
    }
    TRY(hv::set_register(port, hv::Vtl::Vtl1, Config{}.with(Config::mbec_enabled, true)));
    const Config now = TRY(hv::get_register<Config>(port, hv::Vtl::Vtl1));
    return now.get(Config::mbec_enabled) ? Result<void>{} : fail(Error::HypervisorFailed);
}

constexpr std::array overlay_registers{
    u32{TLFS_REG_HYPERCALL}, u32{TLFS_REG_VP_ASSIST_PAGE}, u32{TLFS_REG_REFERENCE_TSC},
    u32{TLFS_REG_SIEFP},     u32{TLFS_REG_SIMP},
};

}  // namespace

void set_guest_os_id() {
    const auto id = hv::GuestOsIdMsr::from_raw(TLFS_GUEST_OS_ID_REDOUBT);
    if (read_msr<hv::GuestOsIdMsr>() != id) {
        write_msr(id);
    }
}

Result<void> enable_hypercall_page(Gpa page) {
    if (is_enabled_at<hv::HypercallMsr>(page)) {
        return {};
    }
    return enable_page<hv::HypercallMsr>(page);
}

// A hypervisor that does not show a register is believed: it must refuse an overlay on a closed
// frame by itself.
Result<void> check_vtl0_overlays(const hv::HypercallPort& port) {
    for (const u32 name : overlay_registers) {
        const auto value = hv::get_vp_register(port, hv::Vtl::Vtl0, name);
        if (!value.has_value()) {
            log("boot: VTL0's register ", base::Hex{name}, " cannot be read");
            continue;
        }
        const bool is_enabled = (value->low & TLFS_PAGE_MSR_ENABLE) != 0;
        if (is_enabled && own_frames.contains(Gpa{value->low}.page())) {
            return fail(Error::BadAddress);
        }
    }
    return {};
}

Result<void> bring_online(Cpu& cpu) {
    TRY(enable_page<hv::VpAssistPageMsr>(cpu.assist_gpa));
    TRY(enable_page<hv::SimpMsr>(cpu.message_gpa));
    TRY(enable_mbec(cpu.port));
    enable_local_apic();
    write_msr(hv::ScontrolMsr{}.with(hv::ScontrolMsr::enable, true));
    write_msr(hv::Sint0Msr{}
                  .with(hv::Sint0Msr::vector, vector_intercept)
                  .with(hv::Sint0Msr::auto_eoi, true));
    cpu.assist = pointer_to<tlfs_vp_assist>(cpu.assist_page);
    // The entry that this happens in is a call, which the hypervisor had no page to tell by.
    cpu.assist->vtl_entry_reason = TLFS_VTL_ENTRY_CALL;
    cpu.messages = pointer_to<MessagePage>(cpu.message_page);
    cpu.is_online.store(true, std::memory_order_relaxed);
    return {};
}

}  // namespace vtl1
