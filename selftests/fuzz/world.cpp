// SPDX-License-Identifier: MIT
#include "selftests/fuzz/world.h"

#include <algorithm>
#include <new>
#include <sys/mman.h>

#include "hypervisor/apic/local_apic.h"
#include "hypervisor/platform/io_apic.h"
#include "hypervisor/platform/msix_tables.h"
#include "hypervisor/platform/pci_config.h"
#include "hypervisor/svm/permission_map.h"
#include "hypervisor/svm/vmcb_state.h"
#include "hypervisor/tlfs/xcr0.h"
#include "selftests/fuzz/fake_cpu.h"
#include "selftests/fuzz/fake_pci.h"

namespace fuzz {

namespace {

constexpr LeafRights everything{.writable = true, .executable = true};
constexpr LeafRights data{.writable = true, .executable = false};
constexpr u64 device_chunk = 0xfec0'0000;

u64 time_now = 0;

/// VMCBs point to these maps, and each input starts with them empty.
void map_memory(const Range& range, int flags) {
    void* const wanted = reinterpret_cast<void*>(range.first);
    if (mmap(wanted, range.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1,
             0) != wanted) {
        fake_cpu::finding("no memory at the guest's addresses", range.first);
    }
}

/// A page of registers, as memory. It lies in the gap that the address sanitizer keeps free, and so
/// does what the sanitizer knows of it.
void map_device(u64 page) {
    constexpr u64 shadow_offset = 0x7fff'8000;
    map_memory({page, base::page_size}, MAP_FIXED);
    map_memory({shadow_offset + (page >> 3), base::page_size}, MAP_FIXED);
}

/// Not by memset(), which the address sanitizer refuses there.
void clear_device(u64 page) {
    constexpr u64 register_bytes = 0x100;
    for (u64 at = 0; at < register_bytes; at += sizeof(u32)) {
        *reinterpret_cast<volatile u32*>(page + at) = 0;
    }
}

/// VTL0's own page tables: the first GiB, as it is.
void write_guest_tables() {
    constexpr u64 present_writable_user = 7;
    constexpr u64 large = u64{1} << 7;
    auto* const tables = reinterpret_cast<u64*>(default_cr3);
    tables[0] = (default_cr3 + base::page_size) | present_writable_user;
    tables[512] = large | present_writable_user;
}

void reset_vp(Vp& vp) {
    const u32 index = vp.index;
    const u32 apic_id = vp.apic_id;
    vp.~Vp();
    Vp& fresh = *new (&vp) Vp{};
    fresh.index = index;
    fresh.apic_id = apic_id;
    initialise_vmcbs(fresh);
    Vmcb& vmcb = fresh.of(Vtl::Vtl0).vmcb;
    set_real_mode_state(vmcb, 0);
    vmcb.cr0 = 0x8005'0033;
    vmcb.cr3 = default_cr3;
    vmcb.cr4 = 0x20 | cr4_smep;
    vmcb.efer = efer_sce | efer_lme | efer_lma | efer_nxe | efer_svme;
    vmcb.cs = {8, 0xa9b, 0xffff'ffff, 0};
    vmcb.rip = main_ram.first;
    vmcb.idtr = {0, 0, 0xfff, hot_pages[5]};
    fresh.of(Vtl::Vtl1).vmcb.efer = efer_svme;
}

/// As boot/memory_views.cpp builds it, for a far smaller address space.
void map_view(Partition& state, PageTable& table, LeafRights ram_rights, bool with_devices) {
    table = base::must(PageTable::create(state.pool));
    for (u64 gpa = 0; gpa < main_ram.bytes; gpa += large_page_size) {
        base::must(table.map_large(state.pool, main_ram.first + gpa, ram_rights));
    }
    for (u64 at = 0; at < large_page_size; at += base::page_size) {
        const u64 page = small_ram.first + at;
        if (at < small_ram.bytes) {
            base::must(table.set_page(state.pool, page, Leaf{page, ram_rights}));
        } else if (with_devices) {
            base::must(table.set_page(state.pool, page, Leaf{page, data}));
        }
    }
    if (with_devices) {
        base::must(table.map_large(state.pool, device_chunk, data));
        base::must(table.map_large(state.pool, fake_pci::bar_chunk, data));
        for (const u64 page : {io_apic::page, local_apic::page}) {
            base::must(table.set_page(state.pool, page,
                                      Leaf{page, {.writable = false, .executable = false}}));
        }
    }
}

void reset_partition() {
    auto locked = partition.lock();
    *locked = Partition{};
    locked->pool = FramePool{pool.first, pool.bytes};
    for (const Range& range : ram) {
        base::must(locked->memory.add(range.first, range.bytes, 1));
    }
    map_view(*locked, locked->of(Vtl::Vtl0).nested, everything, true);
    map_view(*locked, locked->user_view, data, true);
    map_view(*locked, locked->of(Vtl::Vtl1).nested, everything, false);
    nested_roots = {{locked->of(Vtl::Vtl0).nested.root(), locked->of(Vtl::Vtl1).nested.root()},
                    locked->user_view.root()};
    locked->of(Vtl::Vtl0).guest_os_id = 1;
    locked->of(Vtl::Vtl1).guest_os_id = 1;
    base::must(pci::guard_table(locked, fake_pci::device, fake_pci::first_table));
}

}  // namespace

void build_world() {
    for (const Range& range : ram) {
        map_memory(range, MAP_FIXED_NOREPLACE);
    }
    map_memory(pool, MAP_FIXED_NOREPLACE);
    map_device(io_apic::page);
    initialise_permission_maps();
    for (const u32 apic_id : {0U, 5U}) {
        Vp* const vp = next_vp();
        publish_vp(*vp, apic_id);
    }
    fake_cpu::reset();
    xcr0::probe(vps()[0]);
    fake_pci::reset();
    pci::initialise(partition.lock()->memory);
}

void reset_world() {
    fake_cpu::reset();
    fake_pci::reset();
    clear_device(io_apic::page);
    for (const u64 page : hot_pages) {
        std::memset(reinterpret_cast<void*>(page), 0, base::page_size);
    }
    write_guest_tables();
    reset_partition();
    std::ranges::for_each(vps(), reset_vp);
    time_now = 1000;
}

u64 next_time() {
    return ++time_now;
}

void pass_time(u64 units) {
    time_now += units;
}

bool is_ram_page(u64 gpa) {
    return std::ranges::any_of(ram,
                               [=](const Range& range) { return gpa - range.first < range.bytes; });
}

u64 take_gpa(Input& input) {
    const u8 kind = input.take();
    const u64 page = hot_pages[kind % hot_pages.size()];
    switch (kind >> 5) {
        case 0:
            return (kind & 1) != 0
                       ? input.take<u64>()
                       : device_chunk + input.take<base::u16>() % 512U * base::page_size;
        case 1:
            return page + input.take();
        case 2:
            return page + base::page_size - 1 - input.take();
        default:
            return page;
    }
}

u64 take_value(Input& input) {
    constexpr std::array<u64, 13> constants{~u64{0},
                                            0x8000'0000,
                                            0x8000'0000'0000,
                                            0xffff'8000'0000'0000,
                                            0x1f,
                                            0xfee0'0000,
                                            0x8005'0033,
                                            0x0007'0406'0007'0406,
                                            0xd01,
                                            pool.first,
                                            0x10'0000'0000,
                                            0xffff'f000,
                                            fake_pci::bar_chunk + 0x10'0000};
    const u8 kind = input.take();
    switch (kind & 7) {
        case 0:
            return kind >> 3;
        case 1:
            return input.take();
        case 2:
            return u64{1} << (kind >> 3) << (input.take() & 32);
        case 3:
            return take_gpa(input);
        case 4:
            return take_gpa(input) >> base::page_shift;
        case 5:
            return constants[(kind >> 3) % constants.size()];
        case 6:
            return input.take<u32>();
        default:
            return input.take<u64>();
    }
}

}  // namespace fuzz
