// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// Prints what VTL1 says of its own end: the crash parameters, and the text that P3 (GPA) and P4
/// (bytes) name if the control value asks for it. At most one page of text, unprintable bytes
/// replaced.
/// @return false if the control value has bits without a meaning
/// @source TLFS, "Guest Crash Enlightenment"; Linux, hyperv_report_panic_msg()
bool report_crash(Vp& vp, u64 control);

}  // namespace hypervisor
