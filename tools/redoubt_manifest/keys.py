# SPDX-License-Identifier: MIT
"""Static keys and static calls, and which of them stay as they are once the kernel is sealed.

Frozen is what protects the kernel against its users or itself: keys that the kernel makes read-only after
init, hooks of security modules, mitigations of CPUs, and memory that is cleared. All others may go on
switching between their legal states.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from redoubt_manifest import wire
from redoubt_manifest.kallsyms import Symbols

KINDS = (wire.SITE_JUMP_LABEL, wire.SITE_STATIC_CALL, wire.SITE_TRAMPOLINE)
MOST_KEYS = 1 << 16
FROZEN = re.compile(r"""
    security_hook_active_.* | __SCK__lsm_static_call_.*
    | cpu_buf_.* | mds_.* | mmio_stale_data_.* | .*_clear_cpu_buf.* | switch_to_cond_stibp | switch_mm_.*
    | __SCK__x86_idle
    | init_on_alloc | init_on_free | init_mlocked_on_free | check_pages_enabled
    | randomize_kstack_offset | bypass_usercopy_checks | cr_pinning | page_alloc_shuffle_key
    | sev_es_enable_key | isolation_type_.*
""", re.VERBOSE)


class Keys:
    """offsets: of all keys that sites name, in any order, with repetitions."""

    def __init__(self, symbols: Symbols, offsets: Iterable[int]) -> None:
        self._symbols = symbols
        self._offsets = sorted(set(offsets))
        self._numbers = {offset: number for number, offset in enumerate(self._offsets)}
        assert len(self._offsets) <= MOST_KEYS
        self._after_init = range(symbols.find("__start_ro_after_init"), symbols.find("__end_ro_after_init"))

    def number(self, offset: int) -> int:
        return self._numbers[offset]

    def freedom(self, offset: int) -> int:
        is_named = any(FROZEN.fullmatch(name) for name in self._symbols.at(offset))
        return wire.KEY_FROZEN if is_named or offset in self._after_init else wire.KEY_FREE

    def packed(self) -> bytes:
        return b"".join(wire.KEY.pack(offset, self.freedom(offset)) for offset in self._offsets)
