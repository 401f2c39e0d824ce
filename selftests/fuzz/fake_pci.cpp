// SPDX-License-Identifier: MIT
#include "selftests/fuzz/fake_pci.h"

#include <array>
#include <cstring>
#include <span>

#include "hypervisor/platform/guarded_port.h"
#include "hypervisor/platform/pci_rules.h"
#include "hypervisor/tlfs/partition.h"
#include "selftests/fuzz/fake_cpu.h"

namespace fake_pci {

namespace {

using namespace hypervisor;  // NOLINT: a fuzzer's own namespace
using fake_cpu::finding;
using hypervisor::pci::Function;

constexpr u32 device_id = 0x1000'1af4;
constexpr u32 bar = 0x10;
constexpr u32 msi = 0x40;
constexpr u32 msix = 0x50;
constexpr u32 table_offset = 0x100;
constexpr u32 table_bytes = 0x40;
constexpr u32 ecam = 0xb000'0000;
constexpr u32 ecam_enable = 1;
constexpr u32 device_window_end = 0xfec0'0000;

struct Registers {
    Function function;
    std::array<u32, 64> words;
};

std::array<Registers, 3> functions;
std::array<u32, table_bytes / sizeof(u32)> table;
u32 address = 0;

Registers* selected() {
    for (Registers& one : functions) {
        if ((address >> 31) != 0 && one.function == (address >> 8 & 0xffff)) {
            return &one;
        }
    }
    return nullptr;
}

u32 word(const Registers& registers, u32 offset) {
    return registers.words[offset / 4];
}

/// What the hardware keeps of a write.
u32 kept(const Registers& registers, u32 offset, u32 old, u32 value) {
    if (offset == 0 || offset == 0xc) {
        return old;  // identity, header type
    }
    if (registers.function != device) {
        return value;
    }
    if (offset == bar) {
        return value & 0xffff'f000;
    }
    if ((offset > bar && offset <= 0x30) || offset == 0x34) {
        return old;  // no other BAR, no ROM; the list of capabilities
    }
    if (offset == msix) {
        return (old & ~u32{0xc000'0000}) | (value & 0xc000'0000);
    }
    if (offset == msix + 4 || offset == msix + 8) {
        return old;
    }
    if (offset == msi) {
        return (old & ~u32{0x71'0000}) | (value & 0x71'0000);
    }
    return offset == 4 ? (old & 0xffff'0000) | (value & 0xffff) : value;
}

void judge_table(u64 first) {
    for (const u64 root : {nested_roots.vtl[0], nested_roots.user_view}) {
        const std::optional<Leaf> leaf = PageTable::at(root).find(first);
        if (leaf && leaf->rights.writable) {
            finding("VTL0 may write to an MSI-X table", first);
        }
    }
}

void judge_entry(std::span<const u32, 4> entry) {
    const bool is_message = entry[1] == 0 && entry[0] >> 20 == 0xfee;
    if ((!is_message && (entry[0] | entry[1]) != 0) || (entry[2] >> 8 & 7) > 1) {
        finding("an MSI-X message that is no interrupt", entry[0]);
    }
}

void judge() {
    const Registers& host = functions[0];
    const Registers& own = functions[2];
    if (word(host, pci::pciexbar_register) != (ecam | ecam_enable)) {
        finding("ECAM has moved", word(host, pci::pciexbar_register));
    }
    const u32 base = word(own, bar);
    const bool is_nowhere = base == 0 || base == 0xffff'f000;
    if ((word(own, 4) & 2) != 0 && !is_nowhere &&
        (base < ecam + (u32{256} << 20) || base >= device_window_end)) {
        finding("a BAR over memory", base);
    }
    if ((word(own, 4) & 2) != 0 && !is_nowhere) {
        judge_table(base + table_offset);
    }
    const bool has_msi = (word(own, msi) >> 16 & 1) != 0;
    if (has_msi && (word(own, msi + 4) >> 20 != 0xfee || word(own, msi + 8) != 0 ||
                    (word(own, msi + 12) >> 8 & 7) > 1)) {
        finding("a message that is no interrupt", word(own, msi + 4));
    }
}

}  // namespace

void reset() {
    functions = {};
    functions[0].function = pci::host_bridge;
    functions[0].words[0] = pci::host_bridge_id;
    functions[0].words[pci::pciexbar_register / 4] = ecam | ecam_enable;
    functions[1].function = pci::lpc_bridge;
    functions[1].words[0] = 0x2918'8086;
    functions[2].function = device;
    functions[2].words[0] = device_id;
    functions[2].words[1] = u32{1} << 20 | 2;  // capabilities; decodes memory
    functions[2].words[bar / 4] = 0xc000'0000;
    functions[2].words[0x34 / 4] = msi;
    functions[2].words[msi / 4] = u32{1} << 23 | msix << 8 | 5;  // 64 bits wide
    functions[2].words[msix / 4] = (table_bytes / 16 - 1) << 16 | 0x11;
    functions[2].words[msix / 4 + 1] = table_offset;
    functions[2].words[msix / 4 + 2] = table_offset + table_bytes;
    table = {};
    functions[2].words[msi / 4 + 1] = 0xfee0'0000;
    address = 0;
}

u32 read(u16 port, unsigned width) {
    const u32 all_ones = ~u32{0};
    if (port == pci_address_port && width == 4) {
        return address;
    }
    const Registers* const registers = selected();
    if (port < pci_data_port || port + width > pci_data_port + 4U || registers == nullptr) {
        return all_ones;
    }
    return word(*registers, address & 0xfc) >> 8 * (port - pci_data_port);
}

void write(u16 port, unsigned width, u32 value) {
    if (port == pci_address_port && width == 4) {
        address = value;
        return;
    }
    Registers* const registers = selected();
    if (port < pci_data_port || port + width > pci_data_port + 4U || registers == nullptr) {
        return;
    }
    u32& whole = registers->words[(address & 0xfc) / 4];
    u32 wanted = whole;
    std::memcpy(reinterpret_cast<base::u8*>(&wanted) + (port - pci_data_port), &value, width);
    whole = kept(*registers, address & 0xfc, whole, wanted);
    judge();
}

void store(u64 gpa, unsigned width, u64 value) {
    const u64 offset = gpa - word(functions[2], bar) - table_offset;
    if ((word(functions[2], 4) & 2) == 0 || offset >= table_bytes) {
        return;
    }
    if (gpa % width != 0) {
        finding("an unaligned store", gpa);
    }
    std::memcpy(reinterpret_cast<base::u8*>(table.data()) + offset, &value, width);
    const u64 first = offset / 16 * 4;
    judge_entry(std::span{table}.subspan(first).first<4>());
}

}  // namespace fake_pci
