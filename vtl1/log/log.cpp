// SPDX-License-Identifier: MIT
#include "vtl1/log/log.h"

#include "vtl1/lock.h"

namespace vtl1 {

namespace {

constinit Locked<LogRing, LockRank::Log> ring;

}  // namespace

void log_line(std::string_view text) {
    auto held = ring.lock();
    held->add(text);
}

void log_copy(LogSequence from, vtl_log_page& page) {
    auto held = ring.lock();
    held->copy(from, page);
}

void log_mark_read(LogSequence next) {
    auto held = ring.lock();
    held->mark_read(next);
}

}  // namespace vtl1
