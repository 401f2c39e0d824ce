# SPDX-License-Identifier: MIT
"""Functions that nobody may trace or probe once the kernel is sealed: a tracer can change what they return.

They decide who may do what, what code is loaded, and what becomes of code and page tables.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

from redoubt_manifest.kallsyms import Symbols
from redoubt_manifest.refused import Refused

ENDBR_BYTES = 4
GUARDED = re.compile(r"""
    (security|selinux|selinuxfs|apparmor|aa|tomoyo|bpf_lsm|ima|evm|integrity|landlock|hook|lockdown|yama|ipe|cap|avc)_.*
    | (commit|override|revert|prepare|copy|abort)_creds | prepare_kernel_cred | __put_cred | set_cred_ucounts
    | (ns_|file_ns_|inode_|bpf_)?capable.* | has_(ns_)?capabilit.* | ptracer_capable | ptrace_may_access | __ptrace_may_access
    | load_module | init_module_from_file | do_init_module | free_module | find_module.* | module_.* | mod_(verify|sysfs|tree)_.*
    | __(do|se|x64|ia32)_sys_(f?init|delete)_module
    | verify_pkcs7_.* | pkcs7_.* | x509_.* | public_key_.* | restrict_link_.* | verify_pefile_signature
    | _*text_poke.* | poke_int3_handler | smp_text_poke.* | (arch_|__)?jump_label_.* | (arch_|__)*static_call_.*
    | _*static_key_.* | alternatives_.* | apply_(paravirt|alternatives|relocat|retpolines|returns|.*endbr|fineibt).* | callthunks_.*
    | _*(un)?register_k(ret)?probes?.* | (dis)?arm_.*kprobe.* | klp_.* | bpf_arch_.* | bpf_jit_.* | bpf_prog_pack_.*
    | bpf_check | execmem_.* | module_alloc
    | set_memory_.* | set_pages?_.* | _*change_page_attr.* | _*set_memory_.* | set_direct_map_.* | mark_rodata_ro
    | kexec_.* | crash_.* | machine_kexec.* | kimage_.* | __(do|se|x64|ia32)_sys_kexec_.* | kallsyms_lookup_name
    | native_write_cr[04] | cr4_.* | native_(load|write)_[gi]dt.*
    | kernel_(read|write)_file.* | call_usermodehelper.*
""", re.VERBOSE)

# The same as patterns of ftrace's, which knows no better ones: some functions more. With them the kernel's own
# function tracers leave guarded functions alone, and are not denied.
UNTRACED = """
    *security* selinux* apparmor_* aa_* tomoyo_* bpf_lsm_* ima_* evm_* integrity_* landlock_* hook_* lockdown_*
    yama_* ipe_* cap_* avc_* *_creds prepare_kernel_cred __put_cred set_cred_ucounts *capable* has_*capabilit*
    *ptrace_may_access load_module init_module_from_file do_init_module free_module find_module* module_* mod_*
    *_sys_*init_module *_sys_delete_module verify_p* pkcs7_* x509_* public_key_* restrict_link_* *text_poke*
    poke_int3_handler *jump_label_* *static_call_* *static_key_* alternatives_* apply_* callthunks_*
    *register_k*probe* *arm_*kprobe* klp_* bpf_arch_* bpf_jit_* bpf_prog_pack_* bpf_check execmem_* *set_memory_*
    *set_page* *change_page_attr* set_direct_map_* mark_rodata_ro *kexec* crash_* kimage_* kallsyms_lookup_name
    native_write_cr* cr4_* native_*dt* kernel_read_file* kernel_write_file* call_usermodehelper*
""".split()


def is_guarded(symbols: Symbols, entry: int) -> bool:
    """@param entry the place in a function that tracing patches: its first instruction, or behind its ENDBR"""
    return any(GUARDED.fullmatch(name) for name in [*symbols.at(entry), *symbols.at(entry - ENDBR_BYTES)])


def untraced(symbols: Symbols, entries: Iterable[int]) -> bytes:
    """The section: UNTRACED, after a look whether it leaves a guarded one of these places out."""
    for entry in entries:
        names = [*symbols.at(entry), *symbols.at(entry - ENDBR_BYTES)]
        if is_guarded(symbols, entry) and not any(fnmatch.fnmatchcase(name, one) for name in names for one in UNTRACED):
            raise Refused(f"no pattern keeps tracers away from {names[0]}")
    return b"".join(pattern.encode() + b"\0" for pattern in UNTRACED)
