// SPDX-License-Identifier: MIT
#include "vtl1/intercept/memory_access.h"

#include <atomic>
#include <optional>

#include "hvcall/abi/manifest.h"
#include "vtl1/intercept/denials.h"
#include "vtl1/intercept/text_write.h"
#include "vtl1/log/log.h"
#include "vtl1/log/witness.h"
#include "vtl1/mm/memory.h"
#include "vtl1/seal/sealed_kernel.h"

namespace vtl1 {

namespace {

constinit std::atomic<u64> written_texts{0};

const char* name_of(Access access) {
    switch (access) {
        case Access::Read:
            return "read";
        case Access::Write:
            return "write";
        case Access::Execute:
            return "execute";
    }
    __builtin_trap();
}

constexpr u32 right_for(Access access) {
    switch (access) {
        case Access::Read:
            return TLFS_PROTECT_READ;
        case Access::Write:
            return TLFS_PROTECT_WRITE;
        case Access::Execute:
            return TLFS_PROTECT_KERNEL_EXECUTE;
    }
    __builtin_trap();
}

/// The frame is between two states on another CPU, or was a moment ago.
bool is_granted_by_now(const MemoryIntercept& access) {
    const FrameState state = frame_states.state_of(access.gpa);
    return state != FrameState::Foreign &&
           hv::has_right(policies::access_of(state), right_for(access.access));
}

/// Losing execution denies service at worst; so freed text does no harm to who gets the memory.
bool takes_execution(const MemoryIntercept& access) {
    const FrameState state = frame_states.state_of(access.gpa);
    if (access.access != Access::Write ||
        (state != FrameState::Unproved && state != FrameState::ModuleText)) {
        return false;
    }
    const Result<base::GpaRange> frame = base::GpaRange::of_pages(access.gpa.page(), 1);
    if (!frame.has_value()) {
        return false;
    }
    if (!frame_ledger.lock()
             ->change(*frame, state, FrameState::Ordinary, Proof::NotNeeded)
             .has_value()) {
        return is_granted_by_now(access);  // another CPU was first
    }
    const u64 count = written_texts.fetch_add(1, std::memory_order_relaxed) + 1;
    if (is_worth_logging(count)) {
        log("modules: text at ", base::Hex{access.gpa.raw()},
            " was written and runs no more, number ", count);
    }
    return true;
}

/// Judges a store into the sealed kernel; nothing if it is none that can be judged.
std::optional<TextWrite> try_patch(Cpu& cpu, const MemoryIntercept& access) {
    const SealedKernel* kernel = sealed_kernel();
    if (access.access != Access::Write || kernel == nullptr) {
        return std::nullopt;
    }
    const PatchableText place{.text = kernel->text, .first = kernel->location.gpa_of(0)};
    const Result<TextWrite> write = apply_text_write(cpu.port, cpu.entry_frame(), access, place);
    return write.has_value() ? std::optional{*write} : std::nullopt;
}

void record_denied_patch(const MemoryIntercept& access, const TextWrite& write) {
    witness(MANIFEST_POLICY_PATCHING, static_cast<u16>(write.verdict), access.rip, access.gpa,
            write.offset);
    const u64 count = count_denial(access.access);
    if (is_worth_logging(count)) {
        log("denied: patch of ", u64{write.size_bytes}, " bytes at _text+", base::Hex{write.offset},
            ": ", policies::name_of(write.verdict), ", number ", count);
    }
}

void record_denial(const MemoryIntercept& access) {
    const FrameState state = frame_states.state_of(access.gpa);
    witness(policies::is_vtl1s(state) ? WITNESS_POLICY_OWN_MEMORY : MANIFEST_POLICY_TEXT,
            static_cast<u16>(access.access), access.rip, access.gpa);
    const u64 count = count_denial(access.access);
    if (is_worth_logging(count)) {
        log("denied: ", name_of(access.access), " of ", base::Hex{access.gpa.raw()}, " (",
            policies::name_of(state), ") from rip ", base::Hex{access.rip}, ", number ", count);
    }
}

}  // namespace

bool answer_memory_access(Cpu& cpu, const MemoryIntercept& access) {
    if (is_granted_by_now(access) || takes_execution(access)) {
        return true;
    }
    const std::optional<TextWrite> patch = try_patch(cpu, access);
    if (!patch) {
        record_denial(access);
        return false;
    }
    if (policies::is_allowed(patch->verdict)) {
        return true;
    }
    record_denied_patch(access, *patch);
    return false;
}

}  // namespace vtl1
