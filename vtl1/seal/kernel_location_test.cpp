// SPDX-License-Identifier: MIT
// test-with: vtl1/seal/kernel_location.cpp policies/table_check.cpp policies/kernel_image.cpp
// test-with: vtl1/mm/vtl0_memory.cpp vtl1/mm/vtl0_walk.cpp vtl1/mm/memory.cpp
// test-with: vtl1/mm/frame_list.cpp vtl1/mm/frame_pool.cpp vtl1/mm/frame_ledger.cpp
// test-with: vtl1/mm/frame_states.cpp vtl1/mm/ram_map.cpp
// test-with: selftests/host/protection_hypervisor.cpp selftests/host/vtl0_ram.cpp
// test-with: selftests/host/panic.cpp selftests/host/waiting.cpp selftests/host/lock_ranks.cpp
#include "vtl1/seal/kernel_location.h"

#include "hvcall/abi/tlfs_register.h"
#include "selftests/host/manifest_tables.h"
#include "selftests/host/vtl0_world.h"
#include "vtl1/arch/port.h"

namespace vtl1 {
namespace {

constexpr u64 slide = 0x1240'0000;
constexpr u32 entry = 0x80;
constexpr u64 image_frame = 0x800;

class Location : public host::Vtl0World {
protected:
    Location() {
        made_.image_bytes = 0x30'0001;
        made_.regions = {
            {.kind = MANIFEST_REGION_DATA, .offset = 0, .page_count = 0x300, .first_digest = 0}};
        made_.symbols = {{MANIFEST_SYMBOL_ENTRY_SYSCALL_64, entry}};
        fake::hypervisor.registers = {
            {TLFS_REG_LSTAR, made_.link_base + slide + entry},
            {TLFS_REG_CR3, (root_frame << 12) | 0x805},
            {TLFS_REG_CR4, 0x20},
        };
        lie_at(image_frame);
    }

    void lie_at(u64 frame) {
        map(Gva{made_.link_base + slide}, frame << 12 | entry_open | entry_large, 2);
    }

    Result<KernelLocation> locate() {
        return locate_kernel(hypercall_port(), base::must(policies::check_tables(made_.tables())));
    }

    Result<KernelLocation> locate_with_lstar(u64 value) {
        fake::hypervisor.registers[TLFS_REG_LSTAR] = value;
        return locate();
    }

    host::ManifestTables made_;
};

TEST_F(Location, is_where_syscall_leads) {
    const KernelLocation found = base::must(locate());
    EXPECT_EQ(found.slide(), slide);
    EXPECT_EQ(found.address_of(0x10), Gva{made_.link_base + slide + 0x10});
    EXPECT_EQ(found.gpa_of(0x1234), Gpa{image_frame * page_size + 0x1234});
    EXPECT_EQ(found.offset_of(found.gpa_of(0x30'0000)), 0x30'0000U);
    EXPECT_EQ(found.offset_of(Gpa{found.gpa_of(0x30'0000).raw() + 1}), std::nullopt);
    EXPECT_EQ(found.offset_of(Gpa{found.gpa_of(0).raw() - 1}), std::nullopt);
    EXPECT_EQ(found.offset_of(Gpa{~u64{0}}), std::nullopt);
}

TEST_F(Location, lstar_of_another_kernel_is_refused) {
    const u64 good = made_.link_base + slide + entry;
    for (const u64 bad : {good + 1, good - 0x1000, good + 0x10'0000, good - slide - 0x20'0000,
                          good - slide + 0x4000'0000, u64{0}, ~u64{0}, u64{1} << 63}) {
        EXPECT_EQ(locate_with_lstar(bad), fail(Error::Refused)) << bad;
    }
    EXPECT_EQ(locate_with_lstar(good - slide), fail(Error::Refused)) << "nothing is mapped there";
    EXPECT_TRUE(locate_with_lstar(good).has_value());
}

TEST_F(Location, a_kernel_without_an_entry_is_refused) {
    made_.symbols = {{MANIFEST_SYMBOL_IDT_TABLE, entry}};
    EXPECT_EQ(locate(), fail(Error::Refused));
}

TEST_F(Location, the_whole_image_is_ram) {
    lie_at(ram_frames - 0x200);  // its second half is behind the end of RAM
    EXPECT_EQ(locate(), fail(Error::BadAddress));
    lie_at(u64{1} << 30);
    EXPECT_EQ(locate(), fail(Error::BadAddress));
}

TEST_F(Location, vtl1_may_have_frames_between_the_regions) {
    lie_at(own_first - 0x200);
    made_.regions[0].page_count = 0x200;
    EXPECT_TRUE(locate().has_value());
    made_.regions[0].page_count = 0x201;
    EXPECT_EQ(locate(), fail(Error::BadAddress));
}

TEST_F(Location, frames_are_aligned_as_linux_has_them) {
    map(Gva{made_.link_base + slide}, 0, 2);
    map(Gva{made_.link_base + slide}, (image_frame + 1) << 12 | entry_open);
    EXPECT_EQ(locate(), fail(Error::BadAddress));
}

TEST_F(Location, tables_may_be_anything) {
    fake::hypervisor.registers[TLFS_REG_CR3] = own_first << 12;
    EXPECT_EQ(locate(), fail(Error::Refused));
    fake::hypervisor.registers[TLFS_REG_CR3] = ~u64{0};
    EXPECT_EQ(locate(), fail(Error::Refused));
    fake::hypervisor.registers.erase(TLFS_REG_CR3);
    EXPECT_EQ(locate(), fail(Error::HypervisorFailed));
}

}  // namespace
}  // namespace vtl1
