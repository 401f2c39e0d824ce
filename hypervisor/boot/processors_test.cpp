// SPDX-License-Identifier: MIT
// test-with: hypervisor/boot/processors.cpp hypervisor/iommu/acpi_table.cpp hypervisor/svm/vp.cpp
// test-with: base/text.cpp selftests/host/panic.cpp
#include "hypervisor/boot/processors.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <vector>

#include "hypervisor/boot/ap.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/platform/reset.h"

namespace hypervisor {

// The seams, by link: nothing is started here.
bool start_physical_cpu(u32 /*apic_id*/) {
    return false;
}

void reset_machine(std::string_view /*why*/) {
    std::abort();
}

namespace local_apic {

u32 id() {
    return 0;
}

}  // namespace local_apic

namespace console {

void write_line(std::string_view /*text*/) {}

}  // namespace console

namespace {

class ProcessorsTest : public testing::Test {
protected:
    void add(std::vector<int> bytes) {
        for (const int byte : bytes) {
            madt.push_back(static_cast<std::byte>(byte));
        }
    }

    void add_local_apic(int id, bool is_enabled = true) {
        add({0, 8, 0, id, is_enabled ? 1 : 0, 0, 0, 0});
    }

    void add_x2apic(int id) { add({9, 16, 0, 0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}); }

    std::vector<u32> all() const {
        std::vector<u32> ids;
        std::optional<u32> id;
        while ((id = next_processor(madt, id))) {
            ids.push_back(*id);
        }
        return ids;
    }

    std::vector<std::byte> madt = std::vector<std::byte>(44);
};

TEST_F(ProcessorsTest, come_in_the_order_of_their_ids) {
    EXPECT_TRUE(all().empty());
    add_local_apic(3);
    add({1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0});  // an I/O APIC
    add_x2apic(1);
    add_local_apic(0);
    add_local_apic(2, false);
    add_local_apic(3);
    EXPECT_EQ(all(), (std::vector<u32>{0, 3, 0x101}));
}

TEST_F(ProcessorsTest, what_contradicts_itself_ends_the_table) {
    add_local_apic(1);
    add({0, 1});
    add_local_apic(2);
    EXPECT_EQ(all(), std::vector<u32>{1});
}

TEST_F(ProcessorsTest, what_is_cut_off_is_not_read) {
    add_local_apic(1);
    add({0, 8, 0, 7});
    EXPECT_EQ(all(), std::vector<u32>{1});
    madt.resize(44);
    add({0, 4, 0, 7});  // too short for what it says it is
    add_local_apic(2);
    EXPECT_EQ(all(), std::vector<u32>{2});
    madt.resize(20);
    EXPECT_TRUE(all().empty());
}

}  // namespace
}  // namespace hypervisor
