// SPDX-License-Identifier: MIT
#include "vtl1/seal/executable_pages.h"

#include "vtl1/intercept/cpu_start.h"
#include "vtl1/log/log.h"
#include "vtl1/mm/memory.h"

namespace vtl1 {

namespace {

using policies::FrameState;

constexpr int steps_in_one = 64;     // tables, of 512 entries each
constexpr u64 changes_in_one = 256;  // each is a hypercall

// No kernel executes more with one entry of its tables, and no more is looked at in one step.
constexpr u64 leaf_bytes_max = u64{1} << 21;

// Where Linux puts modules and all other code that it makes itself (Linux: x86/x86_64/mm.rst).
constexpr Gva modules_start{0xffff'ffff'a000'0000};
constexpr Gva modules_end{0xffff'ffff'ff00'0000};

// Code that CPUs start with lies where they can reach it.
constexpr Gpa start_code_end{0x10'0000};

void log_page(const char* what, Gva address, Gpa page) {
    log("seal: ", what, " the executable page at ", base::Hex{address.raw()}, ", frame ",
        base::Hex{page.raw()}, " (", policies::name_of(frame_states.state_of(page)), ")");
}

}  // namespace

void ExecutablePages::begin(const Vtl0Paging& paging, Gpa hypercall_page) {
    sweep_ = Vtl0Sweep{paging};
    hypercall_page_ = hypercall_page;
}

Result<void> ExecutablePages::take_page(Gva address, Gpa page) {
    const FrameState state = frame_states.state_of(page);
    const bool is_explained = state == FrameState::KernelText || state == FrameState::ModuleText ||
                              state == FrameState::Unproved || page == hypercall_page_;
    if (is_explained) {
        return {};
    }
    const bool is_module = address >= modules_start && address < modules_end;
    const bool is_start_code = page < start_code_end;
    if (!is_module && !is_start_code) {
        log_page("nobody has explained", address, page);
        return fail(Error::Refused);
    }
    if (changes_left_ == 0) {
        return fail(Error::Busy);
    }
    --changes_left_;
    const base::GpaRange frame = TRY(base::GpaRange::of_pages(page, 1));
    const Result<void> changed =
        frame_ledger.lock()->change(frame, state, FrameState::Unproved, Proof::BeforeClose);
    if (!changed.has_value()) {
        log_page("cannot admit", address, page);
        return fail(changed.error());
    }
    if (is_start_code) {
        allow_start_at(page);
    }
    (is_module ? unproved_modules_ : unproved_start_code_) += 1;
    return {};
}

Result<void> ExecutablePages::take_leaf(const Vtl0Sweep::Found& found) {
    if (found.leaf.size_bytes > leaf_bytes_max) {
        log_page("too large:", found.address, found.leaf.first);
        return fail(Error::Refused);
    }
    for (u64 offset = 0; offset < found.leaf.size_bytes; offset += page_size) {
        TRY(take_page(Gva{found.address.raw() + offset}, Gpa{found.leaf.first.raw() + offset}));
    }
    return {};
}

Result<void> ExecutablePages::step() {
    changes_left_ = changes_in_one;
    for (int i = 0; i < steps_in_one && !is_done(); ++i) {
        const Result<void> done =
            sweep_.step([this](const Vtl0Sweep::Found& found) { return take_leaf(found); });
        if (done == fail(Error::Busy)) {
            return {};  // the sweep is where it was, and finds less to change next time
        }
        TRY(done);
    }
    return {};
}

}  // namespace vtl1
