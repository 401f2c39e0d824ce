// SPDX-License-Identifier: MIT
#include "vtl1/services/witness.h"

#include <algorithm>

#include "vtl1/log/witness.h"

namespace vtl1::services {

CallResult witness(Vtl0Out<vtl_witness> out) {
    const WitnessLog::Totals totals = witness_totals();
    vtl_witness answer{.events = totals.events,
                       .records = totals.records,
                       .lost = totals.lost,
                       .page_count = WITNESS_PAGE_COUNT,
                       .page_gpa = {},
                       .head = {}};
    std::ranges::transform(witness_pages(), answer.page_gpa, [](Gpa page) { return page.raw(); });
    std::ranges::copy(totals.head, answer.head);
    TRY(std::move(out).store(answer));
    return 0;
}

}  // namespace vtl1::services
