// SPDX-License-Identifier: MIT
#include "vtl1/intercept/unproved_write.h"

#include <algorithm>

#include "policies/poke_round.h"
#include "vtl1/intercept/patch_state.h"
#include "vtl1/intercept/vtl0_store.h"
#include "vtl1/mm/memory.h"
#include "vtl1/mm/page_window.h"
#include "vtl1/mm/vtl0_walk.h"

namespace vtl1 {

namespace {

constexpr u64 before_bytes = 2;
constexpr Gpa start_code_end{0x10'0000};

/// Copies of what the page holds, for a policy that looks at numbers.
using FewBytes = std::array<u8, policies::poke_round_bytes_max>;

std::span<const u8> copy(std::span<const std::byte> from, FewBytes& into) {
    const auto bytes = std::span{into}.first(from.size());
    std::ranges::copy(from, std::as_writable_bytes(bytes).begin());
    return bytes;
}

/// @return whether it was a round of patching, and so was written
bool write_round(std::span<std::byte> page, u64 offset, std::span<const u8> bytes) {
    FewBytes now{};
    FewBytes in_front{};
    const u64 front_size = std::min(offset, before_bytes);
    const auto target = page.subspan(offset, bytes.size());
    const auto current = copy(target, now);
    const auto before = copy(page.subspan(offset - front_size, front_size), in_front);
    if (!policies::is_poke_round(bytes, current, before)) {
        return false;
    }
    std::ranges::copy(std::as_bytes(bytes), target.begin());
    return true;
}

}  // namespace

u64 unproved_write_count() {
    return patch_state.lock()->unproved_writes;
}

Result<void> apply_unproved_write(const hv::HypercallPort& port,
                                  EntryFrame& frame,
                                  const MemoryIntercept& intercept) {
    const Vtl0Paging paging = TRY(read_vtl0_paging(port));
    Vtl0Store instruction = TRY(read_vtl0_store(port, paging, frame));
    const StorePiece piece = TRY(read_store_piece(paging, instruction.store));
    const Gva address = instruction.store.address;
    const Gpa target = TRY(translate_vtl0(paging, address));
    if (target.page() != intercept.gpa.page() || target < start_code_end ||
        piece.size > policies::poke_round_bytes_max ||
        address.page_offset() + piece.size > page_size) {
        return fail(Error::Refused);
    }
    auto state = patch_state.lock();
    // It may have lost execution meanwhile, and be somebody's data: under this lock it does not.
    if (frame_states.state_of(target) != FrameState::Unproved) {
        return fail(Error::Refused);
    }
    PageWindow window{target.page(), PageRights::ReadWrite};
    if (!write_round(window.page(), target.page_offset(), piece.bytes())) {
        return fail(Error::Refused);
    }
    ++state->unproved_writes;
    return move_past_store(port, frame, instruction, piece.element_count);
}

}  // namespace vtl1
