// SPDX-License-Identifier: MIT
// test-with: vtl1/seal/manifest.cpp vtl1/seal/manifest_header.cpp vtl1/crypto/sha2.cpp
// test-with: vtl1/mm/frame_list.cpp vtl1/mm/frame_pool.cpp selftests/host/panic.cpp mbedtls
#include "vtl1/seal/manifest.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace vtl1 {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::array needed{
    MANIFEST_SECTION_SYMBOLS, MANIFEST_SECTION_REGIONS, MANIFEST_SECTION_DIGESTS,
    MANIFEST_SECTION_RELOC64, MANIFEST_SECTION_RELOC32, MANIFEST_SECTION_SITES,
    MANIFEST_SECTION_VALUES,  MANIFEST_SECTION_TARGETS,
};

class ManifestTest : public testing::Test {
protected:
    ManifestTest() : uses_(frame_count), pages_(frame_count), pool_(list_, uses_) {
        base::must(list_.fill(std::vector<vtl1_frame_range>{{0x100, frame_count}}));
        pool_.open(pages_);
        wire_.magic = MANIFEST_MAGIC;
        wire_.format = MANIFEST_FORMAT;
        wire_.version = 7;
        wire_.link_base = 0xffff'ffff'8100'0000;
        wire_.image_bytes = 0x20'0000;
        std::ranges::copy(std::string_view{"6.1-test"}, wire_.release);
        for (const u32 kind : needed) {
            add(kind, Bytes(96, std::byte{static_cast<u8>(kind)}));
        }
    }

    void add(u32 kind, const Bytes& bytes) {
        manifest_section& section = wire_.sections[wire_.section_count];
        section.kind = kind;
        section.bytes = static_cast<u32>(bytes.size());
        std::ranges::copy(crypto::sha512_256(bytes), section.digest);
        ++wire_.section_count;
        contents_.push_back(bytes);
    }

    /// Hands over every page; `spoil` may change one on its way.
    template <class Spoil>
    Result<void> hand_over(Spoil spoil) {
        while (const auto wanted = manifest_.wanted()) {
            PageBytes* page = base::must(manifest_.next_page(*wanted));
            const Bytes& all = contents_[wanted->section];
            const usize start = usize{wanted->page} * page_size;
            const usize count = std::min<usize>(page_size, all.size() - start);
            std::ranges::copy(std::span{all}.subspan(start, count), page->begin());
            spoil(*wanted, *page);
            TRY(manifest_.accept_page());
        }
        return {};
    }

    Result<void> hand_over() {
        return hand_over([](const ManifestPlace&, PageBytes&) {});
    }

    static constexpr usize frame_count = 1200;
    FrameList list_;
    std::vector<FrameUse> uses_;
    std::vector<PageBytes> pages_;
    FramePool pool_;
    manifest_header wire_{};
    std::vector<Bytes> contents_;
    Manifest manifest_;
    bool is_spoilt_ = false;  // a page of the section that is being taken
};

TEST_F(ManifestTest, arrives_whole) {
    Bytes long_one(3 * page_size + 8);
    std::minstd_rand random;
    std::ranges::generate(long_one, [&] { return std::byte(random()); });
    add(MANIFEST_SECTION_NAMES, Bytes(100));
    add(MANIFEST_SECTION_KEYS, long_one);
    EXPECT_FALSE(manifest_.is_complete());
    base::must(manifest_.begin(base::must(ManifestHeader::parse(wire_)), pool_));
    base::must(hand_over());
    EXPECT_TRUE(manifest_.is_complete());
    EXPECT_TRUE(std::ranges::equal(manifest_.table<std::byte>(MANIFEST_SECTION_KEYS), long_one));
    EXPECT_EQ(manifest_.table<u32>(MANIFEST_SECTION_RELOC32)[3], 0x0505'0505U);
    EXPECT_TRUE(manifest_.table<u8>(MANIFEST_SECTION_MASKS).empty());
}

TEST_F(ManifestTest, a_changed_byte_is_refused_and_the_section_begins_anew) {
    base::must(manifest_.begin(base::must(ManifestHeader::parse(wire_)), pool_));
    const auto spoil = [](const ManifestPlace& place, PageBytes& page) {
        page[15] ^= place.section == 5 ? std::byte{1} : std::byte{0};
    };
    EXPECT_EQ(hand_over(spoil), fail(Error::Refused));
    EXPECT_EQ(manifest_.wanted(), (ManifestPlace{.section = 5, .page = 0}));
    EXPECT_FALSE(manifest_.is_complete());
    base::must(hand_over());
    EXPECT_TRUE(manifest_.is_complete());
}

TEST_F(ManifestTest, pages_come_in_order) {
    base::must(manifest_.begin(base::must(ManifestHeader::parse(wire_)), pool_));
    EXPECT_EQ(manifest_.next_page({.section = 1, .page = 0}), fail(Error::BadArgument));
    EXPECT_EQ(manifest_.next_page({.section = 0, .page = 1}), fail(Error::BadArgument));
    EXPECT_EQ(manifest_.begin({}, pool_), fail(Error::TooLate));
    base::must(hand_over());
    EXPECT_EQ(manifest_.next_page({.section = 7, .page = 1}), fail(Error::BadArgument));
}

// VTL0 asks in any order and changes its page whenever it likes: what is complete was signed.
TEST_F(ManifestTest, random_pages_never_make_a_false_manifest) {
    std::minstd_rand random;
    const auto below = [&](u32 limit) { return static_cast<u32>(random() % limit); };
    add(MANIFEST_SECTION_KEYS, Bytes(page_size + 8, std::byte{3}));
    const ManifestHeader header = base::must(ManifestHeader::parse(wire_));
    base::must(manifest_.begin(header, pool_));
    int completed = 0;
    for (int i = 0; i < 20'000; ++i) {
        const ManifestPlace wanted = manifest_.wanted().value_or(ManifestPlace{});
        const ManifestPlace place{.section = below(8) == 0 ? below(40) : wanted.section,
                                  .page = below(8) == 0 ? below(3) : wanted.page};
        const Result<PageBytes*> page = manifest_.next_page(place);
        ASSERT_EQ(page.has_value(), manifest_.wanted() == place);
        if (page.has_value()) {
            const auto part = std::span{contents_[place.section]}.subspan(place.page * page_size);
            std::ranges::copy(part.first(std::min<usize>(part.size(), page_size)),
                              (*page)->begin());
            const usize spoilt = random() % 16 == 0 ? random() % page_size : page_size;
            const bool is_good = spoilt >= std::min<usize>(part.size(), page_size);
            if (spoilt < page_size) {
                (**page)[spoilt] ^= std::byte{4};
            }
            is_spoilt_ = (place.page != 0 && is_spoilt_) || !is_good;
            const bool is_last = part.size() <= page_size;
            ASSERT_EQ(manifest_.accept_page().has_value(), !is_last || !is_spoilt_);
        }
        if (manifest_.is_complete()) {
            for (usize n = 0; n < contents_.size(); ++n) {
                ASSERT_TRUE(std::ranges::equal(manifest_.table<std::byte>(wire_.sections[n].kind),
                                               contents_[n]));
            }
            ++completed;
            manifest_ = Manifest{};
            pool_.give_back_all(FrameUse::Data);
            base::must(manifest_.begin(header, pool_));
        }
    }
    EXPECT_GT(completed, 200);
}

TEST_F(ManifestTest, takes_no_more_memory_than_there_is) {
    base::must(pool_.take(frame_count - 4, FrameUse::Data));
    EXPECT_EQ(manifest_.begin(base::must(ManifestHeader::parse(wire_)), pool_),
              fail(Error::NoMemory));
    EXPECT_FALSE(manifest_.has_header());
}

TEST_F(ManifestTest, a_header_says_all_and_nothing_else) {
    const manifest_header good = wire_;
    const auto refused = [&](auto change) {
        manifest_header copy = good;
        change(copy);
        return ManifestHeader::parse(copy) == fail(Error::BadArgument);
    };
    EXPECT_TRUE(ManifestHeader::parse(good).has_value());
    const ManifestHeader header = base::must(ManifestHeader::parse(good));
    EXPECT_STREQ(reinterpret_cast<const char*>(header.release().data()), "6.1-test");
    EXPECT_TRUE(refused([](auto& h) { h.magic ^= 1; }));
    EXPECT_TRUE(refused([](auto& h) { h.format = 2; }));
    EXPECT_TRUE(refused([](auto& h) { h.link_base += 0x1000; }));
    EXPECT_TRUE(refused([](auto& h) { h.link_base = 0; }));
    EXPECT_TRUE(refused([](auto& h) { h.image_bytes = 0; }));
    EXPECT_TRUE(refused([](auto& h) { h.image_bytes = ~0U; }));
    EXPECT_TRUE(refused([](auto& h) { h.section_count = 33; }));
    EXPECT_TRUE(refused([](auto& h) { h.section_count = ~0U; }));
    EXPECT_TRUE(refused([](auto& h) { h.section_count = 7; })) << "one is missing";
    EXPECT_TRUE(refused([](auto& h) { h.release[63] = 'x'; }));
    EXPECT_TRUE(refused([](auto& h) { h.minimum_mode[15] = 3; }));
    EXPECT_TRUE(refused([](auto& h) { h.reserved0[3] = 1; }));
    EXPECT_TRUE(refused([](auto& h) { h.reserved1[3] = 1; }));
    EXPECT_TRUE(refused([](auto& h) { h.sections[3].bytes = 0; }));
    EXPECT_TRUE(refused([](auto& h) { h.sections[3].bytes = ~0U; }));
    EXPECT_TRUE(refused([](auto& h) { h.sections[3].bytes = ~0U & ~3U; })) << "too many pages";
    EXPECT_TRUE(refused([](auto& h) { h.sections[1].bytes = 8; })) << "half a region";
    EXPECT_TRUE(refused([](auto& h) { h.sections[5].bytes += 4; })) << "a third of a site";
    EXPECT_TRUE(refused([](auto& h) { h.sections[3].kind = 1; })) << "a kind twice";
    EXPECT_TRUE(refused([](auto& h) { h.sections[3].kind = 12; }));
    EXPECT_TRUE(refused([](auto& h) { h.sections[3].kind = 0; }));
}

}  // namespace
}  // namespace vtl1
