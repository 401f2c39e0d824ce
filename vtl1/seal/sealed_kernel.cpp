// SPDX-License-Identifier: MIT
#include "vtl1/seal/sealed_kernel.h"

#include <atomic>
#include <optional>

namespace vtl1 {

namespace {

constinit std::optional<SealedKernel> kernel;
constinit std::atomic<const SealedKernel*> published{nullptr};

}  // namespace

// Pairs with the release below: who sees the pointer sees what it leads to.
const SealedKernel* sealed_kernel() {
    return published.load(std::memory_order_acquire);
}

void publish_sealed_kernel(const SealedKernel& found) {
    kernel = found;
    published.store(&*kernel, std::memory_order_release);
}

}  // namespace vtl1
