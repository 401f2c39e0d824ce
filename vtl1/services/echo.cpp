// SPDX-License-Identifier: MIT
#include "vtl1/services/echo.h"

#include <algorithm>

#include "vtl1/mm/scratch.h"

namespace vtl1::services {

namespace {

/// How much is echoed: 1 to VTL_ECHO_BYTES_MAX.
enum class EchoSize : u32 {};

Result<EchoSize> parse(const vtl_echo* wire) {
    if (wire->reserved != 0 || wire->size_bytes == 0 || wire->size_bytes > VTL_ECHO_BYTES_MAX) {
        return fail(Error::BadArgument);
    }
    return EchoSize{wire->size_bytes};
}

}  // namespace

CallResult echo(Vtl0InOut<vtl_echo> page) {
    auto& copy = scratch<vtl_echo>();
    const base::Untrusted<const vtl_echo*> wire = TRY(std::move(page.in).fetch(copy));
    const EchoSize size = TRY(wire.parse(parse));

    std::ranges::fill(std::span{copy.data}.subspan(static_cast<usize>(size)), u8{0});
    TRY(std::move(page.out).store(copy));
    return static_cast<u64>(size);
}

}  // namespace vtl1::services
