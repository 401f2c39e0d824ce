// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "base/types.h"

namespace hypervisor {

/// Reads the table "DMA Remapping Reporting".
/// @param table  of the length that its header says
/// @return where the registers of the one remapping unit are, page-aligned and not 0;
///         Error::NotFound without a unit, Error::BadArgument for a structure that contradicts
///         itself, Error::Refused for a second unit or one of another PCI segment.
/// @source Intel VT-d 4.1, 8.1 to 8.3
base::Result<base::u64> parse_dmar(std::span<const std::byte> table);

}  // namespace hypervisor
