// SPDX-License-Identifier: MIT
#include <algorithm>

#include "hypervisor/apic/local_apic.h"
#include "hypervisor/boot/ap.h"
#include "hypervisor/boot/boot_error.h"
#include "hypervisor/boot/command_line.h"
#include "hypervisor/boot/host_state.h"
#include "hypervisor/boot/init_guard.h"
#include "hypervisor/boot/linux_boot.h"
#include "hypervisor/boot/memory_views.h"
#include "hypervisor/boot/multiboot.h"
#include "hypervisor/boot/processors.h"
#include "hypervisor/iommu/iommu.h"
#include "hypervisor/platform/clock.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/platform/door.h"
#include "hypervisor/platform/hpet.h"
#include "hypervisor/platform/mediated_page.h"
#include "hypervisor/platform/pci_config.h"
#include "hypervisor/platform/wipe.h"
#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/permission_map.h"
#include "hypervisor/svm/vmcb_state.h"
#include "hypervisor/tlfs/xcr0.h"

namespace hypervisor {

extern "C" {
extern const u8 image_start[];
extern const u8 image_end[];
}

namespace {

/// @source AMD APM vol. 2, 15.4 and 15.25.3
void check_cpu() {
    constexpr u32 svm = 1U << 2;
    constexpr u32 nested_paging = 1U << 0;
    if ((cpuid(0x8000'0001).ecx & svm) == 0) {
        fail_boot("this CPU has no SVM: with QEMU use -cpu MODEL,+svm,+npt");
    }
    if ((cpuid(0x8000'000a).edx & nested_paging) == 0) {
        fail_boot("this CPU has no nested paging: with QEMU use -cpu MODEL,+svm,+npt");
    }
}

/// All that entry.S maps, without the page of null pointers.
PhysicalWindow low_memory() {
    constexpr u64 first = base::page_size;
    constexpr u64 four_gib = u64{4} << 30;
    // SAFETY: the first 4 GiB are identity-mapped by entry.S.
#pragma clang unsafe_buffer_usage begin
    return {first, {reinterpret_cast<const std::byte*>(first), four_gib - first}};
#pragma clang unsafe_buffer_usage end
}

MultibootInfo read_multiboot(u32 magic, u32 information) {
    if (magic != multiboot_magic) {
        fail_boot("not started by a multiboot loader");
    }
    const base::Result<MultibootInfo> info = parse_multiboot(low_memory(), information);
    if (!info) {
        fail_boot("the multiboot information is not usable");
    }
    return *info;
}

/// Where the page-table pool goes: as high as possible below 4 GiB, away from the modules.
MemoryExtent choose_pool(const MultibootInfo& info, const MemoryExtent& image) {
    std::array<MemoryExtent, MultibootInfo::max_modules + 1> avoid{};
    avoid[0] = image;
    for (usize i = 0; i < info.modules().size(); ++i) {
        avoid[i + 1] = info.modules()[i].extent;
    }
    const u64 size = pool_bytes(info.memory);
    const base::Result<u64> first = info.memory.highest_fit(
        {.size = size, .alignment = large_page_size, .below = u64{4} << 30, .avoid = avoid});
    if (!first) {
        fail_boot("not enough memory below 4 GiB for page tables");
    }
    return {*first, *first + size};
}

/// From the image to the end of the last module QEMU's loader has written every byte, among them
/// the texts that MultibootInfo points to.
MemoryExtent loaded_extent(MemoryExtent image, const MultibootInfo& info) {
    for (const MultibootModule& module : info.modules()) {
        image.end = std::max(image.end, module.extent.end);
    }
    return image;
}

void reserve(MemoryMap& memory, const MemoryExtent& extent) {
    if (!memory.reserve(extent)) {
        fail_boot("the memory map has too many entries");
    }
}

/// A mistyped option is better said than dropped.
void apply_options(std::string_view command_line) {
    std::string_view rest = without_first_word(command_line);
    while (!first_word(rest).empty()) {
        const std::string_view option = first_word(rest);
        if (option == "mbec=off") {
            withhold_mbec();
        } else if (!open_door(option)) {
            console::Line{} << "unknown option ignored: " << option;
        }
        rest = without_first_word(rest);
    }
}

/// Stock Linux keeps x2APIC mode under "Microsoft Hv" only if it finds it enabled; its one MSR to
/// watch is far cheaper than a page of MMIO.
void prefer_x2apic() {
    if ((cpuid(1).ecx & 1U << 21) != 0) {
        write_msr(msr_apic_base, read_msr(msr_apic_base) | local_apic::base_x2apic);
    }
}

}  // namespace

extern "C" [[noreturn]] void hypervisor_main(u32 magic, u32 information) {
    load_host_tables();
    check_cpu();
    const MultibootInfo info = read_multiboot(magic, information);
    apply_options(info.command_line);
    clock::initialise();

    const MemoryExtent image{std::bit_cast<u64>(&image_start[0]),
                             std::bit_cast<u64>(&image_end[0])};
    const MemoryExtent pool = choose_pool(info, image);
    const u64 iommu_registers = iommu::take(low_memory());
    Vp* const vp = next_vp();
    publish_vp(*vp, local_apic::id());
    {
        auto locked = partition.lock();
        locked->memory = info.memory;
        pci::initialise(info.memory);
        locked->pool = FramePool{pool.first, pool.end - pool.first};
        reserve(locked->memory, image);
        reserve(locked->memory, pool);
        reserve(locked->memory, {0, base::page_size});
        reserve(locked->memory, {smm_entry, smm_entry + base::page_size});
        reserve(locked->memory, {smm_state_page, smm_state_page + base::page_size});
        reserve(locked->memory, {trampoline_page, trampoline_page + base::page_size});
        build_memory_views(*locked, std::array{image, pool}, iommu_registers);
        pci::guard_tables(locked);
        iommu::start(locked, iommu_registers);
        wipe_leftovers(locked->memory, loaded_extent(image, info));
    }
    hpet::initialise();
    install_trampoline();
    arm_init_guard();
    install_smm_entry();
    initialise_permission_maps();
    enable_svm(*vp);
    xcr0::probe(*vp);
    initialise_vmcbs(*vp);
    {
        auto locked = partition.lock();
        load_linux(*vp, info, locked->memory);
    }
    start_processors(low_memory());
    prefer_x2apic();
    console::Line{} << "RAM " << (info.memory.ram_bytes() >> 20) << " MiB, page tables "
                    << ((pool.end - pool.first) >> 20) << " MiB, TSC " << clock::tsc_frequency()
                    << " Hz, " << (local_apic::is_x2apic() ? "x2APIC" : "xAPIC") << ", CPUs "
                    << u64{vps().size()}
                    << (hpet::is_usable() ? ", HPET" : ", no HPET for VTL1's timers");
    run_vp(*vp);
}

}  // namespace hypervisor
