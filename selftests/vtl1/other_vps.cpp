// SPDX-License-Identifier: MIT
#include "selftests/vtl1/other_vps.h"

#include "hvcall/abi/tlfs_register.h"
#include "hvcall/hypercall.h"
#include "vtl1/arch/cpu.h"

namespace selftest {

namespace {

using base::u32;
using base::u64;

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

}  // namespace

vtl1::CallResult get_tsc_aux(base::Untrusted<u64> vp_index) {
    const hv::HypercallPort& port = vtl1::this_cpu().port;
    store_header(port, vp_index);
    base::store_wire(*port.input, sizeof(tlfs_vp_registers_header), u32{TLFS_REG_TSC_AUX});
    TRY(hv::to_result(hv::rep_call(port, TLFS_CALL_GET_VP_REGISTERS, 1, 0)));
    return base::load_wire<tlfs_register_value>(*port.output, 0).low;
}

vtl1::CallResult set_tsc_aux(base::Untrusted<u64> vp_index, base::Untrusted<u64> value) {
    const hv::HypercallPort& port = vtl1::this_cpu().port;
    store_header(port, vp_index);
    const tlfs_register_assignment assignment{
        .name = TLFS_REG_TSC_AUX, .reserved = {}, .value = {.low = any(value), .high = 0}};
    base::store_wire(*port.input, sizeof(tlfs_vp_registers_header), assignment);
    TRY(hv::to_result(hv::rep_call(port, TLFS_CALL_SET_VP_REGISTERS, 1, 0)));
    return 0;
}

}  // namespace selftest
