// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

/// The I/O APIC. VTL0 reads its page and writes through the hypervisor, since an entry can send any
/// message to any CPU. @source Intel 82093AA data sheet, 3.0
namespace hypervisor::io_apic {

using base::u32;
using base::u64;

inline constexpr u64 page = 0xfec0'0000;  // bytes; where QEMU has it

/// Makes a redirection entry what VTL0 wants, as far as it may: fixed, lowest priority and ExtINT
/// (which only the interrupt controller of the PC answers); anything else is masked.
void write_redirection(unsigned entry, u64 value);

/// A store of VTL0 of 4 bytes into the page. @return false if it was dropped
bool write_for_guest(u64 gpa, u32 value);

}  // namespace hypervisor::io_apic
