// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/svm/vp.h"
#include "hypervisor/tlfs/partition.h"

namespace hypervisor {

/// Makes another VP leave its guest soon, or wake up in the host, by an NMI that nobody sees.
/// Harmless for a VP that is in the host already.
void kick(Vp& vp);

/// VPs by index, one bit each.
inline constexpr u64 every_vp = ~u64{0};

/// Returns when none of the VPs can use a translation of `vtl` that it had cached before: each that
/// ran this VTL was seen outside of it since; one that runs the other VTL, or waits, flushes before
/// it comes back. Who waits here is outside of its own guest and so keeps nobody waiting; a lock
/// may be held. A CPU that does not answer for a minute means that it was taken from us: the
/// machine is reset rather than left unprotected.
/// @source AMD APM vol. 2, 15.16 and 15.25.8: TLB_CONTROL is set for the next VMRUN as well
void flush_tlbs(const Vp& self, Vtl vtl, u64 which);

/// The same for all VPs, and for devices, after a change of the nested table of `vtl`.
void flush_nested_everywhere(LockedPartition::Guard& locked, const Vp& self, Vtl vtl);

/// How long another CPU may take to answer. If it takes longer, it was taken from us: the machine
/// is reset rather than left unprotected.
class Deadline {
public:
    Deadline();
    void check() const;

private:
    u64 begin_;  // ticks of the TSC
};

/// Called right before VMRUN, with GIF clear.
void note_entry(Vp& vp);

/// Called right after VMRUN.
void note_exit(Vp& vp);

/// Takes the NMI that ended the guest (or a wait). True if it was a kick, false if it was VTL0's.
bool consume_nmi(Vp& vp);

}  // namespace hypervisor
