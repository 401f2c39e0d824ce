// SPDX-License-Identifier: MIT
// The instruction decoders: what they accept has the length that they say, and is refused without
// its last byte.
#include "hypervisor/decode/store.h"
#include "hypervisor/decode/system_entry.h"
#include "hypervisor/decode/system_write.h"
#include "selftests/fuzz/fake_cpu.h"
#include "selftests/fuzz/input.h"
#include "selftests/fuzz/seeds.h"

namespace {

using namespace hypervisor;  // NOLINT: a fuzzer's own namespace
using fake_cpu::finding;

template <class Decode>
auto check_length(std::span<const u8> bytes, CodeSize code, const Decode& decode) {
    const auto decoded = decode(bytes, code);
    if (!decoded) {
        return decoded;
    }
    const usize length = decoded->length;
    if (length == 0 || length > max_instruction_bytes || length > bytes.size()) {
        finding("a length that does not exist", length);
    }
    const auto exact = decode(bytes.first(length), code);
    if (!exact || *exact != *decoded) {
        finding("bytes behind an instruction change it", length);
    }
    const auto cut = decode(bytes.first(length - 1), code);
    if (cut || cut.error() != base::Error::BadArgument) {
        finding("half an instruction", length);
    }
    return decoded;
}

void check_access(const MemoryAccess& access) {
    const u8 width = access.operand_bytes;
    if ((width != 1 && width != 2 && width != 4 && width != 8) || access.register_number > 15 ||
        (access.has_immediate && access.kind != MemoryAccess::Kind::Store) ||
        (!access.has_immediate && access.immediate != 0)) {
        finding("an access that does not exist", width);
    }
}

void decode_all(std::span<const u8> bytes, CodeSize code) {
    if (const auto access = check_length(bytes, code, decode_memory_access)) {
        check_access(*access);
        if (decode_system_entry(bytes, code)) {
            finding("two meanings of an instruction");
        }
    }
    static_cast<void>(check_length(bytes, code, decode_system_entry));
    if (const auto write = check_length(bytes, code, decode_system_write)) {
        if (write->source > 15 || write->control_register > 15) {
            finding("a register that does not exist", write->source);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    const std::array seeds{
        fuzz::Seed{0x44, 0x0f, 0x22, 0xc0},                                // mov cr8, rax
        fuzz::Seed{0x0f, 0x01, 0x54, 0x25, 8},                             // lgdt [rbp+8]
        fuzz::Seed{0x89, 0x05, 1, 2, 3, 4},                                // mov [rip+x], eax
        fuzz::Seed{0x67, 0x48, 0xc7, 0x84, 0x25, 1, 2, 3, 4, 5, 6, 7, 8},  // mov [ebp+x], imm32
        fuzz::Seed{0x65, 0xa3, 1, 2, 3, 4, 5, 6, 7, 8},                    // mov gs:[moffs], eax
        fuzz::Seed{0xf0, 0x87, 0x0c, 0x24},                                // lock xchg [rsp], ecx
        fuzz::Seed{0x48, 0x0f, 0x05},                                      // syscall
        fuzz::Seed{0xcd, 0x80},                                            // int 0x80
    };
    fuzz::write_seeds(*argc, *argv, seeds);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const base::u8* data, base::usize size) {
    for (const CodeSize code : {CodeSize::Code16, CodeSize::Code32, CodeSize::Code64}) {
        decode_all({data, size}, code);
    }
    return 0;
}
