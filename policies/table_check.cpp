// SPDX-License-Identifier: MIT
#include "policies/table_check.h"

#include <limits>
#include <utility>

namespace policies {

namespace {

/// Whether the record begins where the one before it has ended, or later.
template <class Record, class End>
bool follows(std::span<const Record> records, usize index, End end_of_record) {
    return index == 0 || records[index].offset >= end_of_record(records[index - 1]);
}

bool is_in_image(const KernelTables& tables, u64 offset, u64 bytes) {
    return bytes <= tables.image_bytes && offset <= tables.image_bytes - bytes;
}

/// A short jump reaches -128 to 127 from its end.
bool is_label_right(const KernelTables& tables, const manifest_site& site) {
    if (site.argument >= tables.image_bytes) {
        return false;
    }
    const i64 distance = i64{site.argument} - i64{site.offset} - i64{site.length};
    return site.length == 5 ||
           (site.length == 2 && distance >= std::numeric_limits<std::int8_t>::min() &&
            distance <= std::numeric_limits<std::int8_t>::max());
}

bool are_values_there(const KernelTables& tables, const manifest_site& site) {
    const u64 bytes = u64{site.key} * value_stride(site);
    return site.key != 0 && site.key <= values_max && bytes <= tables.values.size() &&
           site.argument <= tables.values.size() - bytes;
}

bool is_slid_field_right(u8 how, u8 place, u8 length) {
    return how == MANIFEST_SLID_NONE || (how <= MANIFEST_SLID_SUBTRACTED && length >= sizeof(u32) &&
                                         place <= length - sizeof(u32));
}

bool are_slid_values_right(const KernelImage& image, const manifest_site& site) {
    for (usize i = 0; i < site.key; ++i) {
        const manifest_slid_value fields = image.value(site, i).fields;
        if (!is_slid_field_right(fields.how0, fields.place0, site.length) ||
            !is_slid_field_right(fields.how1, fields.place1, site.length) ||
            (fields.how0 == MANIFEST_SLID_NONE && fields.how1 != MANIFEST_SLID_NONE)) {
            return false;
        }
    }
    return true;
}

bool is_constant_right(const manifest_site& site) {
    const u8 length = site.length;
    return length == 1 || length == 2 || length == 4 || length == 8;
}

/// What depends on the kind, but for keys.
bool is_kind_right(const KernelImage& image, const manifest_site& site) {
    const KernelTables& tables = image.tables();
    switch (site.kind) {
        case MANIFEST_SITE_VALUES:
            return are_values_there(tables, site);
        case MANIFEST_SITE_SLID_VALUES:
            return are_values_there(tables, site) && are_slid_values_right(image, site);
        case MANIFEST_SITE_RETURN:
            return site.length >= 5 && site.length <= 15;
        case MANIFEST_SITE_ENDBR:
            return site.length == 4 && site.argument == 0;
        case MANIFEST_SITE_FTRACE:
        case MANIFEST_SITE_FTRACE_CORE:
        case MANIFEST_SITE_STATIC_CALL:
            return site.length == 5;
        case MANIFEST_SITE_JUMP_LABEL:
            return is_label_right(tables, site);
        case MANIFEST_SITE_TRAMPOLINE:
            return site.length == 5 || site.length == 6;
        case MANIFEST_SITE_SMP_LOCK:
            return site.length == 1 && site.argument == 0;
        case MANIFEST_SITE_CONSTANT:
            return is_constant_right(site);
        case MANIFEST_SITE_RELOCATED:
            return site.length == 4 || site.length == 8;
        default:
            return false;
    }
}

bool is_key_of_site_right(const KernelTables& tables, const manifest_site& site) {
    if (has_key(site)) {
        return site.key < tables.keys.size();
    }
    switch (site.kind) {
        case MANIFEST_SITE_VALUES:
        case MANIFEST_SITE_SLID_VALUES:
            return true;  // a count
        case MANIFEST_SITE_FTRACE:
            return (site.key & ~MANIFEST_FTRACE_GUARDED) == 0;
        default:
            return site.key == 0;
    }
}

}  // namespace

bool TableCheck::is_image_right() const {
    return tables_.image_bytes != 0 && tables_.image_bytes <= image_bytes_max &&
           tables_.link_base % link_base_alignment == 0 &&
           tables_.link_base <= ~u64{0} - image_bytes_max &&
           tables_.digests.size() % MANIFEST_DIGEST_BYTES == 0;
}

bool TableCheck::is_symbol_right() const {
    const manifest_symbol& symbol = tables_.symbols[index_];
    const u32 name_before = index_ == 0 ? 0 : tables_.symbols[index_ - 1].name;
    return symbol.name > name_before && symbol.offset < tables_.image_bytes;
}

bool TableCheck::is_region_right() const {
    const manifest_region& region = tables_.regions[index_];
    const auto end = [](const manifest_region& one) {
        return one.offset + one.page_count * page_size;
    };
    const u64 image_end = (tables_.image_bytes + page_size - 1) & ~(page_size - 1);
    if (region.page_count == 0 || region.offset % page_size != 0 || end(region) > image_end ||
        !follows(tables_.regions, index_, end)) {
        return false;
    }
    const u64 digest_count = tables_.digests.size() / MANIFEST_DIGEST_BYTES;
    switch (region.kind) {
        case MANIFEST_REGION_TEXT:
        case MANIFEST_REGION_RODATA:
        case MANIFEST_REGION_RODATA_USER:
            return u64{region.first_digest} + region.page_count <= digest_count;
        case MANIFEST_REGION_AFTER_INIT:
        case MANIFEST_REGION_AFTER_INIT_USER:
        case MANIFEST_REGION_DATA:
            return true;
        default:
            return false;
    }
}

bool TableCheck::is_field_right(std::span<const u32> fields, u32 bytes) const {
    const u32 offset = fields[index_];
    if (!is_in_image(tables_, offset, bytes) || offset % page_size > page_size - bytes ||
        (index_ != 0 && offset < u64{fields[index_ - 1]} + bytes)) {
        return false;
    }
    return KernelImage{tables_}.sites_between(offset, offset + bytes).empty();
}

bool TableCheck::is_site_right() const {
    const manifest_site& site = tables_.sites[index_];
    const auto end = [](const manifest_site& one) { return u64{one.offset} + one.length; };
    return site.length != 0 && is_in_image(tables_, site.offset, site.length) &&
           follows(tables_.sites, index_, end) && is_kind_right(KernelImage{tables_}, site) &&
           is_key_of_site_right(tables_, site);
}

bool TableCheck::is_target_right() const {
    const manifest_target& target = tables_.targets[index_];
    if (target.offset >= tables_.image_bytes) {
        return false;
    }
    if (index_ == 0) {
        return true;
    }
    const manifest_target& before = tables_.targets[index_ - 1];
    return std::pair{before.group, before.offset} < std::pair{target.group, target.offset};
}

bool TableCheck::is_key_right() const {
    const manifest_key& key = tables_.keys[index_];
    const auto end = [](const manifest_key& one) { return u64{one.offset} + 1; };
    return key.offset < tables_.image_bytes && follows(tables_.keys, index_, end) &&
           key.freedom <= MANIFEST_KEY_FROZEN;
}

bool TableCheck::is_mask_right() const {
    const manifest_mask& mask = tables_.masks[index_];
    const auto end = [](const manifest_mask& one) { return u64{one.offset} + one.bytes; };
    return mask.bytes != 0 && is_in_image(tables_, mask.offset, mask.bytes) &&
           follows(tables_.masks, index_, end);
}

usize TableCheck::record_count() const {
    switch (section_) {
        case Section::Image:
            return 1;
        case Section::Symbols:
            return tables_.symbols.size();
        case Section::Regions:
            return tables_.regions.size();
        case Section::Relocations64:
            return tables_.relocations64.size();
        case Section::Relocations32:
            return tables_.relocations32.size();
        case Section::Inverse32:
            return tables_.inverse32.size();
        case Section::Sites:
            return tables_.sites.size();
        case Section::Targets:
            return tables_.targets.size();
        case Section::Keys:
            return tables_.keys.size();
        case Section::Masks:
            return tables_.masks.size();
        case Section::End:
            return 0;
    }
    __builtin_trap();
}

bool TableCheck::is_right() const {
    switch (section_) {
        case Section::Image:
            return is_image_right();
        case Section::Symbols:
            return is_symbol_right();
        case Section::Regions:
            return is_region_right();
        case Section::Relocations64:
            return is_field_right(tables_.relocations64, sizeof(u64));
        case Section::Relocations32:
            return is_field_right(tables_.relocations32, sizeof(u32));
        case Section::Inverse32:
            return is_field_right(tables_.inverse32, sizeof(u32));
        case Section::Sites:
            return is_site_right();
        case Section::Targets:
            return is_target_right();
        case Section::Keys:
            return is_key_right();
        case Section::Masks:
            return is_mask_right();
        case Section::End:
            return false;
    }
    __builtin_trap();
}

Result<bool> TableCheck::step(usize record_count_max) {
    usize left = record_count_max;
    while (!has_failed_ && section_ != Section::End && left != 0) {
        if (index_ == record_count()) {
            section_ = static_cast<Section>(std::to_underlying(section_) + 1);
            index_ = 0;
            continue;
        }
        has_failed_ = !is_right();
        ++index_;
        --left;
    }
    if (has_failed_) {
        return fail(Error::BadArgument);
    }
    return section_ == Section::End;
}

Result<KernelImage> TableCheck::image() const {
    if (section_ != Section::End) {
        return fail(Error::Busy);
    }
    return KernelImage{tables_};
}

Result<KernelImage> check_tables(const KernelTables& tables) {
    TableCheck check{tables};
    TRY(check.step(std::numeric_limits<usize>::max()));
    return check.image();
}

}  // namespace policies
