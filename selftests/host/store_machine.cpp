// SPDX-License-Identifier: MIT
#include "selftests/host/store_machine.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "hvcall/abi/tlfs_hypercall.h"
#include "hvcall/abi/tlfs_register.h"
#include "vtl1/intercept/trampolines.h"
#include "vtl1/lock.h"
#include "vtl1/mm/page_window.h"
#include "vtl1/mm/vtl0_memory.h"
#include "vtl1/mm/vtl0_walk.h"

namespace vtl1 {

Machine machine;

hv::HypercallPort port() {
    return {.input = &machine.input,
            .input_gpa = Gpa{0xa000},
            .output = &machine.output,
            .output_gpa = Gpa{0xb000}};
}

// The seams.

void stop_waiting_if_out_of_service() {}

Result<void> admit_trampoline(TrampolineTable& trampolines,
                              const PatchableText& /*place*/,
                              const Vtl0Paging& /*paging*/,
                              Gva address) {
    machine.looked_at.push_back(address);
    if (address != machine.trampoline) {
        return fail(Error::Refused);
    }
    trampolines.add(address, Gpa{0x5000});
    return {};
}

Result<Vtl0Paging> read_vtl0_paging(const hv::HypercallPort& /*port*/) {
    return Vtl0Paging{.root = Gpa{0x1000}, .levels = 4};
}

Result<Gpa> translate_vtl0(const Vtl0Paging& /*paging*/, Gva address) {
    const auto found = machine.pages.find(address.page_number());
    if (found == machine.pages.end()) {
        return fail(Error::NotFound);
    }
    return Gpa{(found->second << 12) + address.page_offset()};
}

Result<void> copy_part_from_vtl0(Gpa from, std::span<std::byte> into) {
    EXPECT_FALSE(machine.is_window_open);
    if (into.size() > page_size - from.page_offset()) {
        return fail(Error::BadArgument);
    }
    ++machine.reads[from.page_number()];
    const PageBytes& page = machine.memory.at(from.page_number());
    std::copy_n(page.begin() + static_cast<std::ptrdiff_t>(from.page_offset()), into.size(),
                into.begin());
    machine.after_read(from.page_number());
    return {};
}

PageWindow::PageWindow(Gpa gpa, PageRights rights) : page_(&machine.memory.at(gpa.page_number())) {
    EXPECT_FALSE(machine.is_window_open);
    EXPECT_GE(gpa.page_number(), image_page);
    EXPECT_LT(gpa.page_number(), image_page + 3);
    EXPECT_NE(rights, PageRights::ReadExecute);
    machine.is_window_open = true;
}

PageWindow::~PageWindow() {
    machine.is_window_open = false;
}

}  // namespace vtl1

namespace hv {

// Reading and writing one register of VTL0's.
u64 call_hypervisor(u64 control, base::Gpa /*input*/, base::Gpa /*output*/) {
    using vtl1::machine;
    EXPECT_FALSE(machine.is_window_open);
    const auto header = base::load_wire<tlfs_vp_registers_header>(machine.input, 0);
    EXPECT_EQ(header.input_vtl & 0xf, 0);
    const u64 done = u64{1} << TLFS_RESULT_REPS_SHIFT;
    if ((control & 0xffff) == TLFS_CALL_GET_VP_REGISTERS) {
        const auto name = base::load_wire<u32>(machine.input, sizeof(header));
        base::store_wire(machine.output, 0,
                         tlfs_register_value{.low = machine.registers[name], .high = 0});
        return done;
    }
    EXPECT_EQ(control & 0xffff, u64{TLFS_CALL_SET_VP_REGISTERS});
    if (machine.refuses_writes) {
        return TLFS_STATUS_INVALID_PARAMETER;
    }
    const auto assignment =
        base::load_wire<tlfs_register_assignment>(machine.input, sizeof(header));
    EXPECT_EQ(assignment.name, u32{TLFS_REG_RIP});
    machine.registers[assignment.name] = assignment.value.low;
    return done;
}

}  // namespace hv
