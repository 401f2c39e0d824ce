// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <utility>

#include "base/wire.h"
#include "vtl1/vtl/entry_frame.h"
#include "vtl1/vtl/phase.h"

namespace vtl1 {

/// The arguments of a VTL call: rsi, rdx, r8, r9, r10.
using CallArguments = std::array<u64, 5>;

/// A call's value out, for r9.
using CallResult = Result<u64>;

/// One row of the VTL-call table: everything a reviewer needs to know about a call but its body.
struct Call {
    u32 id;
    const char* name;
    Phase last_phase;
    u8 argument_count;
    CallResult (*handler)(const CallArguments& arguments);
};

/// Turns a typed handler into a row: its C++ signature is the ABI. Each parameter is made of one
/// register's untrusted value; a handler with a raw integer does not compile.
template <auto Handler, class... Args>
constexpr Call row(u32 id, const char* name, Phase last_phase, CallResult (* /*types*/)(Args...)) {
    static_assert(sizeof...(Args) <= std::tuple_size_v<CallArguments>);
    return {.id = id,
            .name = name,
            .last_phase = last_phase,
            .argument_count = sizeof...(Args),
            .handler = [](const CallArguments& arguments) -> CallResult {
                return [&]<usize... I>(std::index_sequence<I...> /*indices*/) {
                    static_cast<void>(arguments);  // unused by a handler without parameters
                    return Handler(Args{base::Untrusted<u64>{arguments[I]}}...);
                }(std::index_sequence_for<Args...>{});
            }};
}

/// @return null if no table has it
const Call* find_call(u64 id, std::span<const Call> calls);

/// Runs one call: finds it, checks phase and unused arguments, calls the handler.
/// @return Error::UnknownCall, Error::TooLate, Error::BadArgument, or the handler's error
CallResult run_call(const Call* call, Phase now, const CallArguments& arguments);

/// Answers the call in `frame` from the call table. Changes r8 and r9 only.
void answer_call(EntryFrame& frame);

}  // namespace vtl1
