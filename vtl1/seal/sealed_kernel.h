// SPDX-License-Identifier: MIT
#pragma once

#include "policies/text_site.h"
#include "vtl1/seal/kernel_location.h"

namespace vtl1 {

/// VTL0's kernel as VTL1 knows it: what its manifest says, and where it lies.
struct SealedKernel {
    policies::KernelText text;
    KernelLocation location;
};

/// Null until it is about to be frozen, so that patches can be judged as soon as VTL0 cannot write
/// them any more; then the same for ever. Takes no lock.
const SealedKernel* sealed_kernel();

/// Says so, once.
void publish_sealed_kernel(const SealedKernel& found);

}  // namespace vtl1
