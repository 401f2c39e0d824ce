// SPDX-License-Identifier: MIT
#include "policies/text_site.h"

#include <algorithm>
#include <ranges>

namespace policies {

namespace {

constexpr u8 call_opcode = 0xe8;
constexpr u8 jump_opcode = 0xe9;
constexpr u8 short_jump_opcode = 0xeb;
constexpr u8 return_opcode = 0xc3;
constexpr std::array<u8, 2> nop_2{0x66, 0x90};
constexpr std::array<u8, 5> nop_5{0x0f, 0x1f, 0x44, 0x00, 0x00};
constexpr std::array<u8, 5> return_0{0x2e, 0x2e, 0x2e, 0x31, 0xc0};  // cs cs cs xor %eax,%eax
constexpr std::array<u8, 4> endbr{0xf3, 0x0f, 0x1e, 0xfa};
constexpr std::array<u8, 4> sealed_endbr{0x66, 0x0f, 0x1f, 0x00};
constexpr u8 lock_prefix = 0xf0;
constexpr u8 ds_prefix = 0x3e;
constexpr usize branch_bytes = 5;                   // opcode and 32-bit displacement
constexpr usize long_branch_bytes = 6;              // two bytes of opcode
constexpr u64 kernel_half = 0xffff'ffff'0000'0000;  // every address of a kernel image

bool is(std::span<const u8> bytes, std::span<const u8> value) {
    return std::ranges::equal(bytes, value);
}

u64 number_of(std::span<const u8> bytes) {
    u64 number = 0;
    for (const u8 byte : bytes | std::views::reverse) {
        number = number << 8 | byte;
    }
    return number;
}

/// Where a branch leads, from _text on; below 0 and behind the image are addresses too.
/// @param branch  one instruction, at the start of the site; its displacement comes last
i64 destination_of(const manifest_site& site, std::span<const u8> branch) {
    const i64 end = i64{site.offset} + static_cast<i64>(branch.size());
    if (branch.size() == 2) {
        return end + static_cast<std::int8_t>(branch[1]);
    }
    return end + static_cast<std::int32_t>(number_of(branch.last(4)));
}

bool leads_to_group(const KernelText& text, const manifest_site& site, std::span<const u8> branch) {
    const i64 destination = destination_of(site, branch);
    return destination >= 0 && destination < i64{text.image.tables().image_bytes} &&
           text.image.is_target(site.argument, static_cast<u32>(destination));
}

bool leads_to_trampoline(const KernelText& text,
                         const manifest_site& site,
                         std::span<const u8> branch) {
    const i64 destination = destination_of(site, branch);
    if (destination >= 0 && destination < i64{text.image.tables().image_bytes}) {
        return false;
    }
    const u64 start = text.image.tables().link_base + text.slide;
    return std::ranges::binary_search(text.trampolines, Gva{start + static_cast<u64>(destination)});
}

void slide_field(std::span<u8> value, u8 how, u8 place, u64 slide) {
    if (how == MANIFEST_SLID_NONE) {
        return;
    }
    const auto field = value.subspan(place, sizeof(u32));
    const u64 linked = number_of(field);
    u64 number = how == MANIFEST_SLID_ADDED ? linked + slide : linked - slide;
    for (u8& byte : field) {
        byte = static_cast<u8>(number);
        number >>= 8;
    }
}

bool is_one_of_values(const KernelText& text,
                      const manifest_site& site,
                      std::span<const u8> bytes) {
    for (usize i = 0; i < site.key; ++i) {
        const SiteValue value = text.image.value(site, i);
        std::array<u8, 0xff> buffer{};
        const auto slid = std::span{buffer}.first(value.bytes.size());
        std::ranges::copy(value.bytes, slid.begin());
        slide_field(slid, value.fields.how0, value.fields.place0, text.slide);
        slide_field(slid, value.fields.how1, value.fields.place1, text.slide);
        if (is(bytes, slid)) {
            return true;
        }
    }
    return false;
}

bool is_padding(std::span<const u8> bytes) {
    return std::ranges::all_of(bytes, [](u8 byte) { return byte == int3; });
}

bool is_return(const KernelText& text, const manifest_site& site, std::span<const u8> bytes) {
    if (bytes[0] == return_opcode) {
        return is_padding(bytes.subspan(1));
    }
    return bytes[0] == jump_opcode && is_padding(bytes.subspan(branch_bytes)) &&
           leads_to_group(text, site, bytes.first(branch_bytes));
}

bool is_ftrace(const KernelText& text, const manifest_site& site, std::span<const u8> bytes) {
    return is(bytes, nop_5) ||
           (bytes[0] == call_opcode &&
            (leads_to_group(text, site, bytes) || leads_to_trampoline(text, site, bytes)));
}

bool is_ftrace_core(const KernelText& text, const manifest_site& site, std::span<const u8> bytes) {
    return is(bytes, nop_5) || (bytes[0] == call_opcode && leads_to_group(text, site, bytes));
}

bool is_jump_label(const manifest_site& site, std::span<const u8> bytes) {
    if (bytes.size() == nop_2.size() ? is(bytes, nop_2) : is(bytes, nop_5)) {
        return true;
    }
    const u8 opcode = bytes.size() == nop_2.size() ? short_jump_opcode : jump_opcode;
    return bytes[0] == opcode && destination_of(site, bytes) == i64{site.argument};
}

/// What a static call's trampoline may hold, and a call that is a function's last act.
bool is_tail_call(const KernelText& text, const manifest_site& site, std::span<const u8> bytes) {
    if (bytes.size() == long_branch_bytes) {
        return bytes[0] == 0x0f && (bytes[1] & 0xf0) == 0x80 && leads_to_group(text, site, bytes);
    }
    return (bytes[0] == return_opcode && is_padding(bytes.subspan(1))) ||
           (bytes[0] == jump_opcode && leads_to_group(text, site, bytes));
}

bool is_static_call(const KernelText& text, const manifest_site& site, std::span<const u8> bytes) {
    return is(bytes, nop_5) || is(bytes, return_0) ||
           (bytes[0] == call_opcode && leads_to_group(text, site, bytes));
}

bool is_relocated(const KernelText& text, const manifest_site& site, std::span<const u8> bytes) {
    const u64 value = (kernel_half | site.argument) + text.slide;
    return number_of(bytes) == (bytes.size() == 4 ? value & 0xffff'ffff : value);
}

}  // namespace

bool is_legal_value(const KernelText& text, const manifest_site& site, std::span<const u8> bytes) {
    if (bytes.size() != site.length) {
        return false;
    }
    switch (site.kind) {
        case MANIFEST_SITE_VALUES:
        case MANIFEST_SITE_SLID_VALUES:
            return is_one_of_values(text, site, bytes);
        case MANIFEST_SITE_RETURN:
            return is_return(text, site, bytes);
        case MANIFEST_SITE_ENDBR:
            return is(bytes, endbr) || is(bytes, sealed_endbr);
        case MANIFEST_SITE_FTRACE:
            return is_ftrace(text, site, bytes);
        case MANIFEST_SITE_JUMP_LABEL:
            return is_jump_label(site, bytes);
        case MANIFEST_SITE_STATIC_CALL:
            return is_static_call(text, site, bytes);
        case MANIFEST_SITE_TRAMPOLINE:
            return is_tail_call(text, site, bytes);
        case MANIFEST_SITE_SMP_LOCK:
            return bytes[0] == lock_prefix || bytes[0] == ds_prefix;
        case MANIFEST_SITE_CONSTANT:
            return true;
        case MANIFEST_SITE_RELOCATED:
            return is_relocated(text, site, bytes);
        case MANIFEST_SITE_FTRACE_CORE:
            return is_ftrace_core(text, site, bytes);
        default:
            return false;
    }
}

bool ConstantGroups::agrees(const manifest_site& site, std::span<const u8> bytes) {
    const u64 number = number_of(bytes);
    for (const Group& group : std::span{groups_}.first(group_count_)) {
        if (group.name == site.argument) {
            return group.number == number;
        }
    }
    if (group_count_ == groups_.size()) {
        return false;
    }
    groups_[group_count_++] = {.name = site.argument, .number = number};
    return true;
}

}  // namespace policies
