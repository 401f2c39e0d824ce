// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// Loads the IDT of the host on this CPU.
void load_host_tables();

/// Turns SVM on for this CPU and clears GIF for good.
/// @source AMD APM vol. 2, 15.4 and 15.30.4
void enable_svm(Vp& vp);

}  // namespace hypervisor
