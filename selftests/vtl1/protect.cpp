// SPDX-License-Identifier: MIT
#include "selftests/vtl1/protect.h"

#include "hvcall/vtl_protection.h"
#include "selftests/vtl1/calls.h"
#include "vtl1/arch/port.h"
#include "vtl1/mm/memory.h"

namespace selftest {

namespace {

using base::Result;
using base::u64;

enum class PageCount : u64 {};

Result<base::Gpa> parse_page(u64 raw) {
    const base::Gpa page{raw};
    return page.is_page_aligned() ? Result<base::Gpa>{page} : base::fail(base::Error::BadAddress);
}

Result<PageCount> parse_count(u64 raw) {
    return raw <= SELFTEST_PROTECT_PAGES_MAX ? Result<PageCount>{PageCount{raw}}
                                             : base::fail(base::Error::BadArgument);
}

Result<hv::PageAccess> parse_rights(u64 raw) {
    return raw <= TLFS_PROTECT_ALL ? Result<hv::PageAccess>{static_cast<hv::PageAccess>(raw)}
                                   : base::fail(base::Error::BadArgument);
}

}  // namespace

vtl1::CallResult protect(base::Untrusted<u64> first,
                         base::Untrusted<u64> count,
                         base::Untrusted<u64> rights) {
    const base::Gpa page = TRY(first.parse(parse_page));
    const auto pages = static_cast<u64>(TRY(count.parse(parse_count)));
    const hv::PageAccess access = TRY(rights.parse(parse_rights));
    const base::GpaRange range = TRY(base::GpaRange::of_pages(page, pages));
    for (u64 i = 0; i < pages; ++i) {
        const base::Gpa each = base::Gpa::of_page(page.page_number() + i);
        if (!vtl1::ram_map.contains(each) || vtl1::own_frames.contains(each)) {
            return base::fail(base::Error::BadAddress);
        }
    }
    TRY(hv::modify_vtl_protection(vtl1::hypercall_port(), access, range));
    return 0;
}

}  // namespace selftest
