// SPDX-License-Identifier: MIT
#include "policies/kernel_image.h"

#include <algorithm>
#include <tuple>

#include "base/bytes.h"

namespace policies {

Result<manifest_site> KernelImage::find_site(u32 offset) const {
    const auto sites = sites_between(offset, offset + 1);
    if (sites.empty()) {
        return fail(Error::NotFound);
    }
    return sites.front();
}

std::span<const manifest_site> KernelImage::sites_between(u32 begin, u32 end) const {
    // Sites do not overlap, so their ends are in the order of their offsets.
    const auto sites = tables_.sites;
    const auto first = std::ranges::partition_point(
        sites, [&](const manifest_site& site) { return end_of(site) <= begin; });
    const auto rest = sites.subspan(static_cast<usize>(first - sites.begin()));
    const auto last = std::ranges::partition_point(
        rest, [&](const manifest_site& site) { return site.offset < end; });
    return rest.first(static_cast<usize>(last - rest.begin()));
}

bool KernelImage::is_target(u32 group, u32 offset) const {
    const auto found =
        std::ranges::partition_point(tables_.targets, [&](const manifest_target& target) {
            return std::tie(target.group, target.offset) < std::tie(group, offset);
        });
    return found != tables_.targets.end() && found->group == group && found->offset == offset;
}

SiteValue KernelImage::value(const manifest_site& site, usize number) const {
    const u32 stride = value_stride(site);
    const auto whole = tables_.values.subspan(site.argument + number * stride, stride);
    SiteValue value{.fields = {}, .bytes = whole.last(site.length)};
    if (site.kind == MANIFEST_SITE_SLID_VALUES) {
        value.fields = base::load_wire<manifest_slid_value>(std::as_bytes(whole), 0);
    }
    return value;
}

bool KernelImage::is_frozen(const manifest_site& site) const {
    return has_key(site) && tables_.keys[site.key].freedom == MANIFEST_KEY_FROZEN;
}

}  // namespace policies
