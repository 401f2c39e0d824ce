// SPDX-License-Identifier: MIT
#include "vtl1/vtl/call.h"

namespace vtl1 {

// The tables are short: a linear search costs less than a clever one.
const Call* find_call(u64 id, std::span<const Call> calls) {
    for (const Call& call : calls) {
        if (call.id == id) {
            return &call;
        }
    }
    return nullptr;
}

CallResult run_call(const Call* call, Phase now, const CallArguments& arguments) {
    if (call == nullptr) {
        return fail(Error::UnknownCall);
    }
    if (now > call->last_phase) {
        return fail(Error::TooLate);
    }
    for (const u64 unused : std::span{arguments}.subspan(call->argument_count)) {
        if (unused != 0) {
            return fail(Error::BadArgument);
        }
    }
    return call->handler(arguments);
}

}  // namespace vtl1
