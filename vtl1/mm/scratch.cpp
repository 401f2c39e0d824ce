// SPDX-License-Identifier: MIT
#include "vtl1/mm/scratch.h"

#include "vtl1/arch/cpu.h"

namespace vtl1 {

PageBytes& scratch_page() {
    return *this_cpu().scratch;
}

}  // namespace vtl1
