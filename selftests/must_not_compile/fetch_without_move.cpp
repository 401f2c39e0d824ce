// SPDX-License-Identifier: MIT
// expect: this.*rvalue|not viable
// The right to read is used up by reading; that it is gone is to be seen.
#include "hvcall/abi/vtl_call.h"
#include "vtl1/mm/vtl0_argument.h"

base::Result<base::Untrusted<const vtl_echo*>> read(vtl1::Vtl0In<vtl_echo> in, vtl_echo& copy) {
    return in.fetch(copy);
}
