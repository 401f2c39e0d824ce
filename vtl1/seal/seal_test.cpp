// SPDX-License-Identifier: MIT
// test-with: vtl1/intercept/vtl0_store.cpp vtl1/intercept/patch_state.cpp
// test-with: vtl1/intercept/patchable_text.cpp vtl1/intercept/trampolines.cpp
// test-with: vtl1/intercept/trampoline_table.cpp policies/ftrace_trampoline.cpp
// test-with: vtl1/seal/seal.cpp vtl1/seal/manifest.cpp vtl1/seal/manifest_header.cpp
// test-with: vtl1/seal/kernel_location.cpp vtl1/seal/regions.cpp vtl1/seal/verify.cpp
// test-with: vtl1/seal/executable_pages.cpp vtl1/seal/sealed_kernel.cpp vtl1/vtl/phase.cpp
// test-with: vtl1/seal/claims.cpp
// test-with: vtl1/services/manifest.cpp vtl1/services/seal.cpp vtl1/intercept/text_write.cpp
// test-with: policies/text_poke.cpp policies/text_site.cpp policies/table_check.cpp
// test-with: policies/kernel_image.cpp policies/store_decoder.cpp vtl1/mm/vtl0_memory.cpp
// test-with: vtl1/mm/vtl0_walk.cpp vtl1/mm/vtl0_sweep.cpp vtl1/mm/memory.cpp
// test-with: vtl1/mm/frame_list.cpp vtl1/mm/frame_pool.cpp vtl1/mm/frame_ledger.cpp
// test-with: vtl1/mm/frame_states.cpp vtl1/mm/ram_map.cpp base/text.cpp mbedtls
// test-with: selftests/host/protection_hypervisor.cpp selftests/host/vtl0_ram.cpp
// test-with: selftests/host/panic.cpp selftests/host/waiting.cpp
#include "vtl1/seal/seal.h"

#include <algorithm>
#include <random>

#include "hvcall/abi/tlfs_register.h"
#include "selftests/host/vtl0_world.h"
#include "vtl1/arch/cpu_list.h"
#include "vtl1/crypto/operator_key.h"
#include "vtl1/crypto/sha2.h"
#include "vtl1/intercept/cpu_start.h"
#include "vtl1/seal/claims.h"
#include "vtl1/seal/sealed_kernel.h"
#include "vtl1/services/manifest.h"
#include "vtl1/services/seal.h"
#include "vtl1/vtl/phase.h"

namespace vtl1 {
namespace {

using enum FrameState;
using fake::hypervisor;
using fake::vtl0_ram;
using Bytes = std::vector<std::byte>;

u32 pinned_count = 0;
u32 held_ranks = 0;
Error signature_error{};  // 0: none
int signatures_checked = 0;

constexpr u64 header_frame = 0x700;
constexpr u64 page_frame = 0x701;
constexpr u64 image_frame = 0x800;
constexpr u64 slide = 0x40'0000;
constexpr u64 link_base = 0xffff'ffff'8100'0000;
constexpr u64 lstar = link_base + slide + 0x20;
constexpr u64 none = ~u64{0};
constexpr u64 has_mbec = u64{1} << 21;  // TLFS, HV_REGISTER_VSM_PARTITION_STATUS, of VTL1

// A page of text with a LOCK prefix at 0x10 and one of read-only data with two relocated fields.
constexpr u32 lock_prefix = 0x10;
constexpr u32 reloc64 = 0x1100;
constexpr u32 reloc32 = 0x1200;

template <class T>
Bytes bytes_of(const std::vector<T>& records) {
    const auto bytes = std::as_bytes(std::span{records});
    return {bytes.begin(), bytes.end()};
}

/// What there is of VTL1 is there once: one test, from the first header to the seal and after.
class Seal : public host::Vtl0World {
protected:
    Seal() : pool_(own_count) {
        frame_pool.open(pool_);
        hypervisor.registers = {{TLFS_REG_LSTAR, lstar},
                                {TLFS_REG_CR3, root_frame << 12},
                                {TLFS_REG_CR4, 0},
                                {TLFS_REG_HYPERCALL, 0x600'001}};
        hypervisor.own_registers = {{TLFS_REG_VSM_PARTITION_STATUS, has_mbec}};
        load();
        make_manifest();
    }

    void load() {
        PageBytes linked[2]{};
        linked[0].fill(std::byte{0x90});
        base::store_wire(linked[1], reloc64 % page_size, u64{link_base + 0x30});
        base::store_wire(linked[1], reloc32 % page_size, u32{0x8100'0040});
        linked[0][lock_prefix] = std::byte{0};
        for (u64 i = 0; i < 2; ++i) {
            std::ranges::copy(crypto::sha512_256(linked[i]),
                              digests_.begin() + static_cast<std::ptrdiff_t>(i * 32));
            vtl0_ram.pages[image_frame + i] = linked[i];
            map(Gva{link_base + slide + i * page_size},
                (image_frame + i) << 12 | entry_open | (i == 0 ? 0 : entry_no_execute));
        }
        vtl0_ram.at(Gpa{image_frame * page_size + lock_prefix}) = std::byte{0xf0};
        PageBytes& data = vtl0_ram.pages[image_frame + 1];
        base::store_wire(data, reloc64 % page_size, u64{link_base + slide + 0x30});
        base::store_wire(data, reloc32 % page_size, static_cast<u32>(0x8100'0040 + slide));
    }

    void make_manifest() {
        header_.magic = MANIFEST_MAGIC;
        header_.format = MANIFEST_FORMAT;
        header_.version = crypto::manifest_version_floor;
        std::ranges::copy(std::string_view{"6.1-t"}, header_.release);
        header_.link_base = link_base;
        header_.image_bytes = 0x2000;
        header_.minimum_mode[MANIFEST_POLICY_MODULES] = MANIFEST_MODE_AUDIT;
        add(MANIFEST_SECTION_SYMBOLS,
            bytes_of<manifest_symbol>({{MANIFEST_SYMBOL_ENTRY_SYSCALL_64, 0x20}}));
        add(MANIFEST_SECTION_REGIONS,
            bytes_of<manifest_region>(
                {{MANIFEST_REGION_TEXT, 0, 1, 0}, {MANIFEST_REGION_RODATA, 0x1000, 1, 1}}));
        add(MANIFEST_SECTION_NAMES, Bytes(5000));  // for tools
        add(MANIFEST_SECTION_DIGESTS, bytes_of(digests_));
        add(MANIFEST_SECTION_RELOC64, bytes_of<u32>({reloc64}));
        add(MANIFEST_SECTION_RELOC32, bytes_of<u32>({reloc32}));
        add(MANIFEST_SECTION_SITES,
            bytes_of<manifest_site>({{lock_prefix, MANIFEST_SITE_SMP_LOCK, 1, 0, 0}}));
        add(MANIFEST_SECTION_VALUES, Bytes(3 * page_size + 100, std::byte{7}));
        add(MANIFEST_SECTION_TARGETS, bytes_of<manifest_target>({{1, 0x40}}));
    }

    void add(u32 kind, const Bytes& bytes) {
        manifest_section& section = header_.sections[header_.section_count++];
        section.kind = kind;
        section.bytes = static_cast<u32>(bytes.size());
        std::ranges::copy(crypto::sha512_256(bytes), section.digest);
        sections_.push_back(bytes);
    }

    static CallResult give_header(const manifest_header& header, u64 gpa = header_frame << 12) {
        base::store_wire(vtl0_ram.pages[header_frame], 0, header);
        return services::manifest_header(Vtl0In<manifest_header>{base::Untrusted<u64>{gpa}});
    }

    void fill_page(u64 place) {
        const Bytes& all = sections_.at(place >> 32);
        const usize start = static_cast<u32>(place) * page_size;
        const usize count = std::min<usize>(page_size, all.size() - start);
        std::ranges::copy(std::span{all}.subspan(start, count), vtl0_ram.pages[page_frame].begin());
    }

    static CallResult give_page(u64 place, u64 gpa = page_frame << 12) {
        return services::manifest_page(base::Untrusted<u64>{gpa}, base::Untrusted<u64>{place});
    }

    void refuse_bad_headers() {
        EXPECT_EQ(services::seal(), fail(Error::Refused));
        EXPECT_FALSE(are_unproved_modules_allowed());
        manifest_header bad = header_;
        bad.version = crypto::manifest_version_floor - 1;
        EXPECT_EQ(give_header(bad), fail(Error::Refused));
        bad = header_;
        bad.sections[0].bytes = 0;
        EXPECT_EQ(give_header(bad), fail(Error::BadArgument));
        for (const Error error : {Error::Refused, Error::Busy}) {
            signature_error = error;
            EXPECT_EQ(give_header(header_), fail(error));
        }
        signature_error = Error{};
        EXPECT_EQ(give_header(header_, own_first << 12), fail(Error::BadAddress));
        EXPECT_EQ(give_header(header_, (header_frame << 12) + 1), fail(Error::BadAddress));
        signatures_checked = 0;
        bad = header_;
        bad.magic ^= 1;
        EXPECT_EQ(give_header(bad), fail(Error::BadArgument));
        EXPECT_EQ(signatures_checked, 0) << "that is dear";
        EXPECT_EQ(give_page(0), fail(Error::BadArgument)) << "there is no header";
    }

    // VTL0 puts another header there as soon as VTL1 has read the good one.
    void take_header() {
        vtl0_ram.after_read = [](u64 frame) { vtl0_ram.pages[frame].fill(std::byte{0xff}); };
        EXPECT_EQ(give_header(header_), 0U);
        vtl0_ram.after_read = [](u64) {};
        EXPECT_EQ(give_header(header_), 0U) << "again";
        manifest_header other = header_;
        other.version += 1;
        EXPECT_EQ(give_header(other), fail(Error::TooLate));
        EXPECT_EQ(services::seal(), fail(Error::Refused)) << "pages are missing";
    }

    u64 next_place(u64 place) const {
        const u64 section = place >> 32;
        const u64 page = (place & 0xffff'ffff) + 1;
        if (page * page_size < sections_.at(section).size()) {
            return section << 32 | page;
        }
        const u64 next = section == 1 ? 3 : section + 1;
        return next == sections_.size() ? none : next << 32;
    }

    /// Good and bad pages in random order, each of which changes when it has been read.
    void take_pages_amid_bad_ones() {
        std::minstd_rand random;
        u64 wanted = 0;
        int refused = 0;
        while (wanted != none) {
            fill_page(wanted);
            vtl0_ram.after_read = [&](u64 frame) {
                vtl0_ram.pages[frame][random() % page_size] ^= std::byte{1};
            };
            switch (random() % 8) {
                case 0:
                    EXPECT_EQ(give_page(wanted ^ 1), fail(Error::BadArgument));
                    break;
                case 1:
                    EXPECT_EQ(give_page(wanted ^ u64{random()} << 20 ^ u64{1} << 63),
                              fail(Error::BadArgument));
                    break;
                case 2:
                    EXPECT_EQ(give_page(wanted, (own_first + random() % own_count) << 12),
                              fail(Error::BadAddress));
                    break;
                case 3:
                    EXPECT_EQ(give_page(wanted, u64{random()} << 24 | 0x80'0000'0001),
                              fail(Error::BadAddress));
                    break;
                case 4: {
                    vtl0_ram.pages[page_frame][0] ^= std::byte{0x80};
                    const CallResult result = give_page(wanted);
                    if (next_place(wanted) >> 32 == wanted >> 32) {
                        EXPECT_EQ(result, next_place(wanted)) << "noticed at the section's end";
                        wanted = next_place(wanted);
                        while (next_place(wanted) >> 32 == wanted >> 32) {
                            fill_page(wanted);
                            wanted = base::must(give_page(wanted));
                        }
                        fill_page(wanted);
                        EXPECT_EQ(give_page(wanted), fail(Error::Refused));
                    } else {
                        EXPECT_EQ(result, fail(Error::Refused));
                    }
                    wanted = wanted >> 32 << 32;
                    ++refused;
                    break;
                }
                default: {
                    const u64 next = next_place(wanted);
                    EXPECT_EQ(give_page(wanted), next);
                    wanted = next;
                }
            }
        }
        EXPECT_GT(refused, 0);
        vtl0_ram.after_read = [](u64) {};
        EXPECT_EQ(give_page(0), fail(Error::BadArgument)) << "all are there";
        EXPECT_EQ(give_header(header_), none);
        EXPECT_TRUE(are_unproved_modules_allowed());
    }

    /// Steps until something else than "again" is answered, or `done` holds.
    template <class Done>
    static CallResult step_until(Done done) {
        for (int i = 0; i < 1000; ++i) {
            const CallResult result = services::seal();
            if (result != fail(Error::Busy) || done()) {
                return result;
            }
        }
        ADD_FAILURE() << "it does not end";
        return 0;
    }

    static CallResult step_to_end() {
        return step_until([] { return false; });
    }

    static void refuse_without_mbec() {
        hypervisor.own_registers[TLFS_REG_VSM_PARTITION_STATUS] = 0;
        EXPECT_EQ(services::seal(), fail(Error::Refused));
        EXPECT_TRUE(vtl0_ram.has_logged("has no MBEC"));
        hypervisor.own_registers[TLFS_REG_VSM_PARTITION_STATUS] = has_mbec;
    }

    static void locate() {
        hypervisor.registers[TLFS_REG_LSTAR] = lstar + 0x1000;
        EXPECT_EQ(step_to_end(), fail(Error::Refused));
        EXPECT_EQ(sealed_kernel(), nullptr);
        EXPECT_EQ(total(Open), ram_frames - own_count);
        hypervisor.registers[TLFS_REG_LSTAR] = lstar;
        static_cast<void>(step_until([] { return sealed_kernel() != nullptr; }));
        ASSERT_NE(sealed_kernel(), nullptr);
        EXPECT_EQ(sealed_kernel()->location.gpa_of(0), Gpa::of_page(image_frame));
        EXPECT_EQ(state(image_frame), Open) << "patches can be judged before it is frozen";
    }

    static void freeze_and_verify() {
        std::byte& place = vtl0_ram.at(Gpa{image_frame * page_size + lock_prefix});
        place = std::byte{0xcc};
        EXPECT_EQ(step_to_end(), fail(Error::Refused));
        EXPECT_EQ(step_to_end(), fail(Error::Refused)) << "and again";
        EXPECT_EQ(state(image_frame), FrozenText);
        EXPECT_EQ(state(image_frame + 1), FrozenData);
        place = std::byte{0x3e};
        static_cast<void>(step_until([] { return total(Sealed) == 1; }));
        EXPECT_EQ(state(image_frame), KernelText);
        EXPECT_EQ(state(image_frame + 1), Sealed);
    }

    void account_and_close() {
        map(Gva{0xffff'ffff'a000'0000}, 0x900 << 12 | entry_open);
        map(Gva{0xffff'ffff'ff00'0000}, 0x901 << 12 | entry_open);
        EXPECT_EQ(step_to_end(), fail(Error::Refused));
        EXPECT_EQ(state(0x900), Unproved);
        EXPECT_EQ(state(0x901), Open);
        map(Gva{0xffff'ffff'ff00'0000}, 0x600 << 12 | entry_open);
        hypervisor.overlaid = {0x600};
        pinned_count = 2;
        EXPECT_EQ(step_to_end(), fail(Error::Refused)) << "one VP is not pinned";
        EXPECT_TRUE(vtl0_ram.has_logged("1 VPs are not pinned"));
        EXPECT_EQ(current_phase(), Phase::Boot);
        EXPECT_EQ(total(Open), 1U) << "under the hypercall page";
        EXPECT_EQ(access(0x901), 0xbU);
    }

    static void check_claims() {
        ASSERT_NE(seal_facts(), nullptr);
        EXPECT_EQ(seal_facts()->verified.pages, 2U);
        EXPECT_EQ(seal_facts()->verified.sites, 1U);
        EXPECT_EQ(seal_facts()->location.gpa_of(0), Gpa::of_page(image_frame));
        EXPECT_EQ(seal_facts()->manifest_version, crypto::manifest_version_floor);
        EXPECT_STREQ(reinterpret_cast<const char*>(seal_facts()->manifest_release.data()), "6.1-t");
        const FrameClaims claims = frame_claims();
        EXPECT_EQ(claims.totals.of(KernelText), 1U);
        EXPECT_EQ(claims.totals.of(Open), 1U);
        EXPECT_EQ(claims.totals.of(Unproved), total(Unproved));
        u64 low = 0;
        for (u64 frame = 0; frame < 0x100; ++frame) {
            low += state(frame) == Unproved ? 1 : 0;
        }
        EXPECT_EQ(claims.unproved_start, low);
    }

    void be_sealed() {
        pinned_count = 3;  // VTL0 has not started on the fourth
        EXPECT_EQ(seal_facts(), nullptr);
        EXPECT_EQ(step_to_end(), 0U);
        EXPECT_EQ(current_phase(), Phase::Sealed);
        check_claims();
        EXPECT_TRUE(vtl0_ram.has_logged("sealed; 2 pages and 1 sites verified, 0 bytes masked"));
        EXPECT_TRUE(vtl0_ram.has_logged("unproved pages: 1 of modules, 0 of start-up code"));
        EXPECT_TRUE(vtl0_ram.has_logged("1 frames under overlay pages stay open"));
        EXPECT_EQ(services::seal(), fail(Error::TooLate));
        EXPECT_EQ(give_page(0), fail(Error::BadArgument));
        manifest_header other = header_;
        other.version += 1;
        EXPECT_EQ(give_header(other), fail(Error::TooLate));
        EXPECT_EQ(held_ranks, 0U);
    }

    std::vector<u8> digests_ = std::vector<u8>(64);
    manifest_header header_{};
    std::vector<Bytes> sections_;
    std::vector<PageBytes> pool_;
};

TEST_F(Seal, from_the_first_header_to_the_end) {
    refuse_bad_headers();
    take_header();
    take_pages_amid_bad_ones();
    refuse_without_mbec();
    locate();
    freeze_and_verify();
    account_and_close();
    be_sealed();
}

}  // namespace

CpuTotals cpu_totals() {
    return {.online = 4, .pinned = pinned_count, .waiting = 1, .calls = 0, .nmis = 0};
}

u32 cpu_count() {
    return 4;
}

void allow_start_at(Gpa /*page*/) {}

Result<void> crypto::verify_operator(std::span<const u8, p384_bytes> /*digest*/,
                                     std::span<const u8, 2 * p384_bytes> /*signature*/) {
    ++signatures_checked;
    return signature_error == Error{} ? Result<void>{} : fail(signature_error);
}

}  // namespace vtl1

namespace base {

void enter_rank(u8 rank) {
    EXPECT_EQ(vtl1::held_ranks >> rank, 0U) << "locks are taken upwards";
    vtl1::held_ranks |= 1U << rank;
}

void leave_rank(u8 rank) {
    vtl1::held_ranks &= ~(1U << rank);
}

}  // namespace base
