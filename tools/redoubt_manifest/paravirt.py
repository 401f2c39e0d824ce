# SPDX-License-Identifier: MIT
"""pv_ops, the table of operations that a hypervisor may have replaced before alternatives are applied.

What replaces what: Linux 6.12 and 6.1, arch/x86/kernel/kvm.c, arch/x86/hyperv/mmu.c and hv_spinlock.c,
arch/x86/include/asm/gsseg.h, kernel/cpu/vmware.c. Xen and TDX are left out: a kernel that runs as their
guest has code that the manifest does not know.
"""

from __future__ import annotations

from collections.abc import Callable

from redoubt_manifest.image import Image
from redoubt_manifest.kallsyms import Symbols

# By what a slot holds as linked.
REPLACEMENTS = {
    "native_flush_tlb_multi": ("hyperv_flush_tlb_multi", "kvm_flush_tlb_multi"),
    "native_tlb_remove_table": ("tlb_remove_table",),
    "tlb_remove_page": ("tlb_remove_table",),
    "native_io_delay": ("kvm_io_delay",),
    "native_load_gs_index": ("native_lkgs",),
    "native_queued_spin_lock_slowpath": ("__pv_queued_spin_lock_slowpath",),
    "__raw_callee_save___native_queued_spin_unlock": ("__raw_callee_save___pv_queued_spin_unlock",),
    "__raw_callee_save___native_vcpu_is_preempted": (
        "__raw_callee_save_hv_vcpu_is_preempted", "__raw_callee_save___kvm_vcpu_is_preempted"),
}
# Slots that hold nothing to tell them by, by their distance from the slot of FIRST_LOCK.
FIRST_LOCK = "native_queued_spin_lock_slowpath"
LOCK_SLOTS = {16: ("hv_qlock_wait", "kvm_wait"), 24: ("hv_qlock_kick", "kvm_kick_cpu")}
SLOT_COUNT_LIMIT = 128
# What does nothing, and what an empty slot stands for: names of 6.12 and of 6.1.
NOTHING = ("nop_func", "_paravirt_nop")
EMPTY = ("BUG_func", "paravirt_BUG")
# VMware's guests wait for nothing.
ALSO_NOTHING = ("native_io_delay",)


def targets(image: Image, symbols: Symbols) -> Callable[[int], list[int | None]]:
    """For a place in pv_ops, where calls through it may go; None: the call is left out."""
    start = symbols.find("pv_ops")
    nothing = {symbols.find(name) for name in NOTHING if name in symbols}
    empty = next(symbols.find(name) for name in EMPTY if name in symbols)
    lock = next(slot for slot in range(start, start + 8 * SLOT_COUNT_LIMIT, 8)
                if FIRST_LOCK in symbols.at(image.pointer(slot)))

    def of(slot: int) -> list[int | None]:
        linked = image.pointer(slot) if image.u64(slot) else empty
        names = [name for name in symbols.at(linked) if name in REPLACEMENTS]
        found = {linked, *(symbols.find(other) for name in names for other in REPLACEMENTS[name] if other in symbols)}
        found |= {symbols.find(other) for other in LOCK_SLOTS.get(slot - lock, ()) if other in symbols}
        if set(symbols.at(linked)) & set(ALSO_NOTHING):
            found |= nothing
        return [None if target in nothing else target for target in sorted(found)]

    return of
