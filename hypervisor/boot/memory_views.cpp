// SPDX-License-Identifier: MIT
#include "hypervisor/boot/memory_views.h"

#include <algorithm>

#include "hypervisor/apic/local_apic.h"
#include "hypervisor/boot/ap.h"
#include "hypervisor/boot/boot_error.h"
#include "hypervisor/platform/device_window.h"
#include "hypervisor/platform/door.h"
#include "hypervisor/platform/hpet.h"
#include "hypervisor/platform/io_apic.h"
#include "hypervisor/platform/mediated_page.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor {

extern "C" {
extern const u8 image_start[];
extern const u8 rodata_start[];
extern const u8 data_start[];
extern u64 host_cr3;
}

namespace {

constexpr unsigned max_address_bits = 40;  // 1 TiB: what QEMU's machines use
constexpr LeafRights everything{.writable = true, .executable = true};
constexpr LeafRights data{.writable = true, .executable = false};

// What VTL0 reads in place of the HPET.
alignas(base::page_size) constinit std::array<u8, base::page_size> no_hpet{};

u64 address_limit() {
    const unsigned bits = cpuid(0x8000'0008).eax & 0xff;
    return u64{1} << std::min(bits, max_address_bits);
}

bool is_hidden(std::span<const MemoryExtent> hidden, u64 address) {
    const MemoryExtent chunk{address, address + large_page_size};
    return std::ranges::any_of(hidden, [&](const MemoryExtent& e) { return e.overlaps(chunk); });
}

void check(const base::Result<void>& result) {
    if (!result) {
        fail_boot("not enough memory for page tables");
    }
}

enum class RamShare : u8 { None, Some, All };

RamShare ram_share(const MemoryMap& memory, u64 address) {
    const MemoryExtent chunk{address, address + large_page_size};
    if (memory.is_ram(chunk)) {
        return RamShare::All;
    }
    const bool some = std::ranges::any_of(memory.entries(), [&](const MemoryEntry& entry) {
        return entry.kind == MemoryKind::Ram && entry.first < chunk.end && chunk.first < entry.end;
    });
    return some ? RamShare::Some : RamShare::None;
}

/// What one nested table holds.
struct Contents {
    LeafRights ram;
    bool with_devices;
};

constexpr Contents vtl0_kernel{.ram = everything, .with_devices = true};
constexpr Contents vtl0_user{.ram = data, .with_devices = true};  // page_view.h
constexpr Contents vtl1_kernel{.ram = everything, .with_devices = false};

void map_mixed_chunk(Partition& state, PageTable& table, u64 address, const Contents& contents) {
    for (u64 page = address; page < address + large_page_size; page += base::page_size) {
        if (state.is_ram(page)) {
            check(table.set_page(state.pool, page, Leaf{page, contents.ram}));
        } else if (contents.with_devices) {
            check(table.set_page(state.pool, page, Leaf{page, data}));
        }
    }
}

void build_nested(Partition& state,
                  PageTable& table,
                  const Contents& contents,
                  std::span<const MemoryExtent> hidden) {
    const u64 end = contents.with_devices ? address_limit() : state.memory.ram_end();
    for (u64 address = 0; address < end; address += large_page_size) {
        if (is_hidden(hidden, address)) {
            continue;
        }
        // Behind the last RAM there is no need to look.
        const RamShare share =
            address < state.memory.ram_end() ? ram_share(state.memory, address) : RamShare::None;
        if (share == RamShare::Some) {
            map_mixed_chunk(state, table, address, contents);
        } else if (share == RamShare::All) {
            check(table.map_large(state.pool, address, contents.ram));
        } else if (contents.with_devices) {
            check(table.map_large(state.pool, address, data));
        }
    }
}

/// Pages of the machine that VTL0 must not use as they are.
void close_private_pages(Partition& state, PageTable& vtl0, u64 registers) {
    check(vtl0.set_page(state.pool, trampoline_page, std::nullopt));
    check(vtl0.set_page(state.pool, local_apic::page,
                        Leaf{local_apic::page, {.writable = false, .executable = false}}));
    // To Linux a HPET whose registers are all 0 is none, whatever ACPI says.
    if (!is_open(Door::Hpet)) {
        check(vtl0.set_page(
            state.pool, hpet::page,
            Leaf{std::bit_cast<u64>(&no_hpet), {.writable = false, .executable = false}}));
    }
    // A store anywhere else in the APIC's megabyte is a message to any CPU, INIT included.
    constexpr u64 message_end = local_apic::page + (u64{1} << 20);
    for (u64 page = local_apic::page + base::page_size; page < message_end;
         page += base::page_size) {
        check(vtl0.set_page(state.pool, page, std::nullopt));
    }
    if (registers != 0) {
        check(vtl0.set_page(state.pool, registers, std::nullopt));
    }
    check(restrict_platform(state.pool, vtl0));
}

PageTable new_table(FramePool& pool) {
    base::Result<PageTable> table = PageTable::create(pool);
    if (!table) {
        fail_boot("not enough memory for page tables");
    }
    return *table;
}

LeafRights host_rights(u64 address) {
    const u64 text = std::bit_cast<u64>(&image_start[0]);
    const u64 rodata = std::bit_cast<u64>(&rodata_start[0]);
    const u64 writable = std::bit_cast<u64>(&data_start[0]);
    return {.writable = address < text || address >= writable,
            .executable = address >= text && address < rodata};
}

void build_host(Partition& state, u64 registers) {
    PageTable host = new_table(state.pool);
    for (u64 address = 0; address < state.memory.ram_end(); address += large_page_size) {
        check(host.map_large(state.pool, address, host_rights(address)));
    }
    check(host.map_large(state.pool, local_apic::page, data));
    if (registers != 0) {
        check(host.map_large(state.pool, registers, data));
    }
    check(host.map_large(state.pool, hpet::page, data));
    check(host.map_large(state.pool, io_apic::page, data));
    check(device_window::reserve(state.pool, host));
    host_cr3 = host.root();
    write_cr3(host.root());
}

}  // namespace

u64 pool_bytes(const MemoryMap& memory) {
    // Leaf tables of all RAM for three nested tables; directories of the whole address space for
    // VTL0's two, and of RAM for VTL1's and the host's; mixed chunks and roots; and each table of
    // MSI-X may need two leaf tables in both of VTL0's, 1 MiB together.
    constexpr u64 fixed = u64{3} << 20;
    const u64 leaves = 3 * (memory.ram_end() / (large_page_size / base::page_size));
    const u64 directories = 2 * (address_limit() / (u64{1} << 30)) * base::page_size +
                            2 * (memory.ram_end() / (u64{1} << 30) + 1) * base::page_size;
    return (leaves + directories + fixed + large_page_size - 1) & ~(large_page_size - 1);
}

void build_memory_views(Partition& state, std::span<const MemoryExtent> hidden, u64 registers) {
    PageTable& kernel = state.of(Vtl::Vtl0).nested;
    PageTable& secure = state.of(Vtl::Vtl1).nested;
    kernel = new_table(state.pool);
    build_nested(state, kernel, vtl0_kernel, hidden);
    close_private_pages(state, kernel, registers);
    state.user_view = new_table(state.pool);
    build_nested(state, state.user_view, vtl0_user, hidden);
    close_private_pages(state, state.user_view, registers);
    secure = new_table(state.pool);
    build_nested(state, secure, vtl1_kernel, hidden);
    nested_roots = {{kernel.root(), secure.root()}, state.user_view.root()};
    build_host(state, registers);
}

}  // namespace hypervisor
