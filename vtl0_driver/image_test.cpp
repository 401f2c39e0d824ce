// SPDX-License-Identifier: MIT
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <vector>

// The driver's file as it is: it needs nothing of the kernel.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wold-style-cast"
#pragma clang diagnostic ignored "-Wcast-qual"
extern "C" {
#include "vtl0_driver/image.c"
}
#pragma clang diagnostic pop

namespace {

constexpr std::size_t page = 4096;

/// An ELF file in the making: text, read-only data, data with zeroes at its end.
struct Elf {
    Elf64_Ehdr header{};
    std::vector<Elf64_Phdr> segments;
    std::size_t size_bytes = 4 * page;

    Elf() {
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_ident[EI_VERSION] = EV_CURRENT;
        header.e_version = EV_CURRENT;
        header.e_machine = EM_X86_64;
        header.e_type = ET_EXEC;
        header.e_ehsize = sizeof(Elf64_Ehdr);
        header.e_phentsize = sizeof(Elf64_Phdr);
        header.e_phoff = sizeof(Elf64_Ehdr);
        header.e_entry = VTL1_IMAGE_VA + 0x10;
        add(VTL1_IMAGE_VA, 1 * page, 0x800, 0x800, PF_R | PF_X);
        add(VTL1_IMAGE_VA + 2 * page, 2 * page, 0x10, 0x10, PF_R);
        add(VTL1_IMAGE_VA + 4 * page, 3 * page, 0x1000, 0x3001, PF_R | PF_W);
    }

    void add(__u64 va, __u64 offset, __u64 file_bytes, __u64 memory_bytes, __u32 flags) {
        Elf64_Phdr segment{};
        segment.p_type = PT_LOAD;
        segment.p_flags = flags;
        segment.p_offset = offset;
        segment.p_vaddr = va;
        segment.p_filesz = file_bytes;
        segment.p_memsz = memory_bytes;
        segments.push_back(segment);
        header.e_phnum = static_cast<__u16>(segments.size());
    }

    /// The bytes, in a block of exactly that size so that a read beyond is caught.
    std::vector<std::byte> bytes() const {
        std::vector<std::byte> file(size_bytes);
        const auto put = [&](std::size_t offset, const void* from, std::size_t count) {
            if (offset < file.size()) {
                std::memcpy(&file[offset], from, std::min(count, file.size() - offset));
            }
        };
        put(0, &header, sizeof(header));
        put(sizeof(header), segments.data(), segments.size() * sizeof(Elf64_Phdr));
        return file;
    }
};

/// "" if it is accepted
std::string refusal(const std::vector<std::byte>& file) {
    vtl1_image image;
    const char* problem = vtl1_image_parse(file.data(), file.size(), &image);
    return problem == nullptr ? "" : problem;
}

std::string refusal(const std::function<void(Elf&)>& spoil) {
    Elf elf;
    spoil(elf);
    return refusal(elf.bytes());
}

TEST(Image, gives_segments_of_a_good_file) {
    const std::vector<std::byte> file = Elf{}.bytes();
    vtl1_image image;
    ASSERT_EQ(vtl1_image_parse(file.data(), file.size(), &image), nullptr);
    EXPECT_EQ(image.entry, VTL1_IMAGE_VA + 0x10);
    ASSERT_EQ(image.segment_count, 3U);
    EXPECT_EQ(image.page_count, 1U + 1U + 4U);
    EXPECT_EQ(image.segments[0].va, VTL1_IMAGE_VA);
    EXPECT_TRUE(image.segments[0].is_executable);
    EXPECT_FALSE(image.segments[0].is_writable);
    EXPECT_FALSE(image.segments[1].is_executable || image.segments[1].is_writable);
    EXPECT_TRUE(image.segments[2].is_writable);
    EXPECT_EQ(image.segments[2].page_count, 4U);
    EXPECT_EQ(image.segments[2].file_offset, 3 * page);
    EXPECT_EQ(image.segments[2].file_bytes, 0x1000U);
}

TEST(Image, takes_a_file_that_is_not_aligned) {
    const std::vector<std::byte> file = Elf{}.bytes();
    std::vector<std::byte> shifted(file.size() + 1);
    std::memcpy(&shifted[1], file.data(), file.size());
    vtl1_image image;
    EXPECT_EQ(vtl1_image_parse(&shifted[1], file.size(), &image), nullptr);
}

TEST(Image, refuses_what_is_not_a_64_bit_x86_executable) {
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_ident[0] = 'X'; }), "not an ELF file");
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_ident[EI_CLASS] = ELFCLASS32; }),
              "not a 64-bit ELF file");
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_ident[EI_DATA] = ELFDATA2MSB; }),
              "not little-endian");
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_version = 2; }), "unknown ELF version");
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_machine = EM_AARCH64; }), "not for x86-64");
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_type = ET_DYN; }),
              "not an executable at a fixed address");
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_ehsize = 0; }), "file header has a wrong size");
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_phentsize = 32; }),
              "program headers have a wrong size");
}

TEST(Image, refuses_a_file_cut_anywhere) {
    const std::vector<std::byte> whole = Elf{}.bytes();
    for (std::size_t size = 0; size < whole.size(); size += 7) {
        const std::vector<std::byte> cut(whole.begin(),
                                         whole.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_NE(refusal(cut), "") << size;
    }
    EXPECT_EQ(refusal(std::vector<std::byte>(whole.begin(), whole.begin() + 63)),
              "too short for an ELF file");
}

TEST(Image, refuses_a_file_that_is_too_large) {
    EXPECT_EQ(refusal([](Elf& e) { e.size_bytes = 0x1000001; }), "larger than 16 MiB");
}

TEST(Image, refuses_program_headers_outside_the_file) {
    const std::string expected = "program headers lie outside the file (truncated?)";
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_phoff = e.size_bytes - 100; }), expected);
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_phoff = ~0ULL; }), expected);
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_phnum = 0xfffe; }), expected);
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_phnum = 0; }), "no program headers");
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_phnum = PN_XNUM; }), "no program headers");
}

TEST(Image, refuses_segments_outside_the_file) {
    const std::string expected = "a segment lies outside the file (truncated?)";
    EXPECT_EQ(refusal([](Elf& e) { e.segments[0].p_offset = e.size_bytes - 1; }), expected);
    EXPECT_EQ(refusal([](Elf& e) { e.segments[0].p_offset = ~0ULL; }), expected);
    EXPECT_EQ(refusal([](Elf& e) { e.segments[0].p_filesz = e.segments[0].p_memsz = 5 * page; }),
              expected);
    EXPECT_EQ(refusal([](Elf& e) { e.segments[0].p_filesz = e.segments[0].p_memsz = ~0ULL; }),
              expected);
}

TEST(Image, refuses_segments_outside_the_image_addresses) {
    const std::string expected = "a segment lies outside the image's 2 MiB of addresses";
    EXPECT_EQ(refusal([](Elf& e) { e.segments[1].p_vaddr = VTL1_IMAGE_VA - page; }), expected);
    EXPECT_EQ(refusal([](Elf& e) { e.segments[1].p_vaddr = 0; }), expected);
    EXPECT_EQ(refusal([](Elf& e) { e.segments[1].p_vaddr = VTL1_IMAGE_VA + VTL1_IMAGE_BYTES_MAX; }),
              expected);
    EXPECT_EQ(refusal([](Elf& e) { e.segments[2].p_memsz = VTL1_IMAGE_BYTES_MAX; }), expected);
    EXPECT_EQ(refusal([](Elf& e) { e.segments[2].p_memsz = ~0ULL; }), expected);
    EXPECT_EQ(refusal([](Elf& e) { e.segments[2].p_memsz = 1ULL << 63; }), expected);
    EXPECT_EQ(refusal([](Elf& e) { e.segments[2].p_vaddr = ~0ULL - page + 1; }), expected);
}

TEST(Image, takes_a_segment_that_ends_with_the_image_addresses) {
    EXPECT_EQ(refusal([](Elf& e) { e.segments[2].p_memsz = VTL1_IMAGE_BYTES_MAX - 4 * page; }), "");
}

TEST(Image, refuses_segments_that_overlap) {
    EXPECT_EQ(refusal([](Elf& e) { e.segments[1].p_vaddr = VTL1_IMAGE_VA; }),
              "two segments overlap");
    EXPECT_EQ(refusal([](Elf& e) { e.segments[2].p_vaddr = VTL1_IMAGE_VA + page; }),
              "two segments overlap");
    EXPECT_EQ(refusal([](Elf& e) { e.segments[0].p_memsz = 2 * page + 1; }),
              "two segments overlap");
}

TEST(Image, refuses_ill_formed_segments) {
    EXPECT_EQ(refusal([](Elf& e) { e.segments[1].p_vaddr += 8; }), "a segment is not page aligned");
    EXPECT_EQ(refusal([](Elf& e) { e.segments[1].p_filesz = e.segments[1].p_memsz + 1; }),
              "a segment is larger in the file than in memory");
    EXPECT_EQ(refusal([](Elf& e) { e.segments[1].p_filesz = e.segments[1].p_memsz = 0; }),
              "a segment is empty");
    EXPECT_EQ(refusal([](Elf& e) { e.segments[0].p_flags |= PF_W; }),
              "a segment is writable and executable");
    EXPECT_EQ(refusal([](Elf& e) { e.segments[0].p_flags = PF_X; }), "a segment is not readable");
    EXPECT_EQ(refusal([](Elf& e) { e.segments[1].p_type = PT_DYNAMIC; }), "needs a dynamic linker");
    EXPECT_EQ(refusal([](Elf& e) { e.segments[1].p_type = PT_INTERP; }), "needs a dynamic linker");
}

TEST(Image, refuses_too_many_or_no_segments) {
    EXPECT_EQ(refusal([](Elf& e) {
                  for (unsigned i = 0; i < VTL1_SEGMENT_COUNT_MAX; ++i) {
                      e.add(VTL1_IMAGE_VA + (16 + i) * page, 0, 1, 1, PF_R);
                  }
              }),
              "too many segments");
    EXPECT_EQ(refusal([](Elf& e) {
                  for (Elf64_Phdr& segment : e.segments) {
                      segment.p_type = PT_NOTE;
                  }
              }),
              "nothing to load");
}

TEST(Image, refuses_an_entry_that_is_not_code) {
    const std::string expected = "the entry point is not in an executable segment";
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_entry = 0; }), expected);
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_entry = VTL1_IMAGE_VA - 1; }), expected);
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_entry = VTL1_IMAGE_VA + 0x800; }), expected);
    EXPECT_EQ(refusal([](Elf& e) { e.header.e_entry = VTL1_IMAGE_VA + 2 * page; }), expected);
}

TEST(Image, survives_any_change_of_a_byte) {
    const std::vector<std::byte> good = Elf{}.bytes();
    for (std::size_t i = 0; i < sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr); ++i) {
        for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
            std::vector<std::byte> file = good;
            file[i] = static_cast<std::byte>(value);
            vtl1_image image;
            if (vtl1_image_parse(file.data(), file.size(), &image) != nullptr) {
                continue;
            }
            for (__u32 n = 0; n < image.segment_count; ++n) {
                const vtl1_segment& segment = image.segments[n];
                EXPECT_LE(segment.file_offset + segment.file_bytes, file.size());
                EXPECT_LE(segment.file_bytes, segment.page_count * page);
                EXPECT_GE(segment.va, VTL1_IMAGE_VA);
                EXPECT_LE(segment.va + segment.page_count * page,
                          VTL1_IMAGE_VA + VTL1_IMAGE_BYTES_MAX);
                EXPECT_FALSE(segment.is_writable && segment.is_executable);
            }
        }
    }
}

}  // namespace
