// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <vector>

#include "hypervisor/svm/vp.h"
#include "hypervisor/tlfs/partition.h"

/// A partition of 4 MiB of RAM for tests of hypervisor/tlfs/: real nested tables in the test's own
/// memory; guest memory, kicks, MSRs of the machine and the console are fakes
/// (hypervisor_world.cpp).
namespace fake {

using namespace hypervisor;  // NOLINT: a test's own namespace

inline constexpr u64 ram_bytes = u64{4} << 20;
inline constexpr u64 input_gpa = 0x10'0000;
inline constexpr u64 output_gpa = 0x10'1000;

/// Everything as after boot: two VPs that run VTL0, whose operating system has named itself.
void reset_world();

Vp& vp(usize index);

/// What guest memory holds; both VTLs see it as far as their nested tables allow.
std::vector<u8>& memory();

/// Calls of flush_nested_everywhere() and flush_tlbs() since reset_world().
usize flush_count();

/// The VPs that flush_tlbs() was last called for.
u64 last_flushed_vps();

/// XMM0 to XMM5 of the guest.
using XmmRegisters = std::array<u64, 12>;
XmmRegisters& xmm_registers();

/// VPs that a remote call was made to; it is carried out at once.
std::vector<u32>& called_vps();

/// VPs that were kicked since reset_world(), in order.
std::vector<u32>& kicked_vps();

/// Reference time, in units of 100 ns; 42 after reset_world().
void set_time(u64 now);

/// For how long VP 0's comparator of the HPET was set last; 0: not set.
u64 wake_up_delay();

/// Called after each read of guest memory: what a hostile VTL0 does on another CPU.
void set_after_read(void (*function)());

/// Puts bytes at input_gpa, does VMMCALL with this control value in the VP's active VTL.
/// @return RAX
u64 hypercall(Vp& caller, u64 control, const std::vector<u8>& input);

template <class T>
void append(std::vector<u8>& bytes, const T& value) {
    const usize old = bytes.size();
    bytes.resize(old + sizeof(T));
    std::memcpy(&bytes[old], &value, sizeof(T));
}

template <class... Ts>
std::vector<u8> bytes_of(const Ts&... values) {
    std::vector<u8> bytes;
    (append(bytes, values), ...);
    return bytes;
}

template <class T>
T output(usize index) {
    T value{};
    std::memcpy(&value, &memory()[output_gpa + index * sizeof(T)], sizeof(T));
    return value;
}

constexpr u64 rep_call(u64 code, u64 count, u64 start = 0) {
    return code | count << TLFS_CALL_REP_COUNT_SHIFT | start << TLFS_CALL_REP_START_SHIFT;
}

constexpr u64 status_of(u64 result) {
    return result & TLFS_RESULT_STATUS;
}

constexpr u64 reps_of(u64 result) {
    return result >> TLFS_RESULT_REPS_SHIFT & TLFS_CALL_REP_MAX;
}

}  // namespace fake
