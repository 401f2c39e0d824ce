// SPDX-License-Identifier: MIT
#include "selftests/fuzz/exit_judge.h"

#include <algorithm>
#include <set>

#include "selftests/fuzz/fake_cpu.h"
#include "selftests/fuzz/nested_view.h"

namespace fuzz {

namespace {

using fake_cpu::finding;

constexpr u64 vmmcall_bytes = 3;
constexpr u64 msr_bytes = 2;
constexpr usize save_area = offsetof(Vmcb, es);

std::vector<u64> ram_pages() {
    std::vector<u64> pages;
    for (const Range& range : ram) {
        for (u64 at = 0; at < range.bytes; at += base::page_size) {
            pages.push_back(range.first + at);
        }
    }
    return pages;
}

const std::vector<u64>& all_pages() {
    static const std::vector<u64> pages = ram_pages();
    return pages;
}

std::vector<u8> bytes_at(u64 address, usize count) {
    std::vector<u8> bytes(count);
    std::memcpy(bytes.data(), reinterpret_cast<const void*>(address), count);
    return bytes;
}

/// What VTL1's registers hold, but those that belong to the VP as a whole.
void save_registers(Vp& vp, std::array<u8, sizeof(Vmcb)>& out) {
    Vmcb copy = vp.of(Vtl::Vtl1).vmcb;
    copy.rax = copy.cr2 = 0;
    out.fill(0);
    std::memcpy(&out[save_area], &copy.es, sizeof(Vmcb) - save_area);
}

u64 masked_rip(const Vmcb& vmcb, u64 rip) {
    const bool is_64_bit = (vmcb.efer & efer_lma) != 0 && (vmcb.cs.attributes & segment_long) != 0;
    return is_64_bit ? rip : rip & 0xffff'ffff;
}

bool is_known_status(u64 status) {
    static const std::set<u64> known{TLFS_STATUS_SUCCESS,
                                     TLFS_STATUS_INVALID_HYPERCALL_CODE,
                                     TLFS_STATUS_INVALID_HYPERCALL_INPUT,
                                     TLFS_STATUS_INVALID_ALIGNMENT,
                                     TLFS_STATUS_INVALID_PARAMETER,
                                     TLFS_STATUS_ACCESS_DENIED,
                                     TLFS_STATUS_OPERATION_DENIED,
                                     TLFS_STATUS_INVALID_PARTITION_ID,
                                     TLFS_STATUS_INVALID_VP_INDEX,
                                     TLFS_STATUS_INVALID_VP_STATE,
                                     TLFS_STATUS_INVALID_REGISTER_VALUE,
                                     TLFS_STATUS_INVALID_VTL_STATE,
                                     TLFS_STATUS_VTL_ALREADY_ENABLED};  // the pool never runs out
    return known.contains(status);
}

u64 call_code(u64 control) {
    return control & TLFS_CALL_CODE;
}

}  // namespace

void ExitJudge::reset() {
    vp_ = nullptr;
    has_protection_ = false;
    rights_.assign(all_pages().size(), TLFS_PROTECT_ALL);
}

void ExitJudge::begin(Vp& vp) {
    const Vmcb& vmcb = vp.vmcb();
    vp_ = &vp;
    vtl_ = vp.active;
    code_ = vmcb.exit_code;
    rip_ = vmcb.rip;
    registers_ = vp.registers;
    is_msr_write_ = vmcb.exit_info1 != 0;
    had_vtl1_ = vp.has_vtl1.load();
    fast_input_ = fast_input();
    fast_input_[0] = registers_.rdx;
    fast_input_[1] = registers_.r8;
    save_registers(vp, vtl1_);
    for (usize i = 0; i < hot_pages.size(); ++i) {
        std::memcpy(memory_[i].data(), reinterpret_cast<const void*>(hot_pages[i]),
                    base::page_size);
    }
}

bool ExitJudge::has_event() const {
    const VtlContext& own = vp_->of(vtl_);
    return own.pending.get(Event::valid) ||
           (vp_->active == vtl_ && Event::from_raw(own.vmcb.event_injection).get(Event::valid));
}

void ExitJudge::end() {
    if (vp_ == nullptr) {
        return;
    }
    follow_config();
    if (code_ == static_cast<u64>(ExitCode::Vmmcall)) {
        judge_hypercall();
    } else if (code_ == static_cast<u64>(ExitCode::Msr)) {
        judge_msr();
    }
    judge_memory();
    judge_vtl1();
    vp_ = nullptr;
}

/// It moved on and has a status, or got an exception.
void ExitJudge::judge_hypercall() {
    const u64 code = call_code(registers_.rcx);
    const Vmcb& vmcb = vp_->of(vtl_).vmcb;
    if (code == TLFS_CALL_VTL_CALL || code == TLFS_CALL_VTL_RETURN) {
        return;
    }
    if (vmcb.rip != masked_rip(vmcb, rip_ + vmmcall_bytes)) {
        if (vmcb.rip != rip_ || !has_event()) {
            finding("a hypercall that is not answered", registers_.rcx);
        }
        return;
    }
    const u64 result = vmcb.rax;
    if (vp_->active != vtl_) {
        return;  // RAX is shared, and VTL1 was entered by its interrupt
    }
    if (!is_known_status(result & TLFS_RESULT_STATUS) ||
        (result & ~(TLFS_RESULT_STATUS | TLFS_CALL_REP_MAX << TLFS_RESULT_REPS_SHIFT)) != 0) {
        finding("a result that does not exist", result);
    }
    if (code == TLFS_CALL_MODIFY_VTL_PROTECTION_MASK) {
        follow_protection(result);
    }
}

void ExitJudge::judge_msr() {
    const Vmcb& vmcb = vp_->of(vtl_).vmcb;
    const bool has_moved = vmcb.rip == masked_rip(vmcb, rip_ + msr_bytes);
    if (!has_moved && !(vmcb.rip == rip_ && (has_event() || vp_->active != vtl_))) {
        finding("an MSR access that is not answered", registers_.rcx);
    }
    if (has_moved && !is_msr_write_ && vp_->active == vtl_ &&
        (vmcb.rax >> 32 != 0 || vp_->registers.rdx >> 32 != 0)) {
        finding("RDMSR with more than 32 bits", registers_.rcx);
    }
}

/// Guest memory changes only where a hypercall's output goes, and the caller may write there.
void ExitJudge::judge_memory() const {
    const bool is_call = code_ == static_cast<u64>(ExitCode::Vmmcall);
    const u64 output = registers_.r8 & ~(base::page_size - 1);
    for (usize i = 0; i < hot_pages.size(); ++i) {
        if (std::memcmp(memory_[i].data(), reinterpret_cast<const void*>(hot_pages[i]),
                        base::page_size) == 0) {
            continue;
        }
        const NestedView view{partition.lock()->of(vtl_).nested.root()};
        const NestedPage* const page = view.find(hot_pages[i]);
        if (!is_call || hot_pages[i] != output || page == nullptr || !page->is_writable ||
            page->frame != page->gpa) {
            finding("memory that the hypervisor must not write", hot_pages[i]);
        }
    }
}

/// VTL0 changes no register of VTL1 that is there already.
void ExitJudge::judge_vtl1() const {
    std::array<u8, sizeof(Vmcb)> now{};
    save_registers(*vp_, now);
    if (vtl_ == Vtl::Vtl0 && had_vtl1_ && now != vtl1_) {
        finding("VTL0 has changed registers of VTL1", registers_.rcx);
    }
}

/// The first valid write of the configuration gives all RAM its default rights.
void ExitJudge::follow_config() {
    const VsmPartitionConfig config = partition.lock()->config;
    const bool has_protection = config.get(VsmPartitionConfig::enable_vtl_protection);
    if (has_protection == has_protection_) {
        return;
    }
    if (vtl_ != Vtl::Vtl1 || !has_protection) {
        finding("protection changed by VTL0, or turned off");
    }
    has_protection_ = true;
    const u32 defaults = config.get(VsmPartitionConfig::default_protection);
    std::ranges::fill(rights_, static_cast<u8>(defaults));
    check_rights();
}

/// The pages that the result says are done have the rights that were asked for.
void ExitJudge::follow_protection(u64 result) {
    const u64 control = registers_.rcx;
    const u64 start = control >> TLFS_CALL_REP_START_SHIFT & TLFS_CALL_REP_MAX;
    const u64 done = result >> TLFS_RESULT_REPS_SHIFT & TLFS_CALL_REP_MAX;
    if (done <= start) {
        return;
    }
    if (vtl_ != Vtl::Vtl1 || !has_protection_) {
        finding("VTL0 has changed rights", result);
    }
    const bool is_fast = (control & TLFS_CALL_FAST) != 0;
    const u64 input = is_fast ? std::bit_cast<u64>(fast_input_.data()) : registers_.rdx;
    tlfs_modify_vtl_protection_mask header{};
    std::memcpy(&header, reinterpret_cast<const void*>(input), sizeof(header));
    const std::vector<u8> list = bytes_at(input + sizeof(header), done * sizeof(u64));
    for (u64 i = start; i < done; ++i) {
        u64 number = 0;
        std::memcpy(&number, &list[i * sizeof(number)], sizeof(number));
        const auto found = std::ranges::find(all_pages(), number << base::page_shift);
        if (found == all_pages().end()) {
            finding("rights of what is no RAM were changed", number);
        }
        rights_[static_cast<usize>(found - all_pages().begin())] =
            static_cast<u8>(header.map_flags);
    }
    check_rights();
    for (const Vp& vp : vps()) {
        if (&vp != vp_ && !vp.flush_requested.load()) {
            finding("other rights, and no flush", vp.index);
        }
    }
}

/// Code of frames that CPL 0 may execute is not executable in the user's view.
void ExitJudge::check_rights() const {
    auto locked = partition.lock();
    const NestedView kernel{locked->of(Vtl::Vtl0).nested.root()};
    const NestedView user{locked->user_view.root()};
    for (usize i = 0; i < rights_.size(); ++i) {
        const u64 gpa = all_pages()[i];
        const NestedPage* const in_kernel = kernel.find(gpa);
        const NestedPage* const in_user = user.find(gpa);
        if (in_kernel != nullptr && in_kernel->frame != gpa) {
            continue;  // under an overlay
        }
        const bool reads = (rights_[i] & TLFS_PROTECT_READ) != 0;
        const bool writes = (rights_[i] & TLFS_PROTECT_WRITE) != 0;
        const bool in_cpl0 = (rights_[i] & TLFS_PROTECT_KERNEL_EXECUTE) != 0;
        const bool in_cpl3 = (rights_[i] & TLFS_PROTECT_USER_EXECUTE) != 0;
        if ((in_kernel != nullptr) != reads || (in_user != nullptr) != reads) {
            finding("a page that is there, or is not, against its rights", gpa);
        }
        if (reads && (in_kernel->is_writable != writes || in_kernel->is_executable != in_cpl0 ||
                      in_user->is_executable != (in_cpl3 && !in_cpl0))) {
            finding("other rights than were set", gpa);
        }
    }
}

}  // namespace fuzz
