// SPDX-License-Identifier: MIT
// expect: deleted constructor
// A copy would be the right to a second read, of something else meanwhile.
#include "hvcall/abi/vtl_call.h"
#include "vtl1/mm/vtl0_argument.h"

vtl1::Vtl0In<vtl_echo> second(const vtl1::Vtl0In<vtl_echo>& in) {
    return in;
}
