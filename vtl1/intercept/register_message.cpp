// SPDX-License-Identifier: MIT
#include "vtl1/intercept/register_message.h"

namespace vtl1 {

namespace {

using policies::Pin;

template <class Body>
Result<Body> load_body(const tlfs_message& message) {
    if (message.header.payload_bytes < sizeof(Body)) {
        return fail(Error::BadArgument);
    }
    return base::load_wire<Body>(std::as_bytes(std::span{message.payload}), 0);
}

bool is_64_bit_code(const tlfs_intercept_header& header) {
    constexpr u16 long_segment = 1U << 13;
    return (header.execution_state & TLFS_EXECUTION_LMA) != 0 &&
           (header.cs.attributes & long_segment) != 0;
}

Result<RegisterIntercept> make(const tlfs_intercept_header& header,
                               std::optional<Pin> pin,
                               bool is_in_memory,
                               tlfs_register_value value) {
    const u8 length = header.instruction_length_and_cr8 & TLFS_INSTRUCTION_LENGTH;
    if (!pin.has_value() || length == 0 || header.access_type != TLFS_ACCESS_TYPE_WRITE) {
        return fail(Error::BadArgument);
    }
    return RegisterIntercept{.pin = *pin,
                             .is_in_memory = is_in_memory,
                             .value = value,
                             .is_64_bit_code = is_64_bit_code(header),
                             .rip = header.rip,
                             .next_rip = header.rip + length};
}

Result<RegisterIntercept> parse_msr(const tlfs_message& message) {
    const auto body = TRY(load_body<tlfs_msr_intercept>(message));
    const u64 low = body.rax & 0xffff'ffff;
    return make(body.header, policies::pin_of_msr(body.msr), false,
                {.low = body.rdx << 32 | low, .high = 0});
}

Result<RegisterIntercept> parse_register(const tlfs_message& message) {
    const auto body = TRY(load_body<tlfs_register_intercept>(message));
    const bool is_in_memory = (body.flags & TLFS_REGISTER_MEMORY_OPERAND) != 0;
    return make(body.header, policies::pin_of_register(body.name), is_in_memory, body.value);
}

}  // namespace

Result<RegisterIntercept> parse_register_intercept(const tlfs_message& message) {
    switch (message.header.type) {
        case TLFS_MESSAGE_X64_MSR_INTERCEPT:
            return parse_msr(message);
        case TLFS_MESSAGE_X64_REGISTER_INTERCEPT:
            return parse_register(message);
        default:
            return fail(Error::NotFound);
    }
}

}  // namespace vtl1
