// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "vtl1/seal/sealed_kernel.h"

namespace vtl1 {

/// What verification has seen so far.
struct VerifyTotals {
    u64 pages = 0;         // whose bytes are all explained
    u64 sites = 0;         // looked at
    u64 masked_bytes = 0;  // not looked at, as the manifest says
};

/// Compares VTL0's kernel with its manifest, page by page: "explain each difference". The pages
/// must have lost write access before, on every CPU.
class KernelCheck {
public:
    explicit KernelCheck(const SealedKernel& kernel) : kernel_(kernel) {}

    /// @param page  its number within the region, which has digests
    /// @return Error::Busy if VTL0 is patching a site there: look again later.
    ///         Error::Refused: there is something that the manifest does not explain, and the log
    ///         says where. The totals are as they were
    /// @locks  LockRank::Patch: stores of VTL0's wait
    Result<void> check_page(const manifest_region& region, u32 page);

    const VerifyTotals& totals() const { return totals_; }

private:
    void remove_slide(u32 offset, PageBytes& page) const;
    Result<u64> check_sites(u32 offset, bool is_first, PageBytes& page);
    Result<void> check_site(const manifest_site& site);
    Result<void> judge_site(const manifest_site& site, std::span<const u8> bytes);
    u64 mask(u32 offset, PageBytes& page) const;

    const policies::KernelTables& tables() const { return kernel_.text.image.tables(); }

    SealedKernel kernel_;
    policies::ConstantGroups constants_;
    VerifyTotals totals_;
};

}  // namespace vtl1
