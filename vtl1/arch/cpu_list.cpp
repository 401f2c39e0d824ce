// SPDX-License-Identifier: MIT
#include "vtl1/arch/cpu_list.h"

#include <span>

#include "base/panic.h"
#include "vtl1/arch/cpu.h"
#include "vtl1/mm/address_map.h"
#include "vtl1/sections.h"

namespace vtl1 {

namespace {

RO_AFTER_BOOT_ZEROED constinit std::array<Cpu*, cpu_count_max> cpus{};
RO_AFTER_BOOT_ZEROED constinit usize count = 0;

}  // namespace

void add_cpu(Cpu& cpu) {
    if (count == cpus.size()) {
        base::panic("too many CPUs");
    }
    cpus[count] = &cpu;
    ++count;
}

u32 cpu_count() {
    return static_cast<u32>(count);
}

CpuTotals cpu_totals() {
    CpuTotals totals{};
    for (const Cpu* cpu : std::span{cpus}.first(count)) {
        totals.online += cpu->is_online.load(std::memory_order_relaxed) ? 1 : 0;
        const bool is_pinned = cpu->is_pinned.load(std::memory_order_relaxed);
        const bool is_waiting = cpu->waits_for_start.load(std::memory_order_relaxed);
        totals.pinned += is_pinned ? 1 : 0;
        totals.waiting += is_waiting && !is_pinned ? 1 : 0;
        totals.calls += cpu->calls.load(std::memory_order_relaxed);
        totals.nmis += cpu->nmis.load(std::memory_order_relaxed);
    }
    return totals;
}

}  // namespace vtl1
