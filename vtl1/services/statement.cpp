// SPDX-License-Identifier: MIT
#include "vtl1/services/statement.h"

#include <algorithm>

#include "vtl1/arch/cpu_list.h"
#include "vtl1/crypto/sha2.h"
#include "vtl1/crypto/statement_key.h"
#include "vtl1/intercept/denials.h"
#include "vtl1/log/witness.h"
#include "vtl1/mm/scratch.h"
#include "vtl1/seal/claims.h"
#include "vtl1/version.h"

namespace vtl1::services {

namespace {

using Nonce = std::array<u8, STATEMENT_NONCE_BYTES>;

std::span<const std::byte> bytes_of(const vtl_statement& statement) {
    return std::as_bytes(std::span{&statement, 1});
}

Result<Nonce> parse(const vtl_statement* wire) {
    Nonce nonce{};
    std::ranges::copy(wire->nonce, nonce.begin());
    vtl_statement rest = *wire;
    std::ranges::fill(rest.nonce, u8{0});
    const bool is_zero =
        std::ranges::all_of(bytes_of(rest), [](std::byte byte) { return byte == std::byte{0}; });
    return is_zero ? Result<Nonce>{nonce} : fail(Error::BadArgument);
}

void fill(vtl_statement& statement, const Nonce& nonce) {
    const WitnessLog::Totals log = witness_totals();
    const CpuTotals cpus = cpu_totals();
    const DenialCounts denied = denial_counts();
    statement = {};
    statement.magic = STATEMENT_MAGIC;
    statement.format = STATEMENT_FORMAT;
    statement.phase = static_cast<u32>(current_phase());
    statement.vtl1_version = vtl1::version;
    statement.vp_count = cpus.online;
    std::ranges::copy(nonce, statement.nonce);
    statement.time = reference_time();
    statement.log_events = log.events;
    statement.log_records = log.records;
    statement.log_lost = log.lost;
    std::ranges::copy(log.head, statement.log_head);
    statement.denied_reads = denied.reads;
    statement.denied_writes = denied.writes;
    statement.denied_executes = denied.executes;
    static_assert(policies::frame_state_count <= STATEMENT_LEDGER_STATES);
    std::ranges::copy(policy_modes(current_phase()), statement.modes);
    std::ranges::copy(frame_claims().totals.all(), statement.ledger);
}

}  // namespace

CallResult statement(Vtl0InOut<vtl_statement> page) {
    auto& copy = scratch<vtl_statement>();
    const base::Untrusted<const vtl_statement*> wire = TRY(std::move(page.in).fetch(copy));
    const Nonce nonce = TRY(wire.parse(parse));
    const crypto::P384Key* key = TRY(crypto::statement_key());

    fill(copy, nonce);
    std::ranges::copy(key->public_key(), copy.public_key);
    const crypto::P384Digest digest =
        crypto::sha384(bytes_of(copy).first<STATEMENT_SIGNED_BYTES>());
    const crypto::P384Signature signature = TRY(key->sign(digest));
    std::ranges::copy(signature, copy.signature);
    TRY(std::move(page.out).store(copy));
    return 0;
}

}  // namespace vtl1::services
