// SPDX-License-Identifier: MIT
#include "vtl1/mm/vtl0_memory.h"

#include <algorithm>

#include "vtl1/mm/memory.h"
#include "vtl1/mm/page_window.h"

namespace vtl1 {

namespace {

bool may_be_vtl0s(Gpa page) {
    return page.is_page_aligned() && ram_map.contains(page) && !own_frames.contains(page);
}

// Reading needs no lock: VTL0 can read all of its memory, whatever state it is in.
Result<void> check_source(Gpa page) {
    if (!may_be_vtl0s(page)) {
        return fail(Error::BadAddress);
    }
    return ram_map.is_confirmed(page) ? Result<void>{} : frame_ledger.lock()->confirm(page);
}

using Ledger = decltype(frame_ledger)::Guard;

// Held until the bytes are written: VTL1 writes nothing that VTL0 could not write itself, and
// nothing that another CPU is freezing meanwhile.
Result<void> check_target(Ledger& ledger, Gpa page) {
    if (!may_be_vtl0s(page)) {
        return fail(Error::BadAddress);
    }
    TRY(ledger->confirm(page));
    return policies::is_writable(frame_states.state_of(page)) ? Result<void>{}
                                                              : fail(Error::BadAddress);
}

}  // namespace

Result<void> check_vtl0_target(Gpa page) {
    auto ledger = frame_ledger.lock();
    return check_target(ledger, page);
}

Result<void> copy_from_vtl0(Gpa page, std::span<std::byte> into) {
    TRY(check_source(page));
    PageWindow window{page, PageRights::ReadOnly};
    std::ranges::copy(std::span{window.page()}.first(into.size()), into.begin());
    return {};
}

Result<void> copy_part_from_vtl0(Gpa from, std::span<std::byte> into) {
    if (into.size() > page_size - from.page_offset()) {
        return fail(Error::BadArgument);
    }
    TRY(check_source(from.page()));
    PageWindow window{from.page(), PageRights::ReadOnly};
    std::ranges::copy(std::span{window.page()}.subspan(from.page_offset(), into.size()),
                      into.begin());
    return {};
}

Result<void> copy_to_vtl0(Gpa page, std::span<const std::byte> from) {
    auto ledger = frame_ledger.lock();
    TRY(check_target(ledger, page));
    PageWindow window{page, PageRights::ReadWrite};
    std::ranges::copy(from, window.page().begin());
    return {};
}

}  // namespace vtl1
