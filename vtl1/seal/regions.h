// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/seal/verify.h"

namespace vtl1 {

/// The runs of pages that the manifest names, on their way from Open to sealed.
class KernelRegions {
public:
    explicit KernelRegions(const SealedKernel& kernel) : kernel_(kernel), check_(kernel) {}

    /// Takes write access from the next region.
    /// @return true: from all. Error::Refused: a frame is in use for something else;
    ///         Error::HypervisorFailed. The region is as it was
    Result<bool> freeze();

    /// Compares some pages of the next region, and seals the region after its last.
    /// @return true: all are sealed; Error::Refused: the next one is not frozen; the errors of
    /// KernelCheck::check_page and of the ledger
    Result<bool> verify();

    const VerifyTotals& totals() const { return check_.totals(); }

private:
    std::span<const manifest_region> all() const { return kernel_.text.image.tables().regions; }

    Result<base::GpaRange> frames_of(const manifest_region& region) const;

    SealedKernel kernel_;
    KernelCheck check_;
    usize frozen_ = 0;    // regions
    usize verified_ = 0;  // regions
    u32 next_page_ = 0;   // of the region that is being verified
};

}  // namespace vtl1
