# SPDX-License-Identifier: MIT
"""Functions that nobody may trace or probe once the kernel is sealed: a tracer can change what they return.

They decide who may do what, what code is loaded, and what becomes of code and page tables.
"""

from __future__ import annotations

import re

from redoubt_manifest.kallsyms import Symbols

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


def is_guarded(symbols: Symbols, entry: int) -> bool:
    """@param entry the place in a function that tracing patches: its first instruction, or behind its ENDBR"""
    return any(GUARDED.fullmatch(name) for name in [*symbols.at(entry), *symbols.at(entry - ENDBR_BYTES)])
