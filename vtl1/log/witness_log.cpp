// SPDX-License-Identifier: MIT
#include "vtl1/log/witness_log.h"

#include <atomic>

namespace vtl1 {

namespace {

// VTL0 may be reading: what is counted is written after all else.
void set_count(witness_record& record, u64 count) {
    std::atomic_ref{record.count}.store(count, std::memory_order_release);
}

bool is_same(const witness_record& record, const WitnessEvent& event) {
    return record.rip == event.rip && record.cause == event.cause;
}

}  // namespace

void WitnessLog::add(const WitnessEvent& event) {
    if (pages_.empty()) {
        return;
    }
    Page& page = pages_[event.policy];
    u8& used = used_[event.policy];
    if (!coalesce(std::span{page}.first(used), event)) {
        if (used < WITNESS_FIRSTS_PER_PAGE) {
            add_first(page[used], event);
            ++used;
        } else {
            add_lost(page.back(), event);
        }
    }
    ++events_;
}

bool WitnessLog::coalesce(std::span<witness_record> firsts, const WitnessEvent& event) {
    for (witness_record& record : firsts) {
        if (is_same(record, event)) {
            record.last_time = event.time;
            set_count(record, record.count + 1);
            return true;
        }
    }
    return false;
}

witness_record WitnessLog::fixed_part(const WitnessEvent& event) const {
    return {.sequence = events_,
            .time = event.time,
            .rip = event.rip,
            .gpa = event.gpa.raw(),
            .value = event.value,
            .policy = event.policy,
            .cause = event.cause,
            .vp = event.vp,
            .count = 0,
            .last_time = event.time};
}

void WitnessLog::add_first(witness_record& record, const WitnessEvent& event) {
    record = fixed_part(event);
    crypto::Sha384 hash;
    hash.update(std::as_bytes(std::span{head_}));
    hash.update(std::as_bytes(std::span{&record, 1}).first<WITNESS_FIXED_BYTES>());
    head_ = hash.finish();
    ++records_;
    set_count(record, 1);
}

void WitnessLog::add_lost(witness_record& record, const WitnessEvent& event) {
    const u64 count = record.count + 1;
    record = fixed_part(event);
    set_count(record, count);
    ++lost_;
}

}  // namespace vtl1
