// SPDX-License-Identifier: MIT
#include "hypervisor/boot/linux_boot.h"

#include <cstring>

#include "hypervisor/boot/boot_error.h"
#include "hypervisor/boot/command_line.h"
#include "hypervisor/boot/linux_image.h"
#include "hypervisor/npt/page_table.h"
#include "hypervisor/svm/vmcb_state.h"

namespace hypervisor {

namespace {

// Low memory of VTL0 that its kernel reclaims after it has read it. Page-aligned, below the EBDA.
constexpr u64 boot_params_address = 0x1'0000;
constexpr u64 page_tables_address = 0x1'1000;  // PML4, PDPT, four PDs
constexpr u64 gdt_address = 0x1'7000;
constexpr u64 command_line_address = 0x1'8000;
constexpr u64 command_line_room = 0x1000;
constexpr u64 low_memory_end = command_line_address + command_line_room;

template <class T>
T* guest(u64 address) {
    // SAFETY: RAM of VTL0, identity-mapped, before VTL0 runs; checked by check_placement().
    return reinterpret_cast<T*>(address);
}

// SAFETY: extents come from the multiboot loader, and from the layout above.
#pragma clang unsafe_buffer_usage begin

std::span<const std::byte> bytes_of(const MemoryExtent& extent) {
    return {guest<const std::byte>(extent.first), extent.end - extent.first};
}

std::span<std::byte, boot_params_bytes> boot_params() {
    return std::span<std::byte, boot_params_bytes>{guest<std::byte>(boot_params_address),
                                                   boot_params_bytes};
}

#pragma clang unsafe_buffer_usage end

void check_placement(const LinuxImage& image, const MultibootInfo& info, const MemoryMap& memory) {
    const MemoryExtent kernel{image.pref_address, image.pref_address + image.init_size};
    if (!memory.is_ram(kernel) || !memory.is_ram({boot_params_address, low_memory_end})) {
        fail_boot("the kernel does not fit into RAM below 128 MiB");
    }
    for (const MultibootModule& module : info.modules()) {
        if (module.extent.overlaps(kernel) || !memory.is_ram(module.extent)) {
            fail_boot("a module lies where the kernel or the hypervisor must be");
        }
    }
}

// SAFETY: all indices are below the sizes that the layout above gives the tables.
#pragma clang unsafe_buffer_usage begin

/// The first 4 GiB mapped to themselves by 2 MiB leaves, as the protocol asks.
u64 build_identity_map() {
    constexpr u64 table_bits = 0x3;  // present, writable
    constexpr u64 leaf_bits = 0x83;  // and large
    constexpr u64 directory_count = 4;
    u64* const root = guest<u64>(page_tables_address);
    std::memset(root, 0, (2 + directory_count) * base::page_size);
    u64* const pointers = guest<u64>(page_tables_address + base::page_size);
    u64* const leaves = guest<u64>(page_tables_address + 2 * base::page_size);
    root[0] = (page_tables_address + base::page_size) | table_bits;
    for (u64 i = 0; i < directory_count; ++i) {
        pointers[i] = (page_tables_address + (2 + i) * base::page_size) | table_bits;
    }
    for (u64 i = 0; i < directory_count * 512; ++i) {
        leaves[i] = i * large_page_size | leaf_bits;
    }
    return page_tables_address;
}

void write_command_line(std::string_view text) {
    if (text.size() >= command_line_room) {
        fail_boot("the kernel's command line is too long");
    }
    char* const out = guest<char>(command_line_address);
    std::memcpy(out, text.data(), text.size());
    out[text.size()] = '\0';
}

/// Selectors 0x10 and 0x18, as the protocol asks (__BOOT_CS, __BOOT_DS).
void write_gdt() {
    u64* const gdt = guest<u64>(gdt_address);
    gdt[0] = gdt[1] = 0;
    gdt[2] = 0x00af'9b00'0000'ffff;
    gdt[3] = 0x00cf'9300'0000'ffff;
}

#pragma clang unsafe_buffer_usage end

void set_entry_state(Vp& vp, u64 entry, u64 root) {
    constexpr u16 code_selector = 0x10;
    constexpr u16 data_selector = 0x18;
    Vmcb& vmcb = vp.of(Vtl::Vtl0).vmcb;
    set_real_mode_state(vmcb, 0);
    const VmcbSegment data{data_selector, 0xc93, 0xffff'ffff, 0};
    vmcb.cs = {code_selector, 0xa9b, 0xffff'ffff, 0};
    vmcb.ds = vmcb.es = vmcb.ss = vmcb.fs = vmcb.gs = data;
    vmcb.gdtr = {0, 0, 4 * sizeof(u64) - 1, gdt_address};
    vmcb.cr0 = 0x8000'0011;  // PG ET PE
    vmcb.cr4 = 0x20;         // PAE
    vmcb.cr3 = root;
    vmcb.efer = vmcb_efer(efer_lme, vmcb.cr0);
    vmcb.rip = entry;
    vp.registers = {};
    vp.registers.rsi = boot_params_address;
    vp.active = Vtl::Vtl0;
}

}  // namespace

void load_linux(Vp& vp, const MultibootInfo& info, const MemoryMap& memory) {
    if (info.modules().empty()) {
        fail_boot("no kernel: give QEMU -initrd \"bzImage command line,initrd\"");
    }
    const MultibootModule& kernel = info.modules()[0];
    const base::Result<LinuxImage> image = parse_linux_image(bytes_of(kernel.extent));
    if (!image) {
        fail_boot("the first module is not a 64-bit bzImage");
    }
    check_placement(*image, info, memory);
    BootParamsInput input{.command_line = command_line_address};
    if (info.modules().size() > 1) {
        const MemoryExtent initrd = info.modules()[1].extent;
        input.initrd_address = initrd.first;
        input.initrd_size = initrd.end - initrd.first;
    }
    write_command_line(without_first_word(kernel.text));
    if (!build_boot_params(boot_params(), *image, input, memory)) {
        fail_boot("the initrd lies where this kernel cannot reach it");
    }
    std::memcpy(guest<std::byte>(image->pref_address), image->protected_mode.data(),
                image->protected_mode.size());
    write_gdt();
    set_entry_state(vp, image->pref_address + LinuxImage::entry_64_offset, build_identity_map());
}

}  // namespace hypervisor
