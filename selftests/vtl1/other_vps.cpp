// SPDX-License-Identifier: MIT
#include "selftests/vtl1/other_vps.h"

#include "hvcall/abi/boot.h"
#include "hvcall/abi/tlfs_register.h"
#include "hvcall/hypercall.h"
#include "vtl1/arch/cpu.h"
#include "vtl1/arch/instructions.h"

extern "C" const base::u8 selftest_return_only[];

namespace selftest {

namespace {

using base::u16;
using base::u32;
using base::u64;
using base::u8;

/// Any number; the hypervisor judges it.
struct Number {
    u64 raw;
};

u64 any(base::Untrusted<u64> value) {
    return base::must(value.parse([](u64 raw) -> base::Result<Number> { return Number{raw}; })).raw;
}

/// The real image names no VP but its own (tlfs.rst 8.1, rule 18).
void store_header(const hv::HypercallPort& port, base::Untrusted<u64> vp_index) {
    const tlfs_vp_registers_header header{.partition_id = TLFS_PARTITION_SELF,
                                          .vp_index = static_cast<u32>(any(vp_index)),
                                          .input_vtl = TLFS_INPUT_VTL_USE_TARGET,
                                          .reserved = {}};
    base::store_wire(*port.input, 0, header);
}

vtl1::CallResult set(base::Untrusted<u64> vp_index, u32 name, u64 value) {
    const hv::HypercallPort& port = vtl1::this_cpu().port;
    store_header(port, vp_index);
    const tlfs_register_assignment assignment{
        .name = name, .reserved = {}, .value = {.low = value, .high = 0}};
    base::store_wire(*port.input, sizeof(tlfs_vp_registers_header), assignment);
    TRY(hv::to_result(hv::rep_call(port, TLFS_CALL_SET_VP_REGISTERS, 1, 0)));
    return 0;
}

/// A flat 64-bit context. @source TLFS, HV_INITIAL_VP_CONTEXT
tlfs_initial_vp_context flat_context(u64 rip, u64 cr3) {
    tlfs_initial_vp_context context{};
    context.rip = rip;
    context.rflags = 2;
    context.cs = {.base = 0, .limit = ~u32{0}, .selector = 8, .attributes = 0xa09b};
    context.ss = {.base = 0, .limit = ~u32{0}, .selector = 16, .attributes = 0xc093};
    context.tr = {.base = 0, .limit = 0x67, .selector = 24, .attributes = 0x8b};
    context.efer = VTL1_BOOT_EFER;
    context.cr0 = VTL1_BOOT_CR0;
    context.cr3 = cr3;
    context.cr4 = vtl1::read_cr4().raw();
    context.pat = VTL1_BOOT_PAT;
    return context;
}

vtl1::CallResult call(u16 code, u64 vp_index, u8 vtl, const tlfs_initial_vp_context& context) {
    const hv::HypercallPort& port = vtl1::this_cpu().port;
    base::store_wire(*port.input, 0,
                     tlfs_enable_vp_vtl{.partition_id = TLFS_PARTITION_SELF,
                                        .vp_index = static_cast<u32>(vp_index),
                                        .target_vtl = vtl,
                                        .reserved = {},
                                        .context = context});
    TRY(hv::to_result(hv::simple_call(port, code)));
    return 0;
}

tlfs_initial_vp_context vtl1_context() {
    return flat_context(std::bit_cast<u64>(&selftest_return_only[0]), vtl1::read_cr3().raw());
}

}  // namespace

vtl1::CallResult enable_vp(base::Untrusted<u64> vp_index) {
    return call(TLFS_CALL_ENABLE_VP_VTL, any(vp_index), 1, vtl1_context());
}

vtl1::CallResult start_vtl1(base::Untrusted<u64> vp_index) {
    return call(TLFS_CALL_START_VIRTUAL_PROCESSOR, any(vp_index), 1, vtl1_context());
}

vtl1::CallResult start_vtl0(base::Untrusted<u64> vp_index,
                            base::Untrusted<u64> rip,
                            base::Untrusted<u64> cr3) {
    return call(TLFS_CALL_START_VIRTUAL_PROCESSOR, any(vp_index), 0,
                flat_context(any(rip), any(cr3)));
}

vtl1::CallResult get_tsc_aux(base::Untrusted<u64> vp_index) {
    const hv::HypercallPort& port = vtl1::this_cpu().port;
    store_header(port, vp_index);
    base::store_wire(*port.input, sizeof(tlfs_vp_registers_header), u32{TLFS_REG_TSC_AUX});
    TRY(hv::to_result(hv::rep_call(port, TLFS_CALL_GET_VP_REGISTERS, 1, 0)));
    return base::load_wire<tlfs_register_value>(*port.output, 0).low;
}

vtl1::CallResult set_tsc_aux(base::Untrusted<u64> vp_index, base::Untrusted<u64> value) {
    return set(vp_index, TLFS_REG_TSC_AUX, any(value));
}

vtl1::CallResult suspend_vtl0(base::Untrusted<u64> vp_index) {
    return set(vp_index, TLFS_REG_INTERNAL_ACTIVITY_STATE, TLFS_ACTIVITY_STARTUP_SUSPEND);
}

}  // namespace selftest
