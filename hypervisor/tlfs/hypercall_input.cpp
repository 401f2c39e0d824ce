// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/hypercall_input.h"

#include "base/register.h"

namespace hypervisor {

namespace {

struct ControlValue : base::Register<ControlValue> {
    static constexpr Field<u16, 15, 0> code{};
    static constexpr Field<bool, 16> fast{};
    static constexpr Field<u16, 26, 17> variable_header{};
    static constexpr Field<u16, 43, 32> rep_count{};
    static constexpr Field<u16, 59, 48> rep_start{};

    static constexpr u64 known_bits = mask_of(code, fast, variable_header, rep_count, rep_start);
};

static_assert(ControlValue::known_bits == ~(TLFS_CALL_RESERVED | TLFS_CALL_NESTED));

constexpr auto refused = std::unexpected(TlfsStatus{TLFS_STATUS_INVALID_HYPERCALL_INPUT});

}  // namespace

std::expected<HypercallInput, TlfsStatus> parse_hypercall_input(u64 control) {
    if ((control & ~ControlValue::known_bits) != 0) {
        return refused;
    }
    const auto value = ControlValue::from_raw(control);
    return HypercallInput{
        .code = value.get(ControlValue::code),
        .is_fast = value.get(ControlValue::fast),
        .variable_header_qwords = value.get(ControlValue::variable_header),
        .rep_count = value.get(ControlValue::rep_count),
        .rep_start = value.get(ControlValue::rep_start),
    };
}

std::expected<HypercallInput, TlfsStatus> parse_hypercall_input(u64 control, CallShape shape) {
    const auto input = parse_hypercall_input(control);
    if (!input.has_value()) {
        return input;
    }
    if (input->variable_header_qwords != 0 && !shape.has_variable_header) {
        return refused;
    }
    const bool is_simple = input->rep_count == 0 && input->rep_start == 0;
    const bool is_rep = input->rep_start < input->rep_count;
    if (shape.is_rep ? !is_rep : !is_simple) {
        return refused;
    }
    return input;
}

}  // namespace hypervisor
