// SPDX-License-Identifier: MIT
#include "vtl1/mm/vtl0_memory.h"

#include <algorithm>

#include "hvcall/vtl_protection.h"
#include "vtl1/arch/port.h"
#include "vtl1/mm/memory.h"
#include "vtl1/mm/page_window.h"

namespace vtl1 {

namespace {

// What the driver said is not enough: a page counts as RAM only if the hypervisor accepts a
// protection for it. All access is what an open page has already.
Result<void> confirm_ram(Gpa page) {
    if (ram_map.is_confirmed(page)) {
        return {};
    }
    const base::GpaRange range = TRY(base::GpaRange::of_pages(page, 1));
    const Result<void> accepted =
        hv::modify_vtl_protection(hypercall_port(), hv::PageAccess::All, range);
    if (!accepted.has_value()) {
        return fail(Error::BadAddress);
    }
    ram_map.confirm(page);
    return {};
}

}  // namespace

Result<void> check_vtl0_page(Gpa page) {
    if (!page.is_page_aligned() || !ram_map.contains(page) || own_frames.contains(page)) {
        return fail(Error::BadAddress);
    }
    return confirm_ram(page);
}

Result<void> copy_from_vtl0(Gpa page, std::span<std::byte> into) {
    TRY(check_vtl0_page(page));
    PageWindow window{page, PageRights::ReadOnly};
    std::ranges::copy(std::span{window.page()}.first(into.size()), into.begin());
    return {};
}

Result<void> copy_part_from_vtl0(Gpa from, std::span<std::byte> into) {
    if (into.size() > page_size - from.page_offset()) {
        return fail(Error::BadArgument);
    }
    TRY(check_vtl0_page(from.page()));
    PageWindow window{from.page(), PageRights::ReadOnly};
    std::ranges::copy(std::span{window.page()}.subspan(from.page_offset(), into.size()),
                      into.begin());
    return {};
}

Result<void> copy_to_vtl0(Gpa page, std::span<const std::byte> from) {
    TRY(check_vtl0_page(page));
    PageWindow window{page, PageRights::ReadWrite};
    std::ranges::copy(from, window.page().begin());
    return {};
}

}  // namespace vtl1
