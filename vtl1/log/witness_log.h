// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "hvcall/abi/witness.h"
#include "vtl1/crypto/sha2.h"

namespace vtl1 {

/// Something that VTL0 tried. A record is made of it; meanings are in hvcall/abi/witness.h.
struct WitnessEvent {
    u16 policy;
    u16 cause;
    u32 vp;
    u64 rip;
    Gpa gpa;
    u64 value;
    u64 time;
};

/// The witness log's pages, and what VTL1 keeps of it for itself. An event costs at most one search
/// through a page and one block of SHA-384, whatever VTL0 does.
class WitnessLog {
public:
    using Page = std::array<witness_record, WITNESS_RECORDS_PER_PAGE>;
    using Head = crypto::Digest<crypto::Sha2::Sha384>;
    static_assert(sizeof(Page) == page_size && sizeof(Head) == WITNESS_HEAD_BYTES);

    struct Totals {
        u64 events;
        u64 records;
        u64 lost;
        Head head;
    };

    /// @param pages  zero, one for each policy; nobody else writes them
    void open(std::span<Page> pages) { pages_ = pages; }

    /// Records an event. Before open() nothing is recorded. Stops VTL1 if there is no such policy.
    void add(const WitnessEvent& event);

    Totals totals() const {
        return {.events = events_, .records = records_, .lost = lost_, .head = head_};
    }

private:
    static bool coalesce(std::span<witness_record> firsts, const WitnessEvent& event);
    void add_first(witness_record& record, const WitnessEvent& event);
    void add_lost(witness_record& record, const WitnessEvent& event);
    witness_record fixed_part(const WitnessEvent& event) const;

    std::span<Page> pages_;
    std::array<u8, WITNESS_PAGE_COUNT> used_{};  // records that stand for something, by page
    u64 events_ = 0;
    u64 records_ = 0;
    u64 lost_ = 0;
    Head head_{};
};

}  // namespace vtl1
