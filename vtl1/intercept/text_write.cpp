// SPDX-License-Identifier: MIT
#include "vtl1/intercept/text_write.h"

#include <algorithm>
#include <utility>

#include "hvcall/abi/tlfs_register.h"
#include "hvcall/vp_registers.h"
#include "policies/store_decoder.h"
#include "vtl1/mm/page_window.h"
#include "vtl1/mm/vtl0_memory.h"
#include "vtl1/mm/vtl0_walk.h"

namespace vtl1 {

namespace {

using policies::ChangedBytes;
using policies::DecodedStore;
using policies::GeneralRegisters;
using policies::PokeVerdict;
using policies::TextStore;

constexpr usize instruction_bytes_max = 15;
constexpr usize store_bytes_max = 64;  // more than any patch
constexpr u64 rflags_df = u64{1} << 10;
constexpr usize rcx = 1;  // as instructions number them
constexpr usize rsi = 6;
constexpr usize rdi = 7;

/// Also makes stores to text of two CPUs follow each other.
constinit TextWriteLock counts;

/// VTL0 at the instruction.
struct Instruction {
    GeneralRegisters registers{};
    u64 rip = 0;
    DecodedStore store;
};

/// As much of a store as is done at once.
struct Piece {
    std::array<u8, store_bytes_max> buffer{};
    usize size = 0;
    u64 element_count = 0;

    std::span<const u8> bytes() const { return std::span{buffer}.first(size); }
};

/// Up to the end of the page; behind it, only if VTL0 has something there.
/// @return how many bytes
Result<usize> read_code(const Vtl0Paging& paging, Gva rip, std::span<u8> into) {
    const usize first = std::min<usize>(into.size(), page_size - rip.page_offset());
    const Gpa place = TRY(translate_vtl0(paging, rip));
    TRY(copy_part_from_vtl0(place, std::as_writable_bytes(into.first(first))));
    if (first == into.size()) {
        return first;
    }
    const Result<Gpa> next = translate_vtl0(paging, Gva{rip.raw() + first});
    if (!next.has_value() ||
        !copy_part_from_vtl0(*next, std::as_writable_bytes(into.subspan(first))).has_value()) {
        return first;
    }
    return into.size();
}

Result<void> read_source(const Vtl0Paging& paging, Gva from, std::span<u8> into) {
    while (!into.empty()) {
        const usize count = std::min<usize>(into.size(), page_size - from.page_offset());
        const Gpa place = TRY(translate_vtl0(paging, from));
        TRY(copy_part_from_vtl0(place, std::as_writable_bytes(into.first(count))));
        from = Gva{from.raw() + count};
        into = into.subspan(count);
    }
    return {};
}

Result<Instruction> read_instruction(const hv::HypercallPort& port,
                                     const Vtl0Paging& paging,
                                     const EntryFrame& frame) {
    const u64 rsp = TRY(hv::get_vp_register(port, hv::Vtl::Vtl0, TLFS_REG_RSP)).low;
    const u64 rip = TRY(hv::get_vp_register(port, hv::Vtl::Vtl0, TLFS_REG_RIP)).low;
    const u64 rflags = TRY(hv::get_vp_register(port, hv::Vtl::Vtl0, TLFS_REG_RFLAGS)).low;
    const GeneralRegisters registers{
        frame.rax, frame.rcx, frame.rdx, frame.rbx, rsp,       frame.rbp, frame.rsi, frame.rdi,
        frame.r8,  frame.r9,  frame.r10, frame.r11, frame.r12, frame.r13, frame.r14, frame.r15};
    std::array<u8, instruction_bytes_max> code{};
    const usize count = TRY(read_code(paging, Gva{rip}, code));
    const DecodedStore store = TRY(policies::decode_store(std::span{code}.first(count), registers,
                                                          rip, (rflags & rflags_df) != 0));
    return Instruction{.registers = registers, .rip = rip, .store = store};
}

/// All of the store, or of a long one what lies in its first page.
Result<u64> count_elements(const DecodedStore& store) {
    if (store.count == 0) {
        return fail(Error::Refused);  // writes nothing, so it is not what was stopped
    }
    const u64 element_max = store_bytes_max / store.width;
    if (store.count <= element_max) {
        return store.count;
    }
    const u64 in_page = (page_size - store.address.page_offset()) / store.width;
    return std::clamp<u64>(in_page, 1, element_max);
}

Result<Piece> read_piece(const Vtl0Paging& paging, const DecodedStore& store) {
    Piece piece{.element_count = TRY(count_elements(store))};
    piece.size = piece.element_count * store.width;
    const auto into = std::span{piece.buffer}.first(piece.size);
    if (store.source == DecodedStore::Source::Memory) {
        TRY(read_source(paging, store.from, into));
        return piece;
    }
    for (usize i = 0; i < into.size(); ++i) {
        into[i] = static_cast<u8>(store.value >> (8 * (i % store.width)));
    }
    return piece;
}

Result<u32> offset_of(const PatchableText& place, Gpa gpa) {
    const u64 distance = gpa.raw() - place.first.raw();
    if (gpa < place.first || distance >= place.text.image.tables().image_bytes) {
        return fail(Error::NotFound);
    }
    return static_cast<u32>(distance);
}

/// The page that was stopped is one of those that the store touches, and they follow each other.
/// @return where the store begins
Result<u32> find_target(const Vtl0Paging& paging,
                        const MemoryIntercept& intercept,
                        const PatchableText& place,
                        Gva address,
                        usize size) {
    const Gpa first = TRY(translate_vtl0(paging, address));
    const Gpa last = TRY(translate_vtl0(paging, Gva{address.raw() + size - 1}));
    const Result<u32> begin = offset_of(place, first);
    const Result<u32> end = offset_of(place, last);
    if (!begin.has_value() || !end.has_value() || u64{*begin} + size - 1 != *end ||
        (intercept.gpa.page() != first.page() && intercept.gpa.page() != last.page())) {
        return fail(Error::BadAddress);
    }
    return *begin;
}

/// Calls `access(page bytes, done)` for each page of a part of the image, `done` bytes further on.
template <class Access>
void for_each_page(
    const PatchableText& place, u32 offset, usize size, PageRights rights, const Access& access) {
    usize done = 0;
    while (done < size) {
        const Gpa gpa{place.first.raw() + offset + done};
        const usize count = std::min<usize>(size - done, page_size - gpa.page_offset());
        PageWindow window{gpa.page(), rights};
        access(std::span{window.page()}.subspan(gpa.page_offset(), count), done);
        done += count;
    }
}

void read_text(const PatchableText& place, u32 offset, std::span<u8> into) {
    for_each_page(place, offset, into.size(), PageRights::ReadOnly,
                  [&](std::span<const std::byte> page, usize done) {
                      std::ranges::copy(page, std::as_writable_bytes(into).subspan(done).begin());
                  });
}

/// A first byte is written alone, so at once; a tail while the first byte is a breakpoint.
void write_text(const PatchableText& place, u32 offset, std::span<const u8> from) {
    for_each_page(place, offset, from.size(), PageRights::ReadWrite,
                  [&](std::span<std::byte> page, usize done) {
                      std::ranges::copy(std::as_bytes(from).subspan(done, page.size()),
                                        page.begin());
                  });
}

PokeVerdict judge(const PatchableText& place, const TextStore& store) {
    const auto site = policies::find_poked_site(place.text.image, store);
    if (!site.has_value()) {
        return site.error();
    }
    std::array<u8, policies::run_time_site_bytes_max> buffer{};
    const auto before = std::span{buffer}.first(site->length);
    read_text(place, site->offset, before);
    return policies::judge_poke(place.text, *site, before, store);
}

PokeVerdict judge_and_write(const PatchableText& place, u32 offset, std::span<const u8> bytes) {
    auto locked = counts.lock();
    std::array<u8, store_bytes_max> buffer{};
    const auto current = std::span{buffer}.first(bytes.size());
    read_text(place, offset, current);
    const TextStore store{.offset = offset, .bytes = bytes, .current = current};
    const PokeVerdict verdict = judge(place, store);
    if (verdict == PokeVerdict::Write) {
        const ChangedBytes changed = policies::changed_bytes(store);
        write_text(place, offset + static_cast<u32>(changed.begin),
                   bytes.subspan(changed.begin, changed.end - changed.begin));
    }
    ++(*locked)[std::to_underlying(verdict)];
    return verdict;
}

Result<void> move_on(const hv::HypercallPort& port,
                     EntryFrame& frame,
                     Instruction& instruction,
                     u64 element_count) {
    const DecodedStore& store = instruction.store;
    if (element_count == store.count) {
        TRY(hv::set_vp_register(port, hv::Vtl::Vtl0, TLFS_REG_RIP,
                                {.low = instruction.rip + store.length, .high = 0}));
    }
    policies::advance_registers(instruction.registers, store, element_count);
    frame.rcx = instruction.registers[rcx];
    frame.rsi = instruction.registers[rsi];
    frame.rdi = instruction.registers[rdi];
    return {};
}

}  // namespace

TextWriteCounts text_write_counts() {
    return *counts.lock();
}

TextWriteLock::Guard hold_text_writes() {
    return counts.lock();
}

Result<TextWrite> apply_text_write(const hv::HypercallPort& port,
                                   EntryFrame& frame,
                                   const MemoryIntercept& intercept,
                                   const PatchableText& place) {
    TRY(offset_of(place, intercept.gpa));
    const Vtl0Paging paging = TRY(read_vtl0_paging(port));
    Instruction instruction = TRY(read_instruction(port, paging, frame));
    const Piece piece = TRY(read_piece(paging, instruction.store));
    const u32 offset =
        TRY(find_target(paging, intercept, place, instruction.store.address, piece.size));

    const PokeVerdict verdict = judge_and_write(place, offset, piece.bytes());
    if (policies::is_allowed(verdict)) {
        TRY(move_on(port, frame, instruction, piece.element_count));
    }
    return TextWrite{
        .verdict = verdict, .offset = offset, .size_bytes = static_cast<u32>(piece.size)};
}

}  // namespace vtl1
