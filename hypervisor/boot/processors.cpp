// SPDX-License-Identifier: MIT
#include "hypervisor/boot/processors.h"

#include "hypervisor/apic/local_apic.h"
#include "hypervisor/boot/ap.h"
#include "hypervisor/boot/bytes.h"
#include "hypervisor/iommu/acpi_table.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/svm/vp.h"

namespace hypervisor {

namespace {

constexpr u64 first_entry = 44;  // bytes; ACPI 6.5, table 5.19
constexpr u64 entry_length_offset = 1;
constexpr u64 entry_header_bytes = 2;
constexpr u32 enabled = 1;

// Interrupt controller structures. @source ACPI 6.5, tables 5.21 and 5.34
constexpr u8 local_apic_type = 0;
constexpr u64 local_apic_id_offset = 3;
constexpr u64 local_apic_flags_offset = 4;
constexpr u8 x2apic_type = 9;
constexpr u64 x2apic_id_offset = 4;
constexpr u64 x2apic_flags_offset = 8;

struct Processor {
    u32 apic_id;
    u32 flags;
};

base::Result<Processor> read_processor(std::span<const std::byte> entry) {
    switch (TRY(read_number<u8>(entry, 0))) {
        case local_apic_type: {
            const u8 id = TRY(read_number<u8>(entry, local_apic_id_offset));
            const u32 flags = TRY(read_number<u32>(entry, local_apic_flags_offset));
            return Processor{id, flags};
        }
        case x2apic_type: {
            const u32 id = TRY(read_number<u32>(entry, x2apic_id_offset));
            const u32 flags = TRY(read_number<u32>(entry, x2apic_flags_offset));
            return Processor{id, flags};
        }
        default:
            return base::fail(base::Error::NotFound);
    }
}

void start(u32 apic_id) {
    if (vps().size() == max_vps) {
        console::Line{} << "the CPU with APIC id " << u64{apic_id} << " is one too many: not used";
    } else if (!start_physical_cpu(apic_id)) {
        console::Line{} << "the CPU with APIC id " << u64{apic_id} << " does not start";
    }
}

}  // namespace

std::optional<u32> next_processor(std::span<const std::byte> madt, std::optional<u32> after) {
    std::optional<u32> least;
    u64 at = first_entry;
    while (is_within(madt.size(), at, entry_header_bytes)) {
        const u64 length = base::must(read_number<u8>(madt, at + entry_length_offset));
        if (length < entry_header_bytes || !is_within(madt.size(), at, length)) {
            break;
        }
        const base::Result<Processor> processor = read_processor(madt.subspan(at, length));
        if (processor && (processor->flags & enabled) != 0 &&
            (!after || processor->apic_id > *after) && (!least || processor->apic_id < *least)) {
            least = processor->apic_id;
        }
        at += length;
    }
    return least;
}

void start_processors(const PhysicalWindow& window) {
    const base::Result<AcpiTable> madt = find_acpi_table(window, "APIC");
    if (!madt) {
        console::Line{} << "no list of CPUs from the firmware: only this one is used";
        return;
    }
    std::optional<u32> apic_id;
    while ((apic_id = next_processor(madt->bytes, apic_id))) {
        if (*apic_id != local_apic::id()) {
            start(*apic_id);
        }
    }
}

}  // namespace hypervisor
