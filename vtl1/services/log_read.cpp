// SPDX-License-Identifier: MIT
#include "vtl1/services/log_read.h"

#include "vtl1/log/log.h"
#include "vtl1/mm/scratch.h"

namespace vtl1::services {

namespace {

/// Every number is one that can be asked for.
Result<LogSequence> parse(u64 raw) {
    return LogSequence{raw};
}

}  // namespace

CallResult log_read(Vtl0Out<vtl_log_page> out, base::Untrusted<u64> first) {
    const LogSequence from = TRY(first.parse(parse));
    auto& page = scratch<vtl_log_page>();
    log_copy(from, page);
    TRY(std::move(out).store(page));
    log_mark_read(LogSequence{page.next_sequence});
    return page.next_sequence;
}

}  // namespace vtl1::services
