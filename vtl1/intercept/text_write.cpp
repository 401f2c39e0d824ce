// SPDX-License-Identifier: MIT
#include "vtl1/intercept/text_write.h"

#include <algorithm>
#include <utility>

#include "policies/ftrace_trampoline.h"
#include "vtl1/intercept/trampolines.h"
#include "vtl1/intercept/vtl0_store.h"
#include "vtl1/mm/vtl0_walk.h"

namespace vtl1 {

namespace {

using policies::ChangedBytes;
using policies::PokeVerdict;
using policies::TextStore;

/// The page that was stopped is one of those that the store touches, and they follow each other.
/// @return where the store begins
Result<u32> find_target(const Vtl0Paging& paging,
                        const MemoryIntercept& intercept,
                        const PatchableText& place,
                        Gva address,
                        usize size) {
    const Gpa first = TRY(translate_vtl0(paging, address));
    const Gpa last = TRY(translate_vtl0(paging, Gva{address.raw() + size - 1}));
    const Result<u32> begin = place.offset_of(first);
    const Result<u32> end = place.offset_of(last);
    if (!begin.has_value() || !end.has_value() || u64{*begin} + size - 1 != *end ||
        (intercept.gpa.page() != first.page() && intercept.gpa.page() != last.page())) {
        return fail(Error::BadAddress);
    }
    return *begin;
}

/// A traced function may call a trampoline that VTL0 has made: now it is looked at.
PokeVerdict judge_site(PatchState& state,
                       const PatchableText& place,
                       const Vtl0Paging& paging,
                       const manifest_site& site,
                       const TextStore& store) {
    std::array<u8, policies::run_time_site_bytes_max> buffer{};
    const auto before = std::span{buffer}.first(site.length);
    place.read(site.offset, before);
    policies::KernelText text = place.text;
    text.trampolines = state.trampolines.addresses();
    const PokeVerdict verdict = policies::judge_poke(text, site, before, store);
    const auto callee = policies::callee_of_poke(text, site, before, store);
    if (verdict != PokeVerdict::BadTail || !callee ||
        !admit_trampoline(state.trampolines, place, paging, *callee).has_value()) {
        return verdict;
    }
    text.trampolines = state.trampolines.addresses();
    return policies::judge_poke(text, site, before, store);
}

PokeVerdict judge_and_write(const PatchableText& place,
                            const Vtl0Paging& paging,
                            u32 offset,
                            std::span<const u8> bytes) {
    auto state = patch_state.lock();
    std::array<u8, store_bytes_max> buffer{};
    const auto current = std::span{buffer}.first(bytes.size());
    place.read(offset, current);
    const TextStore store{.offset = offset, .bytes = bytes, .current = current};
    const auto site = policies::find_poked_site(place.text.image, store);
    const PokeVerdict verdict =
        site.has_value() ? judge_site(*state, place, paging, *site, store) : site.error();
    if (verdict == PokeVerdict::Write) {
        const ChangedBytes changed = policies::changed_bytes(store);
        place.write(offset + static_cast<u32>(changed.begin),
                    bytes.subspan(changed.begin, changed.end - changed.begin));
    }
    ++state->counts[std::to_underlying(verdict)];
    return verdict;
}

}  // namespace

TextWriteCounts text_write_counts() {
    return patch_state.lock()->counts;
}

TextWriteLock::Guard hold_text_writes() {
    return patch_state.lock();
}

Result<TextWrite> apply_text_write(const hv::HypercallPort& port,
                                   EntryFrame& frame,
                                   const MemoryIntercept& intercept,
                                   const PatchableText& place) {
    TRY(place.offset_of(intercept.gpa));
    const Vtl0Paging paging = TRY(read_vtl0_paging(port));
    Vtl0Store instruction = TRY(read_vtl0_store(port, paging, frame));
    const StorePiece piece = TRY(read_store_piece(paging, instruction.store));
    const u32 offset =
        TRY(find_target(paging, intercept, place, instruction.store.address, piece.size));

    const PokeVerdict verdict = judge_and_write(place, paging, offset, piece.bytes());
    if (policies::is_allowed(verdict)) {
        TRY(move_past_store(port, frame, instruction, piece.element_count));
    }
    return TextWrite{
        .verdict = verdict, .offset = offset, .size_bytes = static_cast<u32>(piece.size)};
}

}  // namespace vtl1
