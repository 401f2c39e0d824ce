// SPDX-License-Identifier: MIT
#include "vtl1/seal/kernel_location.h"

#include <algorithm>

#include "hvcall/abi/tlfs_register.h"
#include "hvcall/vp_registers.h"
#include "vtl1/mm/memory.h"
#include "vtl1/mm/vtl0_walk.h"

namespace vtl1 {

namespace {

constexpr u64 alignment = 0x20'0000;    // of _text, in both address spaces (Linux: PHYSICAL_ALIGN)
constexpr u64 slide_max = 0x4000'0000;  // Linux: KERNEL_IMAGE_SIZE

Result<u32> offset_of_symbol(const policies::KernelTables& tables, u32 name) {
    const auto found = std::ranges::find(tables.symbols, name, &manifest_symbol::name);
    return found == tables.symbols.end() ? Result<u32>{fail(Error::Refused)}
                                         : Result<u32>{found->offset};
}

Result<u64> find_slide(const hv::HypercallPort& port, const policies::KernelTables& tables) {
    const auto lstar = TRY(hv::get_vp_register(port, hv::Vtl::Vtl0, TLFS_REG_LSTAR));
    const u32 entry = TRY(offset_of_symbol(tables, MANIFEST_SYMBOL_ENTRY_SYSCALL_64));
    const u64 slide = lstar.low - tables.link_base - entry;
    if (slide % alignment != 0 || slide >= slide_max) {
        return fail(Error::Refused);
    }
    return slide;
}

}  // namespace

std::optional<u32> KernelLocation::offset_of(Gpa gpa) const {
    const u64 offset = gpa.raw() - first_.raw();
    return gpa >= first_ && offset < image_bytes_ ? std::optional{static_cast<u32>(offset)}
                                                  : std::nullopt;
}

Result<KernelLocation> locate_kernel(const hv::HypercallPort& port,
                                     const policies::KernelImage& image) {
    const policies::KernelTables& tables = image.tables();
    const u64 slide = TRY(find_slide(port, tables));
    const Vtl0Paging paging = TRY(read_vtl0_paging(port));
    const Result<Gpa> first = translate_vtl0(paging, Gva{tables.link_base + slide});
    if (!first.has_value()) {
        return fail(Error::Refused);
    }
    const u64 page_count = (u64{tables.image_bytes} + page_size - 1) / page_size;
    if (first->raw() % alignment != 0 || !ram_map.contains(first->page_number(), page_count)) {
        return fail(Error::BadAddress);
    }
    return KernelLocation{tables.link_base, slide, *first, tables.image_bytes};
}

}  // namespace vtl1
