// SPDX-License-Identifier: MIT
#include "vtl1/intercept/start_state.h"

#include <bit>

#include "hvcall/abi/tlfs_register.h"

namespace vtl1 {

namespace {

constexpr u64 cr0_after_init = 0x10;  // ET; INIT leaves CD and NW alone, which do nothing in a VM
constexpr u64 dr7_after_init = 0x400;
constexpr u64 rflags_after_init = 2;
constexpr u32 limit_after_init = 0xffff;

// Attributes: present, type (TLFS, HV_X64_SEGMENT_REGISTER).
constexpr u16 code_segment = 0x9b;  // execute, read, accessed
constexpr u16 data_segment = 0x93;  // read, write, accessed
constexpr u16 local_table = 0x82;
constexpr u16 task_segment = 0x8b;  // busy: VM entry of Intel CPUs wants it

constexpr tlfs_register_assignment scalar(u32 name, u64 value) {
    return {.name = name, .reserved = {}, .value = {.low = value, .high = 0}};
}

constexpr tlfs_register_assignment segment(u32 name,
                                           u16 attributes,
                                           u64 base = 0,
                                           u16 selector = 0) {
    return {.name = name,
            .reserved = {},
            .value = std::bit_cast<tlfs_register_value>(
                tlfs_segment_register{.base = base,
                                      .limit = limit_after_init,
                                      .selector = selector,
                                      .attributes = attributes})};
}

constexpr tlfs_register_assignment table(u32 name) {
    return {.name = name,
            .reserved = {},
            .value = std::bit_cast<tlfs_register_value>(tlfs_table_register{
                .pad = {}, .limit = static_cast<u16>(limit_after_init), .base = 0})};
}

}  // namespace

// CR0 first: paging ends before what it needs goes away.
std::array<tlfs_register_assignment, 19> start_state(policies::StartVector vector) {
    const auto raw = static_cast<u8>(vector);
    return {
        scalar(TLFS_REG_CR0, cr0_after_init),
        scalar(TLFS_REG_EFER, 0),
        scalar(TLFS_REG_CR4, 0),
        scalar(TLFS_REG_CR3, 0),
        scalar(TLFS_REG_DR7, dr7_after_init),
        scalar(TLFS_REG_RFLAGS, rflags_after_init),
        scalar(TLFS_REG_RIP, 0),
        scalar(TLFS_REG_RSP, 0),
        segment(TLFS_REG_CS, code_segment, u64{raw} << 12, static_cast<u16>(raw << 8)),
        segment(TLFS_REG_DS, data_segment),
        segment(TLFS_REG_ES, data_segment),
        segment(TLFS_REG_FS, data_segment),
        segment(TLFS_REG_GS, data_segment),
        segment(TLFS_REG_SS, data_segment),
        segment(TLFS_REG_LDTR, local_table),
        segment(TLFS_REG_TR, task_segment),
        table(TLFS_REG_GDTR),
        table(TLFS_REG_IDTR),
        scalar(TLFS_REG_KERNEL_GS_BASE, 0),
    };
}

}  // namespace vtl1
