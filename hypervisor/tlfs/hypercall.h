// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <span>

#include "base/wire.h"
#include "hypervisor/svm/vp.h"
#include "hypervisor/tlfs/hypercall_input.h"

namespace hypervisor {

/// One hypercall: input copied once from the caller, output not yet written back. An output is
/// written only if the call succeeds, or as far as its reps were completed.
struct Hypercall {
    Vp& vp;
    Vtl caller;
    HypercallInput input;
    std::span<const u8> header;    // the fixed part
    std::span<const u8> variable;  // the part of which the caller gives the length; whole qwords
    std::span<const u8> elements;  // of a rep call, from element 0 on
    std::span<u8> output;          // of a rep call, from element 0 on
    u16 reps_completed;            // absolute, rep_start included

    template <base::WireType T>
    T header_as() const {
        T value{};
        std::memcpy(&value, header.data(), sizeof(T));
        return value;
    }

    template <base::WireType T>
    T element(usize index) const {
        T value{};
        std::memcpy(&value, elements.subspan(index * sizeof(T), sizeof(T)).data(), sizeof(T));
        return value;
    }

    template <base::WireType T>
    void set_output(usize index, const T& value) const {
        std::memcpy(output.subspan(index * sizeof(T), sizeof(T)).data(), &value, sizeof(T));
    }
};

/// Answers VMMCALL of either VTL: #UD, a VTL switch, or a hypercall whose result goes into RAX.
/// @source TLFS, "Hypercall Interface"; tlfs.rst 2
void handle_vmmcall(Vp& vp);

// The calls, each with its status. Inputs are as long as the table in hypercall.cpp says.
TlfsStatus flush_virtual_address(Hypercall& call);
TlfsStatus flush_virtual_address_ex(Hypercall& call);
TlfsStatus notify_long_spin_wait(Hypercall& call);
TlfsStatus modify_vtl_protection_mask(Hypercall& call);
TlfsStatus enable_partition_vtl(Hypercall& call);
TlfsStatus enable_vp_vtl(Hypercall& call);
TlfsStatus get_vp_registers(Hypercall& call);
TlfsStatus set_vp_registers(Hypercall& call);
TlfsStatus start_virtual_processor(Hypercall& call);
TlfsStatus get_vp_index_from_apic_id(Hypercall& call);

/// The VTL that an HV_INPUT_VTL byte names. @return TLFS_STATUS_INVALID_PARAMETER for reserved bits
/// or a VTL that does not exist, TLFS_STATUS_ACCESS_DENIED for one above the caller's.
std::expected<Vtl, TlfsStatus> parse_input_vtl(u8 input_vtl, Vtl caller);

}  // namespace hypervisor
