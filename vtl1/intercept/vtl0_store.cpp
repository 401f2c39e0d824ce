// SPDX-License-Identifier: MIT
#include "vtl1/intercept/vtl0_store.h"

#include <algorithm>

#include "hvcall/abi/tlfs_register.h"
#include "hvcall/vp_registers.h"
#include "vtl1/mm/vtl0_memory.h"
#include "vtl1/mm/vtl0_walk.h"

namespace vtl1 {

namespace {

using policies::DecodedStore;
using policies::GeneralRegisters;

constexpr usize instruction_bytes_max = 15;
constexpr u64 rflags_df = u64{1} << 10;
constexpr usize rcx = 1;  // as instructions number them
constexpr usize rsi = 6;
constexpr usize rdi = 7;

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

}  // namespace

Result<Vtl0Store> read_vtl0_store(const hv::HypercallPort& port,
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
    return Vtl0Store{.registers = registers, .rip = rip, .store = store};
}

Result<StorePiece> read_store_piece(const Vtl0Paging& paging, const DecodedStore& store) {
    StorePiece piece{.element_count = TRY(count_elements(store))};
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

Result<void> move_past_store(const hv::HypercallPort& port,
                             EntryFrame& frame,
                             Vtl0Store& instruction,
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

}  // namespace vtl1
