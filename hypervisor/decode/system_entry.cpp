// SPDX-License-Identifier: MIT
#include "hypervisor/decode/system_entry.h"

namespace hypervisor {

namespace {

using base::Error;
using base::Result;
using Kind = SystemEntry::Kind;

bool is_prefix(u8 byte, CodeSize code) {
    switch (byte) {
        case 0x26:  // segments
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
        case 0x66:  // operand size
        case 0x67:  // address size
        case 0xf2:  // REPNE
        case 0xf3:  // REP
            return true;
        default:
            return code == CodeSize::Code64 && (byte & 0xf0) == 0x40;  // REX
    }
}

Result<u8> byte_at(std::span<const u8> bytes, usize index) {
    if (index >= max_instruction_bytes) {
        return base::fail(Error::Refused);
    }
    if (index >= bytes.size()) {
        return base::fail(Error::BadArgument);
    }
    return bytes[index];
}

}  // namespace

Result<SystemEntry> decode_system_entry(std::span<const u8> bytes, CodeSize code) {
    usize at = 0;
    while (is_prefix(TRY(byte_at(bytes, at)), code)) {
        ++at;
    }
    const auto one_byte_long = static_cast<u8>(at + 1);
    const auto two_bytes_long = static_cast<u8>(at + 2);
    switch (bytes[at]) {
        case 0x0f:
            if (TRY(byte_at(bytes, at + 1)) != 0x05) {
                return base::fail(Error::Refused);
            }
            return SystemEntry{Kind::Syscall, two_bytes_long, 0};
        case 0xcc:
            return SystemEntry{Kind::SoftwareInterrupt, one_byte_long, 3};
        case 0xcd:
            return SystemEntry{Kind::SoftwareInterrupt, two_bytes_long,
                               TRY(byte_at(bytes, at + 1))};
        case 0xce:
            if (code == CodeSize::Code64) {
                return base::fail(Error::Refused);
            }
            return SystemEntry{Kind::SoftwareInterrupt, one_byte_long, 4};
        case 0xf1:
            return SystemEntry{Kind::Icebp, one_byte_long, 0};
        default:
            return base::fail(Error::Refused);
    }
}

}  // namespace hypervisor
