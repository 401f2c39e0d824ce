// SPDX-License-Identifier: MIT
#include "hypervisor/iommu/iommu.h"

#include "hypervisor/boot/boot_error.h"
#include "hypervisor/iommu/acpi_table.h"
#include "hypervisor/iommu/dmar_table.h"
#include "hypervisor/iommu/registers.h"
#include "hypervisor/platform/clock.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/platform/reset.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor::iommu {

namespace {

constexpr u64 answer_timeout_seconds = 60;
constexpr u64 reports_per_second = 100;

struct Unit {
    u64 registers = 0;  // 0: none
    Capabilities capabilities{};
};

constinit Unit unit;  // fixed after boot
constinit std::atomic<u64> next_report{0};
constinit console::Budget fault_lines{32};

/// A unit that stands still would leave devices unprotected.
template <class Predicate>
void wait_until(Predicate is_done) {
    const u64 begin = read_tsc();
    while (!is_done()) {
        if (read_tsc() - begin > answer_timeout_seconds * clock::tsc_frequency()) {
            reset_machine("the IOMMU does not answer");
        }
        base::cpu_relax();
    }
}

void command(u32 bit) {
    const u32 lasting = read32(unit.registers, status_offset) & lasting_commands;
    write32(unit.registers, command_offset, lasting | bit);
    wait_until([=] { return (read32(unit.registers, status_offset) & bit) != 0; });
}

void invalidate(u64 offset, u64 value, u64 busy) {
    write64(unit.registers, offset, value | busy);
    wait_until([=] { return (read64(unit.registers, offset) & busy) == 0; });
}

void invalidate_iotlb() {
    invalidate(unit.capabilities.iotlb_offset(), iotlb_all | iotlb_drain, iotlb_invalidate);
}

/// A table nobody looks for, so that all other addresses stay as they are.
/// @source ACPI 6.5, 5.2.6: signatures that begin with OEM are for vendors' own
void hide(const AcpiTable& table) {
    constexpr std::string_view other = "OEM0";
    // SAFETY: the table lies in a window that take()'s caller vouches for; only this CPU runs.
#pragma clang unsafe_buffer_usage begin
    const std::span<std::byte> bytes{reinterpret_cast<std::byte*>(table.address),
                                     table.bytes.size()};
#pragma clang unsafe_buffer_usage end
    for (usize i = 0; i < other.size(); ++i) {
        bytes[acpi_signature_offset + i] = static_cast<std::byte>(other[i]);
    }
    const u8 excess = acpi_sum(bytes);
    const u8 old = std::to_integer<u8>(bytes[acpi_checksum_offset]);
    bytes[acpi_checksum_offset] = static_cast<std::byte>(old - excess);
}

base::Result<u64> find_and_hide(const PhysicalWindow& window) {
    const AcpiTable table = TRY(find_acpi_table(window, "DMAR"));
    const u64 registers = TRY(parse_dmar(table.bytes));
    if (registers < window.first ||
        registers - window.first > window.bytes.size() - base::page_size) {
        return base::fail(base::Error::BadAddress);
    }
    unit = {registers,
            {read64(registers, capability_offset), read64(registers, extended_capability_offset)}};
    if (!unit.capabilities.is_usable()) {
        unit = {};
        return base::fail(base::Error::Refused);
    }
    hide(table);
    return registers;
}

u64 new_frame(Partition& state) {
    const u64 frame = state.pool.allocate();
    if (frame == 0) {
        fail_boot("not enough memory for the IOMMU's tables");
    }
    return frame;
}

/// Fills a root or context table: 256 times the same entry of 128 bits.
void fill(u64 frame, u64 low, u64 high) {
    // SAFETY: the frame is ours, whole and identity-mapped.
#pragma clang unsafe_buffer_usage begin
    u64* const words = reinterpret_cast<u64*>(frame);
    for (usize i = 0; i < base::page_size / sizeof(u64); i += 2) {
        words[i] = low;
        words[i + 1] = high;
    }
#pragma clang unsafe_buffer_usage end
}

/// All devices of all buses use one domain. Devices cannot ask for translations (no ATS).
/// @source Intel VT-d 4.1, 9.1 and 9.3
u64 build_tables(Partition& state) {
    constexpr u64 present = 1;
    constexpr u64 four_levels = 2;
    constexpr u64 domain = u64{1} << 8;  // 0 is reserved in caching mode
    const u64 contexts = new_frame(state);
    fill(contexts, state.of(Vtl::Vtl0).nested.root() | present, domain | four_levels);
    const u64 roots = new_frame(state);
    fill(roots, contexts | present, 0);
    return roots;
}

void report_fault(u64 offset) {
    const u64 address = read64(unit.registers, offset);
    const u64 what = read64(unit.registers, offset + 8);
    if ((what & fault_recorded) == 0) {
        return;
    }
    write64(unit.registers, offset + 8, fault_recorded);
    if (fault_lines.take()) {
        console::Line{} << "DMA fault: " << ((what & fault_is_read) != 0 ? "read" : "write")
                        << " by device " << base::Hex{what & 0xffff} << " at " << base::Hex{address}
                        << ", reason " << (what >> 32 & 0xff);
    }
}

}  // namespace

u64 take(const PhysicalWindow& window) {
    const base::Result<u64> registers = find_and_hide(window);
    if (registers) {
        return *registers;
    }
    console::Line{} << (registers.error() == base::Error::NotFound ? "no IOMMU"
                                                                   : "IOMMU not usable")
                    << ": devices reach all memory";
    return 0;
}

void start(LockedPartition::Guard& locked, u64 registers) {
    if (registers == 0) {
        return;
    }
    write64(registers, root_table_offset, build_tables(*locked));
    command(set_root_table);
    invalidate(context_command_offset, context_all, context_invalidate);
    invalidate_iotlb();
    write32(registers, fault_control_offset, fault_interrupt_mask);
    command(translation_enable);
    console::Line{} << "IOMMU at " << base::Hex{registers} << ": devices reach VTL0's memory only";
}

bool is_active() {
    return unit.registers != 0;
}

void flush(LockedPartition::Guard& /*locked*/) {
    if (is_active()) {
        invalidate_iotlb();
    }
}

void report_faults() {
    u64 due = next_report.load(std::memory_order_relaxed);
    const u64 now = read_tsc();
    if (now < due || !is_active()) {
        return;
    }
    // One CPU at a time, as the next one finds another time here.
    if (!next_report.compare_exchange_strong(due, now + clock::tsc_frequency() / reports_per_second,
                                             std::memory_order_relaxed)) {
        return;
    }
    const u32 status = read32(unit.registers, fault_status_offset);
    if ((status & (fault_pending | fault_overflow)) == 0) {
        return;
    }
    for (u64 i = 0; i < unit.capabilities.fault_record_count(); ++i) {
        report_fault(unit.capabilities.fault_records_offset() + 16 * i);
    }
    write32(unit.registers, fault_status_offset, fault_overflow);
}

}  // namespace hypervisor::iommu
