// SPDX-License-Identifier: MIT
// test-with: hypervisor/boot/linux_image.cpp hypervisor/boot/memory_map.cpp
// test-with: selftests/host/panic.cpp
#include "hypervisor/boot/linux_image.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "hypervisor/boot/bytes.h"

namespace hypervisor {
namespace {

using base::Error;
using base::u16;
using base::u8;

constexpr u64 setup_sectors = 3;
constexpr u64 setup_bytes = (setup_sectors + 1) * 512;
constexpr u64 payload_bytes = 0x1000;
constexpr u8 header_jump = 0x6a;  // the header ends at 0x202 + 0x6a = 0x26c

/// A bzImage as small as it can be, with the values of a Debian kernel.
class Image {
public:
    Image() : bytes_(setup_bytes + payload_bytes) {
        put<u8>(0x1f1, setup_sectors);
        put<u32>(0x1f4, payload_bytes / 16);
        put<u16>(0x1fe, 0xaa55);
        put<u8>(0x200, 0xeb);
        put<u8>(0x201, header_jump);
        put<u32>(0x202, 0x5372'6448);
        put<u16>(0x206, 0x020f);
        put<u8>(0x211, 0x01);
        put<u32>(0x230, 0x20'0000);
        put<u8>(0x234, 1);
        put<u16>(0x236, 0x003f);
        put<u32>(0x238, 2047);
        put<u32>(0x248, 0x400);
        put<u32>(0x24c, 0x800);
        put<u64>(0x258, 0x100'0000);
        put<u32>(0x260, 0x2a0'0000);
        bytes_[setup_bytes] = std::byte{0x5a};
    }

    template <class T>
    void put(u64 offset, T value) {
        write_number(std::span{bytes_}, offset, value);
    }

    base::Result<LinuxImage> parse() const { return parse_linux_image(bytes_); }

    std::vector<std::byte>& bytes() { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

/// The outcome after one field was changed.
template <class T>
base::Result<LinuxImage> with(u64 offset, T value) {
    static Image image;  // the result points into it
    image = Image{};
    image.put<T>(offset, value);
    return image.parse();
}

TEST(linux_image, reads_the_header) {
    const Image file;
    const auto image = file.parse();
    ASSERT_TRUE(image.has_value());
    EXPECT_EQ(image->setup_bytes, setup_bytes);
    EXPECT_EQ(image->setup_header.size(), 0x202U + header_jump - 0x1f1U);
    EXPECT_EQ(image->protected_mode.size(), payload_bytes);
    EXPECT_EQ(image->protected_mode[0], std::byte{0x5a});
    EXPECT_EQ(image->pref_address, 0x100'0000U);
    EXPECT_EQ(image->init_size, 0x2a0'0000U);
    EXPECT_EQ(image->kernel_alignment, 0x20'0000U);
    EXPECT_EQ(image->cmdline_size, 2047U);
    EXPECT_TRUE(image->is_relocatable);
    EXPECT_TRUE(image->takes_high_addresses);
}

TEST(linux_image, flags_may_be_clear) {
    EXPECT_FALSE(with<u8>(0x234, 0)->is_relocatable);
    EXPECT_FALSE(with<u16>(0x236, 1)->takes_high_addresses);
}

TEST(linux_image, no_setup_sectors_means_four) {
    Image file;
    file.put<u8>(0x1f1, 0);
    file.bytes().resize(usize{5} * 512 + payload_bytes);
    const auto image = file.parse();
    ASSERT_TRUE(image.has_value());
    EXPECT_EQ(image->setup_bytes, u64{5} * 512);
}

TEST(linux_image, refuses_what_is_no_bzimage) {
    EXPECT_EQ(with<u16>(0x1fe, 0xaa54).error(), Error::BadArgument);
    EXPECT_EQ(with<u32>(0x202, 0x5372'6449).error(), Error::BadArgument);
}

TEST(linux_image, refuses_kernels_without_a_64_bit_entry) {
    EXPECT_EQ(with<u16>(0x206, 0x020b).error(), Error::Refused);
    EXPECT_TRUE(with<u16>(0x206, 0x020c).has_value());
    EXPECT_EQ(with<u8>(0x211, 0xfe).error(), Error::Refused);
    EXPECT_EQ(with<u16>(0x236, 0xfffe).error(), Error::Refused);
}

TEST(linux_image, the_header_must_hold_all_fields_and_fit_boot_params) {
    EXPECT_EQ(with<u8>(0x201, 0x61).error(), Error::BadArgument);
    EXPECT_TRUE(with<u8>(0x201, 0x62).has_value());
    EXPECT_TRUE(with<u8>(0x201, 0x8e).has_value());
    EXPECT_EQ(with<u8>(0x201, 0x8f).error(), Error::BadArgument);
    EXPECT_EQ(with<u8>(0x201, 0xff).error(), Error::BadArgument);
}

TEST(linux_image, the_parts_must_be_in_the_file) {
    EXPECT_EQ(with<u8>(0x1f1, 11).error(), Error::BadArgument) << "nothing behind setup";
    EXPECT_EQ(with<u8>(0x1f1, 255).error(), Error::BadArgument);
    EXPECT_EQ(with<u32>(0x1f4, payload_bytes / 16 + 1).error(), Error::BadArgument);
    EXPECT_EQ(with<u32>(0x1f4, 0xffff'ffff).error(), Error::BadArgument);
    EXPECT_TRUE(with<u32>(0x1f4, 1).has_value()) << "something is appended";
    EXPECT_EQ(with<u32>(0x248, 0x801).error(), Error::BadArgument);
    EXPECT_EQ(with<u32>(0x248, 0xffff'ffff).error(), Error::BadArgument);
    EXPECT_EQ(with<u32>(0x24c, 0xffff'ffff).error(), Error::BadArgument);
    EXPECT_TRUE(with<u32>(0x248, 0x800).has_value());
}

TEST(linux_image, the_entry_point_must_be_in_the_file) {
    Image file;
    file.put<u32>(0x1f4, 0x20);
    file.put<u32>(0x248, 0);
    file.put<u32>(0x24c, 0);
    file.bytes().resize(setup_bytes + 0x200);
    EXPECT_EQ(file.parse().error(), Error::BadArgument);
    file.bytes().resize(setup_bytes + 0x201);
    EXPECT_TRUE(file.parse().has_value());
}

TEST(linux_image, syssize_counts_started_paragraphs) {
    Image file;
    file.bytes().resize(file.bytes().size() - 15);
    EXPECT_TRUE(file.parse().has_value());
    file.bytes().resize(file.bytes().size() - 1);
    EXPECT_EQ(file.parse().error(), Error::BadArgument);
}

TEST(linux_image, the_placement_must_make_sense) {
    EXPECT_EQ(with<u32>(0x260, payload_bytes - 1).error(), Error::BadArgument);
    EXPECT_TRUE(with<u32>(0x260, payload_bytes).has_value());
    EXPECT_EQ(with<u64>(0x258, ~u64{0}).error(), Error::BadArgument);
    EXPECT_EQ(with<u32>(0x230, 0).error(), Error::BadArgument);
    EXPECT_EQ(with<u32>(0x230, 0x30'0000).error(), Error::BadArgument);
}

TEST(linux_image, survives_any_length) {
    Image file;
    const auto whole = file.bytes();
    for (usize size = 0; size < whole.size(); ++size) {
        const std::vector<std::byte> part(whole.begin(),
                                          whole.begin() + static_cast<std::ptrdiff_t>(size));
        const auto image = parse_linux_image(part);
        if (size + 16 <= whole.size()) {
            ASSERT_EQ(image.error(), Error::BadArgument) << size;
        }
    }
}

TEST(linux_image, survives_random_headers) {
    std::mt19937 random{1};
    for (int round = 0; round < 20000; ++round) {
        Image file;
        for (int i = 0; i < 6; ++i) {
            file.bytes()[0x1f1 + random() % 0xa0] = static_cast<std::byte>(random());
        }
        const auto image = file.parse();
        if (image.has_value()) {
            std::array<std::byte, boot_params_bytes> out{};
            ASSERT_TRUE(build_boot_params(out, *image, {}, MemoryMap{}).has_value());
        }
    }
}

class BootParams : public testing::Test {
protected:
    template <class T>
    T at(u64 offset) const {
        return base::must(read_number<T>(out_, offset));
    }

    base::Result<void> build(const BootParamsInput& input) {
        const auto image = base::must(file_.parse());
        return build_boot_params(out_, image, input, memory_);
    }

    bool is_untouched() const {
        return std::ranges::all_of(out_, [](std::byte byte) { return byte == std::byte{0xcc}; });
    }

    void SetUp() override { out_.fill(std::byte{0xcc}); }

    Image file_;
    MemoryMap memory_;
    std::array<std::byte, boot_params_bytes> out_{};
};

TEST_F(BootParams, hold_the_header_and_what_the_loader_adds) {
    ASSERT_TRUE(
        build({.command_line = 0x9000, .initrd_address = 0x3000'0000, .initrd_size = 0x12'3456})
            .has_value());
    EXPECT_EQ(at<u32>(0x202), 0x5372'6448U);
    EXPECT_EQ(at<u16>(0x206), 0x020fU);
    EXPECT_EQ(at<u32>(0x260), 0x2a0'0000U);
    EXPECT_EQ(at<u8>(0x210), 0xffU);
    EXPECT_EQ(at<u8>(0x211), 0x01U);
    EXPECT_EQ(at<u32>(0x218), 0x3000'0000U);
    EXPECT_EQ(at<u32>(0x21c), 0x12'3456U);
    EXPECT_EQ(at<u32>(0x228), 0x9000U);
    EXPECT_EQ(at<u32>(0x0c0), 0U);
    EXPECT_EQ(at<u32>(0x0c4), 0U);
    EXPECT_EQ(at<u32>(0x0c8), 0U);
}

TEST_F(BootParams, are_zero_elsewhere) {
    file_.put<u64>(0x250, 0xdead'beef);  // setup_data: a pointer that is not ours
    std::fill_n(file_.bytes().begin(), 0x1f1, std::byte{0xee});
    std::fill_n(file_.bytes().begin() + 0x26c, 0x100, std::byte{0xee});
    ASSERT_TRUE(build({}).has_value());
    for (u64 i = 0; i < 0x1f1; ++i) {
        EXPECT_EQ(at<u8>(i), 0U) << i;
    }
    for (u64 i = 0x26c; i < boot_params_bytes; ++i) {
        EXPECT_EQ(at<u8>(i), 0U) << i;
    }
    EXPECT_EQ(at<u64>(0x250), 0U);
}

TEST_F(BootParams, carry_addresses_above_4_gib_in_two_halves) {
    ASSERT_TRUE(build({.command_line = 0x5'0000'9000,
                       .initrd_address = 0x1'3000'0000,
                       .initrd_size = 0x2'0000'0001})
                    .has_value());
    EXPECT_EQ(at<u32>(0x218), 0x3000'0000U);
    EXPECT_EQ(at<u32>(0x0c0), 1U);
    EXPECT_EQ(at<u32>(0x21c), 1U);
    EXPECT_EQ(at<u32>(0x0c4), 2U);
    EXPECT_EQ(at<u32>(0x228), 0x9000U);
    EXPECT_EQ(at<u32>(0x0c8), 5U);
}

TEST_F(BootParams, are_refused_if_the_kernel_takes_nothing_above_4_gib) {
    file_.put<u16>(0x236, 1);
    EXPECT_EQ(build({.command_line = 0x1'0000'0000}).error(), Error::BadAddress);
    EXPECT_EQ(build({.initrd_address = 0xffff'f000, .initrd_size = 0x1001}).error(),
              Error::BadAddress);
    EXPECT_TRUE(is_untouched());
    EXPECT_TRUE(build({.initrd_address = 0xffff'f000, .initrd_size = 0x1000}).has_value());
}

TEST_F(BootParams, are_refused_for_an_initrd_that_wraps_around) {
    EXPECT_EQ(build({.initrd_address = ~u64{0}, .initrd_size = 1}).error(), Error::BadAddress);
    EXPECT_TRUE(is_untouched());
}

TEST_F(BootParams, hold_the_memory_map) {
    ASSERT_TRUE(memory_.add(0, 0x9'fc00, 1).has_value());
    ASSERT_TRUE(memory_.add(0x1'0000'0000, 0x2'0000'0000, 4).has_value());
    ASSERT_TRUE(build({}).has_value());
    EXPECT_EQ(at<u8>(0x1e8), 2U);
    EXPECT_EQ(at<u64>(0x2d0), 0U);
    EXPECT_EQ(at<u64>(0x2d8), 0x9'fc00U);
    EXPECT_EQ(at<u32>(0x2e0), 1U);
    EXPECT_EQ(at<u64>(0x2e4), 0x1'0000'0000U);
    EXPECT_EQ(at<u64>(0x2ec), 0x2'0000'0000U);
    EXPECT_EQ(at<u32>(0x2f4), 4U);
    EXPECT_EQ(at<u32>(0x2f8), 0U);
}

TEST_F(BootParams, hold_the_largest_memory_map) {
    for (u64 i = 0; i < MemoryMap::max_entries; ++i) {
        ASSERT_TRUE(memory_.add(i * 0x2000, 0x1000, 1).has_value());
    }
    ASSERT_TRUE(build({}).has_value());
    EXPECT_EQ(at<u8>(0x1e8), 128U);
    EXPECT_EQ(at<u64>(0x2d0 + 127 * 20), 127U * 0x2000);
    EXPECT_EQ(at<u32>(0xccc), 1U);
    EXPECT_EQ(at<u32>(0xcd0), 0U);
}

}  // namespace
}  // namespace hypervisor
