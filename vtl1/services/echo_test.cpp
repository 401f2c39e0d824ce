// SPDX-License-Identifier: MIT
// test-with: vtl1/services/echo.cpp selftests/host/panic.cpp
#include "vtl1/services/echo.h"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>

#include "vtl1/mm/scratch.h"

namespace vtl1 {
namespace {

constexpr u64 page_address = 0x5000;

/// One page of VTL0's, which VTL0 may change after each read.
struct Vtl0 {
    vtl_echo page{};
    int reads = 0;
    int writes = 0;
    bool refuses_write = false;
    std::function<void()> after_read = [] {};
};

Vtl0 vtl0;
alignas(page_size) PageBytes scratch_bytes;

CallResult call_echo(u32 size_bytes, u32 reserved = 0, u64 address = page_address) {
    vtl0.page.size_bytes = size_bytes;
    vtl0.page.reserved = reserved;
    std::ranges::fill(vtl0.page.data, u8{0x77});
    return services::echo(Vtl0InOut<vtl_echo>{base::Untrusted<u64>{address}});
}

class Echo : public testing::Test {
protected:
    Echo() {
        vtl0 = Vtl0{};
        scratch_bytes.fill(std::byte{0xee});  // of an earlier call
    }
};

TEST_F(Echo, sends_the_bytes_back_and_clears_the_rest) {
    EXPECT_EQ(call_echo(10), 10);

    EXPECT_EQ(vtl0.page.size_bytes, 10);
    EXPECT_EQ(vtl0.page.data[9], 0x77);
    EXPECT_TRUE(std::all_of(vtl0.page.data + 10, vtl0.page.data + VTL_ECHO_BYTES_MAX,
                            [](u8 byte) { return byte == 0; }));
}

TEST_F(Echo, takes_every_size_up_to_the_limit) {
    EXPECT_EQ(call_echo(1), 1);
    EXPECT_EQ(call_echo(VTL_ECHO_BYTES_MAX), VTL_ECHO_BYTES_MAX);
    EXPECT_EQ(vtl0.page.data[VTL_ECHO_BYTES_MAX - 1], 0x77);
}

TEST_F(Echo, refuses_what_it_does_not_understand) {
    EXPECT_EQ(call_echo(0), fail(Error::BadArgument));
    EXPECT_EQ(call_echo(VTL_ECHO_BYTES_MAX + 1), fail(Error::BadArgument));
    EXPECT_EQ(call_echo(~u32{0}), fail(Error::BadArgument));
    EXPECT_EQ(call_echo(1, 1), fail(Error::BadArgument));
    EXPECT_EQ(vtl0.writes, 0);
}

TEST_F(Echo, passes_on_a_bad_address) {
    EXPECT_EQ(call_echo(1, 0, 0x6000), fail(Error::BadAddress));
    vtl0.refuses_write = true;
    EXPECT_EQ(call_echo(1), fail(Error::BadAddress));
}

TEST_F(Echo, reads_the_request_once) {
    vtl0.after_read = [] {
        vtl0.page.size_bytes = ~u32{0};
        vtl0.page.reserved = 1;
    };
    EXPECT_EQ(call_echo(10), 10);
    EXPECT_EQ(vtl0.reads, 1);
    EXPECT_EQ(vtl0.page.size_bytes, 10);
}

}  // namespace

PageBytes& scratch_page() {
    return scratch_bytes;
}

Result<void> copy_from_vtl0(Gpa page, std::span<std::byte> into) {
    if (page != Gpa{page_address}) {
        return fail(Error::BadAddress);
    }
    ++vtl0.reads;
    std::ranges::copy(std::as_bytes(std::span{&vtl0.page, 1}), into.begin());
    vtl0.after_read();
    return {};
}

Result<void> copy_to_vtl0(Gpa page, std::span<const std::byte> from) {
    if (page != Gpa{page_address} || vtl0.refuses_write) {
        return fail(Error::BadAddress);
    }
    ++vtl0.writes;
    std::ranges::copy(from, std::as_writable_bytes(std::span{&vtl0.page, 1}).begin());
    return {};
}

}  // namespace vtl1
