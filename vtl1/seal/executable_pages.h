// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/mm/vtl0_sweep.h"

namespace vtl1 {

/// Accounts for all that VTL0's kernel can execute: each executable page of its half of the address
/// space must be the sealed kernel's, or of a kind that is admitted without proof and counted.
class ExecutablePages {
public:
    /// Starts, or starts over: what has been admitted stays so, and counted.
    /// @param hypercall_page  VTL0's; the hypervisor's own page lies over it
    void begin(const Vtl0Paging& paging, Gpa hypercall_page);

    bool is_done() const { return sweep_.is_done(); }

    /// A bounded step. Pages of modules and of the start-up code of CPUs become Unproved.
    /// @return Error::Refused: a page that nobody has explained, and the log names it;
    ///         Error::BadAddress: a table or a page is not RAM; Error::HypervisorFailed. It can be
    ///         repeated, or begun again
    Result<void> step();

    u64 unproved_modules() const { return unproved_modules_; }

    u64 unproved_start_code() const { return unproved_start_code_; }

private:
    Result<void> take_leaf(const Vtl0Sweep::Found& found);
    Result<void> take_page(Gva address, Gpa page);

    Vtl0Sweep sweep_;
    Gpa hypercall_page_;
    u64 unproved_modules_ = 0;     // pages
    u64 unproved_start_code_ = 0;  // pages
    u64 changes_left_ = 0;         // of this step
};

}  // namespace vtl1
