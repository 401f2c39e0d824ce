// SPDX-License-Identifier: MIT
#include "vtl1/intercept/patchable_text.h"

#include <algorithm>

#include "vtl1/mm/page_window.h"

namespace vtl1 {

namespace {

/// Calls `access(page bytes, done)` for each page of a run of memory, `done` bytes further on.
template <class Access>
void for_each_page(Gpa first, usize size, PageRights rights, const Access& access) {
    usize done = 0;
    while (done < size) {
        const Gpa gpa{first.raw() + done};
        const usize count = std::min<usize>(size - done, page_size - gpa.page_offset());
        PageWindow window{gpa.page(), rights};
        access(std::span{window.page()}.subspan(gpa.page_offset(), count), done);
        done += count;
    }
}

}  // namespace

Result<u32> PatchableText::offset_of(Gpa gpa) const {
    const u64 distance = gpa.raw() - first.raw();
    if (gpa < first || distance >= text.image.tables().image_bytes) {
        return fail(Error::NotFound);
    }
    return static_cast<u32>(distance);
}

void PatchableText::read(u32 offset, std::span<u8> into) const {
    for_each_page(Gpa{first.raw() + offset}, into.size(), PageRights::ReadOnly,
                  [&](std::span<const std::byte> page, usize done) {
                      std::ranges::copy(page, std::as_writable_bytes(into).subspan(done).begin());
                  });
}

void PatchableText::write(u32 offset, std::span<const u8> from) const {
    for_each_page(Gpa{first.raw() + offset}, from.size(), PageRights::ReadWrite,
                  [&](std::span<std::byte> page, usize done) {
                      std::ranges::copy(std::as_bytes(from).subspan(done, page.size()),
                                        page.begin());
                  });
}

}  // namespace vtl1
