// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/intercept/intercept_message.h"
#include "vtl1/intercept/patch_state.h"
#include "vtl1/intercept/patchable_text.h"
#include "vtl1/vtl/entry_frame.h"

namespace hv {
struct HypercallPort;
}

namespace vtl1 {

/// What became of a store.
struct TextWrite {
    policies::PokeVerdict verdict;
    u32 offset;      // in the image
    u32 size_bytes;  // of as much as was looked at
};

/// @locks  LockRank::Patch
TextWriteCounts text_write_counts();

/// While its guard lives no store is done, so that text is not seen half written.
using TextWriteLock = Locked<PatchState, LockRank::Patch>;

TextWriteLock::Guard hold_text_writes();

/// Does what the running VP's VTL0 tried, if it is a legal patch: reads the instruction that RIP
/// points to, judges what it would write, writes that and moves VTL0 on. Instruction, registers and
/// source bytes are read once; VTL0's tables say where its bytes are, but never what may be
/// written.
///
/// A store is one, however many pages it touches, so that all other CPUs see it before the next one
/// is judged. A string instruction of more than 64 bytes is done in pieces: VTL0 is then left at
/// the instruction, with the registers of what remains.
///
/// A call of a traced function to a tracer's trampoline has that examined first (trampolines.h).
///
/// Not covered: a single step (RFLAGS.TF) over the store; 32-bit code, which is read as 64-bit.
///
/// @param frame  VTL0's registers; RCX, RSI and RDI move on with a string
/// @return the verdict; if it is a denial nothing has changed, and the caller answers with a fault.
///         Error::NotFound: not in the image. Error::Refused, BadArgument: no such store.
///         Error::BadAddress: its code or source is not to be read, or it leaves the image.
///         Error::HypervisorFailed: it may have been written; it can be tried again
/// @locks  LockRank::Patch, LockRank::Ledger
/// @context  any CPU, in an intercept of a write
Result<TextWrite> apply_text_write(const hv::HypercallPort& port,
                                   EntryFrame& frame,
                                   const MemoryIntercept& intercept,
                                   const PatchableText& place);

}  // namespace vtl1
