// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/boot/multiboot.h"
#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// Puts the bzImage of module 0 and its boot parameters into VTL0's memory, with module 1 as initrd
/// where it is, and sets the boot VP's registers for the kernel's 64-bit entry. Ends the boot with
/// a message if that is not possible.
/// @param memory  what the kernel is told about; without the hypervisor's own
/// @source Linux, Documentation/arch/x86/boot.rst, "64-bit Boot Protocol"
void load_linux(Vp& vp, const MultibootInfo& info, const MemoryMap& memory);

}  // namespace hypervisor
