// SPDX-License-Identifier: MIT
#include "hvcall/hypercall.h"

// In entry.S.
extern "C" base::u64 vtl1_call_hypercall_page(base::u64 control, base::u64 input, base::u64 output);

namespace hv {

u64 call_hypervisor(u64 control, base::Gpa input, base::Gpa output) {
    return vtl1_call_hypercall_page(control, input.raw(), output.raw());
}

}  // namespace hv
