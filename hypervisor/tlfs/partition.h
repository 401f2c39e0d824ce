// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "base/lock.h"
#include "hypervisor/boot/memory_map.h"
#include "hypervisor/lock_rank.h"
#include "hypervisor/npt/frame_pool.h"
#include "hypervisor/npt/page_table.h"
#include "hypervisor/svm/vp.h"
#include "hypervisor/tlfs/protection.h"

namespace hypervisor {

/// The partition-wide state of one VTL.
struct PartitionVtl {
    PageTable nested;   // its view of guest-physical memory; VTL0's at CPL 0
    u64 guest_os_id;    // HV_X64_MSR_GUEST_OS_ID
    u64 hypercall;      // HV_X64_MSR_HYPERCALL
    u64 reference_tsc;  // HV_X64_MSR_REFERENCE_TSC
    OverlayPage hypercall_page;
    OverlayPage reference_tsc_page;
};

/// The one guest. @source TLFS, "Partitions", "Virtual Secure Mode"
struct Partition {
    std::array<PartitionVtl, 2> vtl;
    PageTable
        user_view;  // VTL0's other nested table, for code of frames that only CPL 3 may execute
    FramePool pool;
    MemoryMap memory;           // without what the hypervisor keeps for itself
    bool has_vtl1;              // EnablePartitionVtl was done
    bool has_mbec;              // with the MBEC flag
    bool has_vtl1_on_some_vp;   // from then on only VTL1 enables itself on VPs
    VsmPartitionConfig config;  // written by VTL1

    PartitionVtl& of(Vtl which) { return vtl[static_cast<usize>(which)]; }

    bool is_ram(u64 gpa) const { return memory.is_ram({gpa, gpa + base::page_size}); }
};

using LockedPartition = base::Locked<Partition, LockRank::Partition>;

extern LockedPartition partition;

/// Whether mode-based execution control is offered (`mbec=off`). Fixed after boot.
bool is_mbec_offered();
void withhold_mbec();

/// Roots of the nested tables for VMCBs; fixed after boot, so that nobody needs the lock for them.
struct NestedRoots {
    std::array<u64, 2> vtl;
    u64 user_view;
};

extern NestedRoots nested_roots;

}  // namespace hypervisor
