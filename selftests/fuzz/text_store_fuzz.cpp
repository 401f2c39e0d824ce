// SPDX-License-Identifier: MIT
// VTL1's decoder of stores against the hypervisor's, which was written apart.
#include <algorithm>
#include <optional>

#include "hypervisor/decode/store.h"
#include "policies/store_decoder.h"
#include "selftests/fuzz/fake_cpu.h"
#include "selftests/fuzz/input.h"
#include "selftests/fuzz/seeds.h"

namespace {

using namespace fuzz;  // NOLINT: a fuzzer's own namespace
using fake_cpu::finding;
using hypervisor::CodeSize;
using hypervisor::MemoryAccess;
using policies::DecodedStore;
using policies::GeneralRegisters;

constexpr u64 mask_of(u8 width) {
    return width == 8 ? ~u64{0} : (u64{1} << (8 * width)) - 1;
}

/// Prefixes are operand size and REX only, and the address is spelled by ModRM.
bool is_plain(std::span<const u8> bytes) {
    for (const u8 byte : bytes) {
        if (byte != 0x66 && (byte & 0xf0) != 0x40) {
            return byte == 0x88 || byte == 0x89 || byte == 0xc6 || byte == 0xc7;
        }
    }
    return false;
}

u64 address_of(std::span<const u8> bytes, u8 length, const GeneralRegisters& registers, u64 rip) {
    hypervisor::InstructionBytes reader{bytes};
    const auto prefixes = *hypervisor::read_prefixes(reader, CodeSize::Code64);
    const auto modrm = hypervisor::ModRm::from_raw(*reader.next());
    const auto operand =
        *hypervisor::read_memory_operand(reader, modrm, prefixes, CodeSize::Code64);
    u64 address = operand.displacement;
    if (operand.base != operand.no_register) {
        address += registers[operand.base];
    }
    if (operand.index != operand.no_register) {
        address += registers[operand.index] << operand.scale;
    }
    return operand.is_rip_relative ? address + rip + length : address;
}

void compare_mov(std::span<const u8> bytes,
                 const GeneralRegisters& registers,
                 u64 rip,
                 const std::optional<DecodedStore>& ours) {
    const auto theirs = hypervisor::decode_memory_access(bytes, CodeSize::Code64);
    const bool is_store = theirs && theirs->kind == MemoryAccess::Kind::Store;
    if (!ours) {
        if (is_store && is_plain(bytes)) {
            finding("a plain store is refused");
        }
        return;
    }
    if (!is_store || theirs->length != ours->length || theirs->operand_bytes != ours->width) {
        finding("another instruction", ours->length);
    }
    const u64 value =
        theirs->has_immediate ? theirs->immediate : registers[theirs->register_number];
    if (((value ^ ours->value) & mask_of(ours->width)) != 0) {
        finding("another value", ours->value);
    }
    if (ours->address.raw() != address_of(bytes, ours->length, registers, rip)) {
        finding("another address", ours->address.raw());
    }
}

void check_string(const DecodedStore& store, const GeneralRegisters& registers) {
    GeneralRegisters after = registers;
    policies::advance_registers(after, store, store.count);
    const u64 bytes = store.count * store.width;
    const bool is_copy = store.source == DecodedStore::Source::Memory;
    if (after[7] != registers[7] + bytes || after[6] != registers[6] + (is_copy ? bytes : 0) ||
        after[1] != (store.is_repeated ? 0 : registers[1])) {
        finding("registers after a string", store.count);
    }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    const std::array seeds{
        fuzz::Seed{0, 0x89, 0x0f, 1, 2, 3},                       // mov %ecx,(%rdi)
        fuzz::Seed{0, 0x44, 0x89, 0x44, 0x17, 0xfc, 4, 5},        // mov %r8d,-4(%rdi,%rdx)
        fuzz::Seed{0, 0xf3, 0x48, 0xa5},                          // rep movsq
        fuzz::Seed{0, 0xaa},                                      // stosb
        fuzz::Seed{0, 0xc7, 0x05, 1, 2, 3, 4, 5, 6, 7, 8},        // movl $imm,disp(%rip)
        fuzz::Seed{0, 0x66, 0x41, 0xc7, 0x04, 0x24, 1, 2, 3, 4},  // movw $imm,(%r12)
    };
    fuzz::write_seeds(*argc, *argv, seeds);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const base::u8* data, base::usize size) {
    Input input{{data, size}};
    const bool is_downwards = input.flip();
    const auto code = input.take_bytes(16);
    GeneralRegisters registers{};
    for (u64& value : registers) {
        value = input.take<u64>();
    }
    const u64 rip = input.take<u64>();
    const auto ours = policies::decode_store(code, registers, rip, is_downwards);
    if (ours) {
        const usize length = ours->length;
        const auto exact = policies::decode_store(code.first(std::min(length, code.size())),
                                                  registers, rip, is_downwards);
        if (length > 15 || length > code.size() || !exact || *exact != *ours) {
            finding("a length that does not exist", length);
        }
    }
    if (ours && ours->is_string) {
        if (is_downwards) {
            finding("a string that runs downwards");
        }
        check_string(*ours, registers);
        return 0;
    }
    compare_mov(code, registers, rip, ours ? std::optional{*ours} : std::nullopt);
    return 0;
}
