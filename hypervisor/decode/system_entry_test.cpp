// SPDX-License-Identifier: MIT
// test-with: hypervisor/decode/system_entry.cpp selftests/host/panic.cpp
#include "hypervisor/decode/system_entry.h"

#include <gtest/gtest.h>
#include <vector>

namespace hypervisor {
namespace {

using Kind = SystemEntry::Kind;
using enum CodeSize;
using Bytes = std::vector<u8>;

std::optional<SystemEntry> decode(const Bytes& bytes, CodeSize code = Code64) {
    const auto entry = decode_system_entry(bytes, code);
    return entry ? std::optional{*entry} : std::nullopt;
}

base::Error error_of(const Bytes& bytes, CodeSize code = Code64) {
    return decode_system_entry(bytes, code).error();
}

TEST(system_entry, each_instruction_with_its_length) {
    EXPECT_EQ(decode({0x0f, 0x05}), (SystemEntry{Kind::Syscall, 2, 0}));
    EXPECT_EQ(decode({0xcc}), (SystemEntry{Kind::SoftwareInterrupt, 1, 3}));
    EXPECT_EQ(decode({0xcd, 0x80}), (SystemEntry{Kind::SoftwareInterrupt, 2, 0x80}));
    EXPECT_EQ(decode({0xf1}), (SystemEntry{Kind::Icebp, 1, 0}));
    EXPECT_EQ(decode({0xce}, Code32), (SystemEntry{Kind::SoftwareInterrupt, 1, 4}));
}

TEST(system_entry, prefixes_count) {
    EXPECT_EQ(decode({0x48, 0x0f, 0x05}), (SystemEntry{Kind::Syscall, 3, 0}));
    EXPECT_EQ(decode({0x66, 0xf3, 0xcd, 0x03}), (SystemEntry{Kind::SoftwareInterrupt, 4, 3}));
}

TEST(system_entry, rex_is_an_instruction_of_its_own_in_32_bit_code) {
    EXPECT_EQ(error_of({0x48, 0x0f, 0x05}, Code32), base::Error::Refused);
}

TEST(system_entry, another_instruction_is_refused) {
    EXPECT_EQ(error_of({0x0f, 0x34}), base::Error::Refused);  // SYSENTER
    EXPECT_EQ(error_of({0x90}), base::Error::Refused);
    EXPECT_EQ(error_of({0xce}), base::Error::Refused);  // no INTO in 64-bit code
}

TEST(system_entry, what_ends_too_early_is_not_guessed) {
    EXPECT_EQ(error_of({}), base::Error::BadArgument);
    EXPECT_EQ(error_of({0x0f}), base::Error::BadArgument);
    EXPECT_EQ(error_of({0xcd}), base::Error::BadArgument);
}

TEST(system_entry, more_than_15_bytes_are_no_instruction) {
    Bytes bytes(14, 0x66);
    bytes.push_back(0xcc);
    EXPECT_EQ(decode(bytes), (SystemEntry{Kind::SoftwareInterrupt, 15, 3}));
    bytes.insert(bytes.begin(), 0x66);
    EXPECT_EQ(error_of(bytes), base::Error::Refused);
}

}  // namespace
}  // namespace hypervisor
