// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>

#include "policies/store_decoder.h"
#include "vtl1/types.h"
#include "vtl1/vtl/entry_frame.h"

namespace hv {
struct HypercallPort;
}

namespace vtl1 {

struct Vtl0Paging;

inline constexpr usize store_bytes_max = 64;  // done at once; more than any patch

/// The running VP's VTL0 at an instruction that stores.
struct Vtl0Store {
    policies::GeneralRegisters registers{};
    u64 rip = 0;
    policies::DecodedStore store;
};

/// As much of a store as is done at once.
struct StorePiece {
    std::array<u8, store_bytes_max> buffer{};
    usize size = 0;
    u64 element_count = 0;

    std::span<const u8> bytes() const { return std::span{buffer}.first(size); }
};

/// Reads and decodes the instruction that RIP points to. Code and registers are read once.
/// @param frame  VTL0's registers
/// @return Error::Refused, BadArgument: no such store. Error::NotFound, BadAddress: its code is
///         not to be read. Error::HypervisorFailed
Result<Vtl0Store> read_vtl0_store(const hv::HypercallPort& port,
                                  const Vtl0Paging& paging,
                                  const EntryFrame& frame);

/// What it stores: all, or of more than store_bytes_max what lies in its first page. Read once.
/// @return Error::Refused if it stores nothing, else as above
Result<StorePiece> read_store_piece(const Vtl0Paging& paging, const policies::DecodedStore& store);

/// Moves VTL0 on after `element_count` elements have been stored.
/// @param frame  RCX, RSI and RDI move on with a string
/// @return Error::HypervisorFailed; VTL0 is as it was
Result<void> move_past_store(const hv::HypercallPort& port,
                             EntryFrame& frame,
                             Vtl0Store& instruction,
                             u64 element_count);

}  // namespace vtl1
