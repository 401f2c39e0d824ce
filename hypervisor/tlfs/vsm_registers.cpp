// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/vsm_registers.h"

#include "hypervisor/apic/kick.h"
#include "hypervisor/tlfs/cr_intercept.h"
#include "hypervisor/tlfs/page_view.h"
#include "hypervisor/tlfs/synthetic_msr.h"

namespace hypervisor {

namespace {

using Value = tlfs_register_value;

constexpr u64 maximum_vtl = 1;
constexpr u64 vtl0_bit = 1;
constexpr u64 vtl1_bit = 2;
constexpr auto no_such_register = std::unexpected(TlfsStatus{TLFS_STATUS_INVALID_PARAMETER});

u64 partition_status() {
    auto locked = partition.lock();
    return vtl0_bit | (locked->has_vtl1 ? vtl1_bit : 0) |
           maximum_vtl << TLFS_VSM_MAXIMUM_VTL_SHIFT |
           (locked->has_mbec ? vtl1_bit << TLFS_VSM_MBEC_ENABLED_SET_SHIFT : 0);
}

u64 vp_status(const Vp& vp) {
    const u64 enabled = vtl0_bit | (vp.has_vtl1.load() ? vtl1_bit : 0);
    const bool has_mbec = vp.active == Vtl::Vtl0 && vp.mbec_enabled;
    return static_cast<u64>(vp.active) | (has_mbec ? TLFS_VSM_ACTIVE_MBEC : 0) |
           enabled << TLFS_VSM_VP_ENABLED_SET_SHIFT;
}

/// DR6 is private (VMCB).
u64 capabilities() {
    return TLFS_VSM_CAN_DENY_LOWER_VTL_STARTUP |
           (is_mbec_offered() ? vtl1_bit << TLFS_VSM_MBEC_VTL_MASK_SHIFT : 0);
}

/// MBEC of a VP follows the partition's, and the TLB lock does not exist (tlfs.rst 3.3).
TlfsStatus write_secure_config(Vp& vp, Vtl vtl, u64 value) {
    if (vtl != Vtl::Vtl1) {
        return TLFS_STATUS_ACCESS_DENIED;
    }
    const bool has_mbec = partition.lock()->has_mbec;
    if (value != (has_mbec ? TLFS_VSM_SECURE_MBEC : 0)) {
        return TLFS_STATUS_INVALID_REGISTER_VALUE;
    }
    vp.mbec_enabled = has_mbec;
    return TLFS_STATUS_SUCCESS;
}

/// The default rights of all RAM change at once; only ReadWrite and All exist (protection.h).
void apply_default_rights(LockedPartition::Guard& locked, const Vp& self, PageRights rights) {
    if (rights == PageRights::All) {
        return;  // what RAM has from the start
    }
    for (const MemoryEntry& entry : locked->memory.entries()) {
        if (entry.kind != MemoryKind::Ram) {
            continue;
        }
        u64 gpa = entry.first;
        while (gpa < entry.end) {
            const bool is_whole = gpa % large_page_size == 0 && gpa + large_page_size <= entry.end;
            if (is_whole && set_large_page(locked, Vtl::Vtl0, gpa, rights)) {
                gpa += large_page_size;
                continue;
            }
            if (const PageView old = find_page(locked, Vtl::Vtl0, gpa); old.target == gpa) {
                base::must(set_page(locked, Vtl::Vtl0, gpa, {gpa, rights}));
            }
            gpa += base::page_size;
        }
    }
    flush_nested_everywhere(locked, self, Vtl::Vtl0);
    locked->pool.reclaim();
}

TlfsStatus write_partition_config(Vp& vp, Vtl vtl, u64 value) {
    if (vtl != Vtl::Vtl1) {
        return TLFS_STATUS_INVALID_PARAMETER;
    }
    auto locked = partition.lock();
    const auto config = parse_partition_config(locked->config, value);
    if (!config) {
        return config.error();
    }
    // Any valid write turns protection on (tlfs.rst 3.3).
    if (!locked->config.get(VsmPartitionConfig::enable_vtl_protection)) {
        apply_default_rights(locked, vp, config->default_rights());
    }
    locked->config = config->with(VsmPartitionConfig::enable_vtl_protection, true);
    return TLFS_STATUS_SUCCESS;
}

/// PendingEvent0 in its exception form. @source tlfs.rst 3.5
TlfsStatus write_pending_event(Vp& vp, Vtl caller, Vtl vtl, const Value& value) {
    constexpr u64 known =
        TLFS_EVENT_PENDING | TLFS_EVENT_DELIVER_ERROR_CODE | 0xffff'ffff'ffff'0000;
    // Exceptions that exist: 0 to 8 without NMI, 10 to 14, 16 to 19, 21; with an error code: 8, 10
    // to 14, 17, 21 (AMD APM vol. 2, table 8-1).
    constexpr u32 exceptions = 0x2f'7dfb;
    constexpr u32 with_error_code = 0x22'7d00;
    constexpr u64 last_vector = 21;
    if (vtl >= caller) {
        return TLFS_STATUS_INVALID_PARAMETER;
    }
    const u64 vector = value.low >> TLFS_EVENT_VECTOR_SHIFT & 0xffff;
    const bool has_code = (value.low & TLFS_EVENT_DELIVER_ERROR_CODE) != 0;
    if ((value.low & ~known) != 0 || (value.low & TLFS_EVENT_PENDING) == 0 ||
        vector > last_vector || (exceptions >> vector & 1) == 0 ||
        has_code != ((with_error_code >> vector & 1) != 0)) {
        return TLFS_STATUS_INVALID_REGISTER_VALUE;
    }
    const auto vector8 = static_cast<u8>(vector);
    const auto code = static_cast<u32>(value.low >> TLFS_EVENT_ERROR_CODE_SHIFT);
    raise_exception(vp, vp.of(vtl),
                    has_code ? make_exception(vector8, code) : make_exception(vector8));
    if (vector == vector_debug) {
        vp.of(vtl).vmcb.dr6 = value.high & 0xffff'ffff;
    }
    if (vector == vector_page_fault) {
        vp.vmcb().cr2 = value.high;  // shared: the switch carries it over
    }
    return TLFS_STATUS_SUCCESS;
}

/// The MSR that a register is as well.
std::optional<u32> msr_of(u32 name) {
    switch (name) {
        case TLFS_REG_HYPERCALL:
            return TLFS_MSR_HYPERCALL;
        case TLFS_REG_VP_ASSIST_PAGE:
            return TLFS_MSR_VP_ASSIST_PAGE;
        case TLFS_REG_REFERENCE_TSC:
            return TLFS_MSR_REFERENCE_TSC;
        case TLFS_REG_SCONTROL:
            return TLFS_MSR_SCONTROL;
        case TLFS_REG_SIEFP:
            return TLFS_MSR_SIEFP;
        case TLFS_REG_SIMP:
            return TLFS_MSR_SIMP;
        default:
            break;
    }
    if (name >= TLFS_REG_SINT0 && name <= TLFS_REG_SINT15) {
        return TLFS_MSR_SINT0 + (name - TLFS_REG_SINT0);
    }
    return name >= TLFS_REG_STIMER0_CONFIG && name <= TLFS_REG_STIMER3_COUNT
               ? std::optional{TLFS_MSR_STIMER0_CONFIG + (name - TLFS_REG_STIMER0_CONFIG)}
               : std::nullopt;
}

}  // namespace

std::expected<Value, TlfsStatus> read_vsm_register(Vp& vp, Vtl vtl, u32 name) {
    if (is_cr_intercept(name)) {
        return read_cr_intercept(vp, vtl, name).transform([](u64 value) {
            return Value{value, 0};
        });
    }
    switch (name) {
        case TLFS_REG_VSM_CODE_PAGE_OFFSETS:
            return Value{code_page_offsets(), 0};
        case TLFS_REG_VSM_VP_STATUS:
            return Value{vp_status(vp), 0};
        case TLFS_REG_VSM_PARTITION_STATUS:
            return Value{partition_status(), 0};
        case TLFS_REG_VSM_CAPABILITIES:
            return Value{capabilities(), 0};
        case TLFS_REG_VSM_PARTITION_CONFIG:
            if (vtl != Vtl::Vtl1) {
                return no_such_register;
            }
            return Value{partition.lock()->config.raw(), 0};
        case TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0:
            if (vtl != Vtl::Vtl1) {
                return no_such_register;
            }
            return Value{vp.mbec_enabled ? TLFS_VSM_SECURE_MBEC : 0, 0};
        case TLFS_REG_GUEST_OS_ID:
            return Value{partition.lock()->of(vtl).guest_os_id, 0};
        case TLFS_REG_VP_INDEX:
            return Value{vp.index, 0};
        default:
            break;
    }
    const std::optional<u32> msr = msr_of(name);
    const std::optional<u64> value = msr ? read_private_msr(vp, vtl, *msr) : std::nullopt;
    if (!value) {
        return no_such_register;
    }
    return Value{*value, 0};
}

TlfsStatus write_vsm_register(Vp& vp,
                              Vtl caller,
                              Vtl vtl,
                              const tlfs_register_assignment& assignment) {
    const u64 value = assignment.value.low;
    if (is_cr_intercept(assignment.name)) {
        return write_cr_intercept(vp, vtl, assignment.name, value);
    }
    switch (assignment.name) {
        case TLFS_REG_PENDING_EVENT0:
            return write_pending_event(vp, caller, vtl, assignment.value);
        case TLFS_REG_VSM_PARTITION_CONFIG:
            return write_partition_config(vp, vtl, value);
        case TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0:
            return write_secure_config(vp, vtl, value);
        case TLFS_REG_VSM_CODE_PAGE_OFFSETS:
        case TLFS_REG_VSM_VP_STATUS:
        case TLFS_REG_VSM_PARTITION_STATUS:
        case TLFS_REG_VSM_CAPABILITIES:
            return TLFS_STATUS_ACCESS_DENIED;
        default:
            break;
    }
    const std::optional<u32> msr = msr_of(assignment.name);
    if (!msr || !read_private_msr(vp, vtl, *msr)) {
        return TLFS_STATUS_INVALID_PARAMETER;
    }
    return write_private_msr(vp, vtl, *msr, value) ? TLFS_STATUS_SUCCESS
                                                   : TLFS_STATUS_INVALID_REGISTER_VALUE;
}

}  // namespace hypervisor
