// SPDX-License-Identifier: MIT
#include "vtl1/intercept/memory_access.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>

#include "hvcall/abi/manifest.h"
#include "vtl1/intercept/denials.h"
#include "vtl1/intercept/text_write.h"
#include "vtl1/intercept/trampolines.h"
#include "vtl1/intercept/unproved_write.h"
#include "vtl1/log/log.h"
#include "vtl1/log/witness.h"
#include "vtl1/mm/memory.h"
#include "vtl1/mm/vtl0_walk.h"
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

/// The frame is between two states on another CPU, or was a moment ago. Tried again once after each
/// change: where the hypervisor gives less than the ledger says, VTL0 would try for ever.
bool is_granted_by_now(Cpu& cpu, const MemoryIntercept& access) {
    const u64 changes = FrameStates::change_count();
    const FrameState state = frame_states.state_of(access.gpa);
    if (state == FrameState::Foreign ||
        !hv::has_right(policies::access_of(state), right_for(access.access))) {
        return false;
    }
    const bool is_changing = changes % 2 != 0;
    const bool has_changed = changes != cpu.seen_changes;
    cpu.seen_changes = changes;
    return is_changing || has_changed;
}

/// Whether a store into this frame can be answered by taking execution from it.
bool may_lose_execution(FrameState state) {
    return state == FrameState::Unproved || state == FrameState::ModuleText;
}

/// Losing execution denies service at worst; so freed text does no harm to who gets the memory.
bool takes_execution(Cpu& cpu, const MemoryIntercept& access) {
    if (access.access != Access::Write || !may_lose_execution(frame_states.state_of(access.gpa))) {
        return false;
    }
    const Result<base::GpaRange> frame = base::GpaRange::of_pages(access.gpa.page(), 1);
    if (!frame.has_value()) {
        return false;
    }
    auto patches = patch_state.lock();  // trampolines are admitted under it
    const FrameState state = frame_states.state_of(access.gpa);
    if (!may_lose_execution(state) ||
        !frame_ledger.lock()
             ->change(*frame, state, FrameState::Ordinary, Proof::NotNeeded)
             .has_value()) {
        return is_granted_by_now(cpu, access);  // another CPU was first
    }
    patches->trampolines.drop(access.gpa.page());
    const u64 count = written_texts.fetch_add(1, std::memory_order_relaxed) + 1;
    if (is_worth_logging(count)) {
        log("modules: text at ", base::Hex{access.gpa.raw()},
            " was written and runs no more, number ", count);
    }
    return true;
}

/// Whether a store that was stopped there may reach a frame of VTL1's in a gap of the kernel's
/// image: it would tell VTL0 whether the bytes are there already.
bool may_reach_own_frame(const KernelLocation& location, Gpa gpa) {
    if (!location.offset_of(gpa).has_value()) {
        return false;
    }
    const u64 page = gpa.page().raw();
    return std::ranges::any_of(std::array{page - page_size, page, page + page_size}, [&](u64 near) {
        return location.offset_of(Gpa{near}).has_value() &&
               policies::is_vtl1s(frame_states.state_of(Gpa{near}));
    });
}

/// A trampoline for a tracer is being examined on another CPU: VTL0 shall not be denied what it
/// may do before and afterwards.
void wait_for_examination(const MemoryIntercept& access) {
    if (frame_states.state_of(access.gpa) == FrameState::Admitting) {
        static_cast<void>(patch_state.lock());
    }
}

bool patches_unproved_text(Cpu& cpu, const MemoryIntercept& access) {
    return access.access == Access::Write &&
           frame_states.state_of(access.gpa) == FrameState::Unproved &&
           apply_unproved_write(cpu.port, cpu.entry_frame(), access).has_value();
}

/// A trampoline that was changed since it was admitted, and is still in use. RIP only says where to
/// look.
bool runs_trampoline(const Cpu& cpu, const MemoryIntercept& access) {
    const SealedKernel* kernel = sealed_kernel();
    if (access.access != Access::Execute || kernel == nullptr ||
        frame_states.state_of(access.gpa) != FrameState::Ordinary) {
        return false;
    }
    const Gva page = Gva{access.rip}.page();
    const Result<Vtl0Paging> paging = read_vtl0_paging(cpu.port);
    if (!paging.has_value()) {
        return false;
    }
    const Result<Gpa> frame = translate_vtl0(*paging, page);
    if (!frame.has_value() || *frame != access.gpa.page()) {
        return false;
    }
    const PatchableText place{.text = kernel->text, .first = kernel->location.gpa_of(0)};
    auto patches = patch_state.lock();
    return admit_trampoline(patches->trampolines, place, *paging, page).has_value();
}

/// Judges a store into the sealed kernel; nothing if it is none that can be judged.
std::optional<TextWrite> try_patch(Cpu& cpu, const MemoryIntercept& access) {
    const SealedKernel* kernel = sealed_kernel();
    if (access.access != Access::Write || kernel == nullptr ||
        may_reach_own_frame(kernel->location, access.gpa)) {
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
    wait_for_examination(access);
    if (is_granted_by_now(cpu, access) || patches_unproved_text(cpu, access) ||
        takes_execution(cpu, access) || runs_trampoline(cpu, access)) {
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
