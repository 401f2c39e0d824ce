// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/hypercall.h"

namespace hv {

namespace detail {

inline void store_vp_registers_header(const HypercallPort& port, Vtl vtl) {
    const tlfs_vp_registers_header header{.partition_id = TLFS_PARTITION_SELF,
                                          .vp_index = TLFS_VP_SELF,
                                          .input_vtl = input_vtl(vtl),
                                          .reserved = {}};
    base::store_wire(*port.input, 0, header);
}

}  // namespace detail

/// Reads one register of the calling VP's own or lower VTL.
///
/// @param name  TLFS_REG_*
/// @return Error::HypervisorFailed, also for a register that this hypervisor does not have
/// @source TLFS, HvCallGetVpRegisters (call code 0x0050)
inline base::Result<tlfs_register_value> get_vp_register(const HypercallPort& port,
                                                         Vtl vtl,
                                                         u32 name) {
    detail::store_vp_registers_header(port, vtl);
    base::store_wire(*port.input, sizeof(tlfs_vp_registers_header), name);
    TRY(to_result(rep_call(port, TLFS_CALL_GET_VP_REGISTERS, 1, 0)));
    return base::load_wire<tlfs_register_value>(*port.output, 0);
}

/// Writes one register of the calling VP's own or lower VTL.
///
/// @return Error::HypervisorFailed; the register then has its old value
/// @source TLFS, HvCallSetVpRegisters (call code 0x0051)
inline base::Result<void> set_vp_register(const HypercallPort& port,
                                          Vtl vtl,
                                          u32 name,
                                          tlfs_register_value value) {
    detail::store_vp_registers_header(port, vtl);
    const tlfs_register_assignment assignment{.name = name, .reserved = {}, .value = value};
    base::store_wire(*port.input, sizeof(tlfs_vp_registers_header), assignment);
    return to_result(rep_call(port, TLFS_CALL_SET_VP_REGISTERS, 1, 0));
}

/// Takes a register type, so that a value cannot be written to the wrong register.
template <class Reg>
base::Result<Reg> get_register(const HypercallPort& port, Vtl vtl) {
    const tlfs_register_value value = TRY(get_vp_register(port, vtl, Reg::name));
    return Reg::from_raw(value.low);
}

template <class Reg>
base::Result<void> set_register(const HypercallPort& port, Vtl vtl, Reg value) {
    return set_vp_register(port, vtl, Reg::name, {.low = value.raw(), .high = 0});
}

}  // namespace hv
