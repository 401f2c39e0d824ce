// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/mm/frame_states.h"

namespace vtl1 {

using policies::Proof;

/// Says what each frame of RAM is, and is the only code that changes VTL0's access once VTL1 has
/// closed its own memory. There is one, `frame_ledger`; it works on `ram_map`, `own_frames` and
/// `frame_states`.
///
/// What always holds, between any two hypercalls: VTL0 can do to a frame at most what the states
/// allow in which the frame was last and will be next, and never write what its kernel can execute,
/// unless the frame is Open. Less than the state allows is possible after the hypervisor has
/// refused a change.
///
/// @locks  LockRank::Ledger is held across its hypercalls. The way of an intercept reads
///         `frame_states` instead.
class FrameLedger {
public:
    static constexpr u64 change_pages_max = 8192;      // 17 hypercalls in each direction
    static constexpr u64 undo_refusals_max = 16;       // of one change
    static constexpr u64 close_refusals_max = 512;     // all overlay pages of 64 VPs are fewer
    static constexpr usize close_hypercalls_max = 16;  // in one call, of 510 pages each
    static constexpr u64 close_frames_max = 65536;     // looked at in one call

    /// VTL1's own frames become Vtl1, all others are Open. Once, at boot.
    /// @pre `frame_states` is open; every own frame is RAM and closed
    void open();

    /// Brings all of these frames from one state into another, or none. Rights that go are gone on
    /// every VP before others come.
    ///
    /// @param frames  change_pages_max at most
    /// @param proof   what the caller has made sure of; must be what policies::transitions asks for
    /// @return Error::BadArgument (too many), Error::BadAddress (not all RAM, or one is VTL1's),
    ///         Error::Refused (no such transition, another proof, one is not in `from`),
    ///         Error::TooLate (kernel execution is being closed): nothing has changed.
    ///         Error::HypervisorFailed: the frames are in `from` again. Those of which the
    ///         hypervisor refuses this too have lost rights or, where it first granted the new ones
    ///         and now does not take them, are in `to`, for which the proof is there.
    Result<void> change(const base::GpaRange& frames, FrameState from, FrameState to, Proof proof);

    /// Makes Open frames Ordinary, so that VTL0's kernel executes only what has a state that says
    /// so. Does one bounded step; from the first one on no frame can become executable any more by
    /// Proof::BeforeClose.
    ///
    /// A frame that the hypervisor refuses, since an overlay page of VTL0's lies over it, stays
    /// Open: after the last step `totals().of(FrameState::Open)` says how many. A call after the
    /// last step starts over with them.
    ///
    /// @return frames still to be looked at, 0: that was the last step; Error::HypervisorFailed: it
    ///         refuses more than close_refusals_max frames (the host has no MBEC); the next call
    ///         starts over
    Result<u64> close_kernel_execution();

    /// Makes sure that the frame is RAM and VTL0's. VTL0's driver said so; the hypervisor, which
    /// changes the protection of RAM only, confirms it.
    ///
    /// @param page  in the RAM map
    /// @return Error::BadAddress
    Result<void> confirm(Gpa page);

    const FrameTotals& totals() const { return totals_; }

private:
    /// While it lives, access is being changed.
    class Changing {
    public:
        Changing();

        ~Changing();

        Changing(const Changing&) = delete;
        Changing& operator=(const Changing&) = delete;
    };

    Result<void> check_change(const base::GpaRange& frames, FrameState from, FrameState to) const;
    Result<void> apply(const base::GpaRange& frames, FrameState from, FrameState to);
    void take_back(const base::GpaRange& granted, FrameState from, FrameState to);
    void restore(const base::GpaRange& frames, FrameState state);
    bool close_run(u64 index, u64 length);
    void record(u64 index, u64 count, FrameState state);
    void check_totals() const;

    FrameTotals totals_;
    bool is_closing_ = false;
    u64 next_to_close_ = 0;  // number of a frame in the RAM map
    u64 close_refusals_ = 0;
};

}  // namespace vtl1
