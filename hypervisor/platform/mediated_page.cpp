// SPDX-License-Identifier: MIT
#include "hypervisor/platform/mediated_page.h"

#include <cstring>

#include "hypervisor/platform/console.h"
#include "hypervisor/platform/io_apic.h"
#include "hypervisor/platform/msix_tables.h"
#include "hypervisor/platform/pci_config.h"
#include "hypervisor/svm/guest_access.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor {

namespace {

constexpr LeafRights read_only{.writable = false, .executable = false};
constexpr LeafRights data{.writable = true, .executable = false};

constexpr MemoryExtent firmware{0xc'0000, 0x10'0000};  // option ROMs, and the BIOS with its data

struct alignas(base::page_size) Frame {
    std::array<u8, base::page_size> bytes;
};

constinit Frame low_page{};  // VTL0's page 0

constinit console::Budget dropped_lines{16};

u64 address_of(const Frame& frame) {
    return std::bit_cast<u64>(frame.bytes.data());
}

bool is_in_ecam(u64 gpa) {
    const MemoryExtent ecam = pci::ecam();
    return gpa >= ecam.first && gpa < ecam.end;
}

bool is_in_io_apic(u64 gpa) {
    return (gpa & ~(base::page_size - 1)) == io_apic::page;
}

bool write(const Vp& vp, u64 gpa, const GuestStore& store) {
    const auto value = static_cast<u32>(store.value);
    if (is_in_ecam(gpa)) {
        return store.width <= 4 && pci::write_ecam_for_guest(vp, gpa, store.width, value);
    }
    if (is_in_io_apic(gpa)) {
        return store.width == 4 && io_apic::write_for_guest(gpa, value);
    }
    auto locked = partition.lock();
    return pci::write_table_for_guest(locked, gpa, store.width, store.value);
}

base::Result<void> restrict_low_memory(FramePool& pool, PageTable& vtl0) {
    TRY(vtl0.set_page(pool, smm_entry, std::nullopt));
    TRY(vtl0.set_page(pool, smm_state_page, std::nullopt));
    TRY(vtl0.set_page(pool, 0, Leaf{address_of(low_page), data}));
    for (u64 page = firmware.first; page < firmware.end; page += base::page_size) {
        TRY(vtl0.set_page(pool, page, Leaf{page, read_only}));
    }
    return {};
}

}  // namespace

base::Result<void> restrict_platform(FramePool& pool, PageTable& vtl0) {
    copy_words(address_of(low_page), 0, base::page_size / sizeof(u64));
    TRY(restrict_low_memory(pool, vtl0));
    TRY(vtl0.set_page(pool, io_apic::page, Leaf{io_apic::page, read_only}));
    const MemoryExtent ecam = pci::ecam();
    for (u64 address = ecam.first; address < ecam.end; address += large_page_size) {
        TRY(vtl0.map_large(pool, address, read_only));
    }
    return {};
}

void install_smm_entry() {
    constexpr std::array<u8, 2> rsm{0x0f, 0xaa};
    // SAFETY: low RAM that the memory map reserves for it.
    std::memcpy(reinterpret_cast<void*>(smm_entry), rsm.data(), rsm.size());
}

bool is_mediated(u64 gpa) {
    if (is_in_ecam(gpa) || is_in_io_apic(gpa)) {
        return true;
    }
    auto locked = partition.lock();
    return pci::is_table_page(locked, gpa);
}

void handle_mediated_store(Vp& vp, u64 gpa) {
    const std::optional<GuestStore> store = decode_guest_store(vp);
    if (!store) {
        raise_general_protection(vp);
        return;
    }
    if (!write(vp, gpa, *store) && dropped_lines.take()) {
        console::Line{} << "device register " << base::Hex{gpa} << ": write of "
                        << base::Hex{store->value} << " dropped";
    }
    advance_rip(vp.vmcb(), store->length);
}

}  // namespace hypervisor
