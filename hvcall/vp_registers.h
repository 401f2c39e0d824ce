// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "hvcall/abi/tlfs_register.h"
#include "hvcall/hypercall.h"

namespace hv {

namespace detail {

inline void store_vp_registers_header(const HypercallPort& port,
                                      Vtl vtl,
                                      u32 vp_index = TLFS_VP_SELF) {
    const tlfs_vp_registers_header header{.partition_id = TLFS_PARTITION_SELF,
                                          .vp_index = vp_index,
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

/// Writes registers of the calling VP's own or lower VTL, in order.
///
/// @param assignments  as many as fit into the input page
/// @return Error::HypervisorFailed; some registers may then have been written
/// @source TLFS, HvCallSetVpRegisters (call code 0x0051)
inline base::Result<void> set_vp_registers(const HypercallPort& port,
                                           Vtl vtl,
                                           std::span<const tlfs_register_assignment> assignments) {
    detail::store_vp_registers_header(port, vtl);
    base::usize offset = sizeof(tlfs_vp_registers_header);
    for (const tlfs_register_assignment& assignment : assignments) {
        base::store_wire(*port.input, offset, assignment);
        offset += sizeof(assignment);
    }
    return rep_call_to_end(port, TLFS_CALL_SET_VP_REGISTERS, static_cast<u16>(assignments.size()));
}

/// Lets VTL0 of another VP wait for a start-up IPI, whatever it does now.
///
/// @return Error::HypervisorFailed, also if this hypervisor lets nobody reach another VP
/// @source TLFS, HV_INTERNAL_ACTIVITY_REGISTER
inline base::Result<void> suspend_vtl0_of(const HypercallPort& port, u32 vp_index) {
    detail::store_vp_registers_header(port, Vtl::Vtl0, vp_index);
    const tlfs_register_assignment assignment{
        .name = TLFS_REG_INTERNAL_ACTIVITY_STATE,
        .reserved = {},
        .value = {.low = TLFS_ACTIVITY_STARTUP_SUSPEND, .high = 0}};
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
