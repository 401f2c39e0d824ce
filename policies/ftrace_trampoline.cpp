// SPDX-License-Identifier: MIT
#include "policies/ftrace_trampoline.h"

#include <algorithm>

#include "base/bytes.h"

namespace policies {

namespace {

constexpr u8 call_opcode = 0xe8;
constexpr u8 jump_opcode = 0xe9;
constexpr u8 return_opcode = 0xc3;
constexpr std::array<u8, 3> load_operand{0x48, 0x8b, 0x15};  // mov disp32(%rip),%rdx
constexpr std::array<u8, 2> nop_2{0x66, 0x90};
constexpr usize load_bytes = 7;
constexpr usize branch_bytes = 5;
constexpr usize return_bytes = 5;  // room for a jump to a return thunk
constexpr usize pointer_bytes = 8;

/// Names of the manifest's symbols.
struct Names {
    u32 begin, operand, call, end;
};

constexpr Names plain_names{MANIFEST_SYMBOL_FTRACE_CALLER, MANIFEST_SYMBOL_FTRACE_CALLER_OPS,
                            MANIFEST_SYMBOL_FTRACE_CALLER_CALL, MANIFEST_SYMBOL_FTRACE_CALLER_END};
constexpr Names register_names{
    MANIFEST_SYMBOL_FTRACE_REGS_CALLER, MANIFEST_SYMBOL_FTRACE_REGS_CALLER_OPS,
    MANIFEST_SYMBOL_FTRACE_REGS_CALLER_CALL, MANIFEST_SYMBOL_FTRACE_REGS_CALLER_END};

Result<u32> offset_of(const KernelImage& image, u32 name) {
    const auto symbols = image.tables().symbols;
    const auto found = std::ranges::find(symbols, name, &manifest_symbol::name);
    return found == symbols.end() ? Result<u32>{fail(Error::NotFound)} : Result<u32>{found->offset};
}

bool is_in_order(const TrampolineTemplate& shape) {
    return shape.begin < shape.end && shape.size_bytes() <= trampoline_bytes_max &&
           shape.begin <= shape.operand && shape.operand + load_bytes <= shape.call &&
           shape.call + branch_bytes <= shape.jump.value_or(shape.end) &&
           (!shape.jump || *shape.jump + nop_2.size() <= shape.end);
}

i64 signed32(std::span<const std::byte> bytes) {
    return base::load_wire<std::int32_t>(bytes, 0);
}

bool is(std::span<const std::byte> bytes, std::span<const u8> value) {
    return std::ranges::equal(bytes, std::as_bytes(value));
}

/// A page under examination: places are counted from its start.
class Examination {
public:
    Examination(const KernelText& text,
                const TrampolineTemplate& shape,
                std::span<const u8> original,
                const TrampolinePage& page)
        : text_(text), shape_(shape), original_(original), page_(page) {}

    bool is_explained() const {
        const usize end = shape_.size_bytes() + return_bytes + pointer_bytes;
        return are_other_bytes_equal() && is_load_right() && is_call_right() && is_jump_right() &&
               is_return_right() && is_pointer_right() && is_filling(page_.bytes.subspan(end));
    }

private:
    std::span<const std::byte> part(usize place, usize size) const {
        return page_.bytes.subspan(place, size);
    }

    usize place_of(u32 offset) const { return offset - shape_.begin; }

    u8 byte_at(usize place) const { return std::to_integer<u8>(page_.bytes[place]); }

    static bool is_filling(std::span<const std::byte> bytes) {
        return std::ranges::all_of(
            bytes, [](std::byte byte) { return byte == std::byte{0} || byte == std::byte{int3}; });
    }

    bool is_equal(usize begin, usize end) const {
        return is(part(begin, end - begin), original_.subspan(begin, end - begin));
    }

    bool are_other_bytes_equal() const {
        const usize jump = shape_.jump ? place_of(*shape_.jump) : shape_.size_bytes();
        const usize behind_jump = shape_.jump ? jump + nop_2.size() : jump;
        return is_equal(0, place_of(shape_.operand)) &&
               is_equal(place_of(shape_.operand) + load_bytes, place_of(shape_.call)) &&
               is_equal(place_of(shape_.call) + branch_bytes, jump) &&
               is_equal(behind_jump, shape_.size_bytes());
    }

    bool is_load_right() const {
        const usize place = place_of(shape_.operand);
        const usize pointer = shape_.size_bytes() + return_bytes;
        return is(part(place, load_operand.size()), load_operand) &&
               signed32(part(place + load_operand.size(), 4)) ==
                   static_cast<i64>(pointer - place - load_bytes);
    }

    /// Where a branch at this place leads, from _text on, if it is in the image.
    std::optional<u32> target_of(usize place) const {
        const u64 end = page_.address.raw() + place + branch_bytes;
        const u64 target = end + static_cast<u64>(signed32(part(place + 1, 4)));
        return offset_in_image(target);
    }

    std::optional<u32> offset_in_image(u64 address) const {
        const KernelTables& tables = text_.image.tables();
        const u64 offset = address - tables.link_base - text_.slide;
        return offset < tables.image_bytes ? std::optional{static_cast<u32>(offset)} : std::nullopt;
    }

    /// Whether a branch leads where a site of the original may lead.
    bool leads_as(u32 site_offset, u8 kind, usize place) const {
        const Result<manifest_site> site = text_.image.find_site(site_offset);
        const std::optional<u32> target = target_of(place);
        return site.has_value() && site->offset == site_offset && site->kind == kind && target &&
               text_.image.is_target(site->argument, *target);
    }

    bool is_call_right() const {
        const usize place = place_of(shape_.call);
        const u8 first = byte_at(place);
        return (first == call_opcode || first == int3) &&
               leads_as(shape_.call, MANIFEST_SITE_FTRACE_CORE, place);
    }

    bool is_jump_right() const {
        return !shape_.jump || is(part(place_of(*shape_.jump), nop_2.size()), nop_2);
    }

    bool is_return_right() const {
        const usize place = shape_.size_bytes();
        if (byte_at(place) == return_opcode) {
            return is_filling(part(place + 1, return_bytes - 1));
        }
        return byte_at(place) == jump_opcode && leads_as(shape_.end, MANIFEST_SITE_RETURN, place);
    }

    bool is_pointer_right() const {
        const u64 pointer =
            base::load_wire<u64>(part(shape_.size_bytes() + return_bytes, pointer_bytes), 0);
        const std::optional<u32> offset = offset_in_image(pointer);
        return offset && pointer % pointer_bytes == 0 && !is_text(*offset);
    }

    bool is_text(u32 offset) const {
        return std::ranges::any_of(
            text_.image.tables().regions, [&](const manifest_region& region) {
                return region.kind == MANIFEST_REGION_TEXT && offset >= region.offset &&
                       offset - region.offset < u64{region.page_count} * base::page_size;
            });
    }

    const KernelText& text_;
    const TrampolineTemplate& shape_;
    std::span<const u8> original_;
    const TrampolinePage& page_;
};

}  // namespace

Result<TrampolineTemplate> trampoline_template(const KernelImage& image, TrampolineKind kind) {
    const Names& names = kind == TrampolineKind::Plain ? plain_names : register_names;
    TrampolineTemplate shape{.begin = TRY(offset_of(image, names.begin)),
                             .operand = TRY(offset_of(image, names.operand)),
                             .call = TRY(offset_of(image, names.call)),
                             .end = TRY(offset_of(image, names.end)),
                             .jump = std::nullopt};
    if (kind == TrampolineKind::WithRegisters) {
        shape.jump = TRY(offset_of(image, MANIFEST_SYMBOL_FTRACE_REGS_CALLER_JUMP));
    }
    return is_in_order(shape) ? Result<TrampolineTemplate>{shape} : fail(Error::NotFound);
}

bool is_trampoline(const KernelText& text,
                   const TrampolineTemplate& shape,
                   std::span<const u8> original,
                   const TrampolinePage& page) {
    return Examination{text, shape, original, page}.is_explained();
}

std::optional<Gva> callee_of_poke(const KernelText& text,
                                  const manifest_site& site,
                                  std::span<const u8> before,
                                  const TextStore& store) {
    if (site.kind != MANIFEST_SITE_FTRACE || before.size() != branch_bytes) {
        return std::nullopt;
    }
    std::array<u8, branch_bytes> after{};
    std::ranges::copy(before, after.begin());
    const ChangedBytes changed = changed_bytes(store);
    for (usize i = changed.begin; i < changed.end; ++i) {
        after[store.offset + i - site.offset] = store.bytes[i];
    }
    const KernelTables& tables = text.image.tables();
    const u64 start = tables.link_base + text.slide;
    const u64 callee = start + end_of(site) +
                       static_cast<u64>(signed32(std::as_bytes(std::span{after}.subspan(1))));
    return callee - start < tables.image_bytes ? std::nullopt : std::optional{Gva{callee}};
}

}  // namespace policies
