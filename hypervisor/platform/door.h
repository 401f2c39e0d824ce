// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "base/types.h"

namespace hypervisor {

/// Ways around the nested tables that the hypervisor closes (platform-surface.rst). A build for
/// tests can leave one open, to show that its attack is real; in the product is_open() is false
/// for all (door.cpp; the other is selftests/hypervisor/open_door.cpp).
enum class Door : base::u8 { Ports, Cmos, Config, Msi, Msix, IoApic, Hpet, Init, Wipe, Msrs };

bool is_open(Door door);

/// An option of the command line. @return false if it names no door, as always in the product
bool open_door(std::string_view option);

}  // namespace hypervisor
