// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "hypervisor/tlfs/partition.h"

namespace hypervisor {

/// Copies from and to guest-physical memory with the rights that the VTL has there; the rights are
/// checked under the lock under which they change. Overlays and what is not RAM are refused.
/// @param gpa  the bytes lie within one page
/// @return Error::BadAddress; nothing was copied
/// @source TLFS, "Hypercall Inputs" (memory access rights of the caller)
base::Result<void> read_guest(LockedPartition::Guard& locked, Vtl vtl, u64 gpa, std::span<u8> out);
base::Result<void> write_guest(LockedPartition::Guard& locked,
                               Vtl vtl,
                               u64 gpa,
                               std::span<const u8> bytes);

/// Copies from a linear address through VTL0's own page tables, whatever their access bits say, as
/// far as what it maps to is RAM that VTL0 can read. Nothing about it is to be trusted.
/// @return how many bytes were read
usize read_linear(LockedPartition::Guard& locked, const Vmcb& vmcb, u64 address, std::span<u8> out);

/// Fetches instruction bytes at the VP's instruction pointer through the guest's own page tables,
/// as far as they lie in RAM that VTL0 can read.
/// @return how many bytes were read; 0 if the first page is not mapped
usize fetch_instruction(LockedPartition::Guard& locked, const Vmcb& vmcb, std::span<u8> out);

}  // namespace hypervisor
