// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/arch/cpu.h"
#include "vtl1/mm/page_tables.h"

namespace vtl1 {

/// Takes frames for one CPU's stacks, hypervisor pages and Cpu structure, maps them with guard
/// pages between the stacks, and fills the structure.
///
/// @param slot  less than cpu_count_max; each once
/// @return the structure, at the address at which it will be; not to be touched before `tables` are
///         in use. Error::NoMemory
Result<Cpu*> make_cpu_area(FramePool& pool, PageTables& tables, u64 slot, u32 vp_index);

}  // namespace vtl1
