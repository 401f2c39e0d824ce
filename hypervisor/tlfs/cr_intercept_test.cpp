// SPDX-License-Identifier: MIT
// test-with: hypervisor-world
// test-with: hypervisor/decode/instruction.cpp hypervisor/decode/system_write.cpp
// test-with: hypervisor/svm/control_register_exit.cpp hypervisor/svm/guest_instruction.cpp
// test-with: hypervisor/svm/msr_intercept.cpp hypervisor/svm/table_register_exit.cpp
// test-with: hypervisor/tlfs/intercept_message.cpp
#include "hypervisor/tlfs/cr_intercept.h"

#include <gtest/gtest.h>

#include "hypervisor/decode/system_write.h"
#include "hypervisor/svm/exits.h"
#include "hypervisor/svm/permission_map.h"
#include "hypervisor/svm/vmcb_state.h"
#include "hypervisor/tlfs/xcr0.h"
#include "selftests/host/hypervisor_world.h"

namespace hypervisor {
namespace {

using namespace fake;  // NOLINT: the world that this file tests in

constexpr u8 use_vtl0 = 0x10;
constexpr u8 use_vtl1 = 0x11;
constexpr u64 code_gpa = 0x20'0000;
constexpr u64 word_gpa = 0x20'1000;
constexpr u64 vector = 0x30;

// Bits of CrInterceptControl and offsets of messages are spelled out: tlfs.rst 3.3 and 4.6.
constexpr u64 cr0_event = 1 << 0;
constexpr u64 cr4_event = 1 << 1;
constexpr u64 lstar_event = 1 << 6;
constexpr u64 efer_event = 1 << 14;
constexpr u64 gdtr_event = 1 << 15;
constexpr u64 tr_event = 1 << 18;

class CrIntercept : public testing::Test {
protected:
    CrIntercept() {
        reset_world();
        Vmcb& vtl0 = vmcb();
        vtl0.cr0 = cr0_pg | cr0_wp | cr0_et | cr0_pe;
        vtl0.cr4 = cr4_pae;
        vtl0.rip = code_gpa;
        vtl0.rflags = 0x202;
        vtl0.cs.selector = 0x10;
        use_permission_maps();
        vp(0).has_vtl1.store(true);
        Synic& synic = vp(0).of(Vtl::Vtl1).synic;
        synic.reset();
        synic.sint[0] = vector;
        synic.messages.is_placed = true;
        vp(0).of(Vtl::Vtl1).apic.reset(true);
    }

    static void use_permission_maps() { hypervisor::use_permission_maps(vp(0)); }

    static Vmcb& vmcb() { return vp(0).of(Vtl::Vtl0).vmcb; }

    static void arm(u64 control, u64 cr0_mask = 0, u64 cr4_mask = 0) {
        EXPECT_EQ(write(TLFS_REG_CR_INTERCEPT_CR0_MASK, cr0_mask), TLFS_STATUS_SUCCESS);
        EXPECT_EQ(write(TLFS_REG_CR_INTERCEPT_CR4_MASK, cr4_mask), TLFS_STATUS_SUCCESS);
        EXPECT_EQ(write(TLFS_REG_CR_INTERCEPT_CONTROL, control), TLFS_STATUS_SUCCESS);
    }

    static TlfsStatus write(u32 name, u64 value) {
        return write_cr_intercept(vp(0), Vtl::Vtl1, name, value);
    }

    static void put_code(std::vector<u8> bytes) {
        bytes.resize(16, 0x90);
        std::ranges::copy(bytes, &memory()[code_gpa]);
    }

    static bool is_faulted() { return vp(0).context().pending == make_exception(13, 0); }

    static bool is_untouched() {
        return vmcb().rip == code_gpa && !vp(0).context().pending.get(Event::valid);
    }

    template <class T>
    static T slot(usize offset) {
        T value{};
        std::memcpy(&value, &vp(0).of(Vtl::Vtl1).synic.messages.bytes[offset], sizeof(value));
        return value;
    }

    static bool is_told() { return slot<u32>(0) != 0; }

    static u64 call(u8 vtl, u32 name, u64 value) {
        const tlfs_vp_registers_header header{TLFS_PARTITION_SELF, TLFS_VP_SELF, vtl, {}};
        const tlfs_register_assignment one{name, {}, {value, 0}};
        return status_of(
            hypercall(vp(0), rep_call(TLFS_CALL_SET_VP_REGISTERS, 1), bytes_of(header, one)));
    }
};

TEST_F(CrIntercept, only_vtl1_names_its_own) {
    EXPECT_EQ(call(0, TLFS_REG_CR_INTERCEPT_CONTROL, 0), TLFS_STATUS_ACCESS_DENIED);
    EXPECT_EQ(call(use_vtl1, TLFS_REG_CR_INTERCEPT_CONTROL, 0), TLFS_STATUS_ACCESS_DENIED);
    vp(0).active = Vtl::Vtl1;
    EXPECT_EQ(call(use_vtl0, TLFS_REG_CR_INTERCEPT_CR0_MASK, 0), TLFS_STATUS_ACCESS_DENIED);
    EXPECT_EQ(call(use_vtl1, TLFS_REG_CR_INTERCEPT_CONTROL, cr0_event), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(call(0, TLFS_REG_CR_INTERCEPT_CR4_MASK, ~u64{0}), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(vp(0).cr_intercepts, (CrIntercepts{cr0_event, 0, ~u64{0}}));
    EXPECT_EQ(call(use_vtl1, TLFS_REG_CR_INTERCEPT_MISC_ENABLE_MASK, 0),
              TLFS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(read_cr_intercept(vp(0), Vtl::Vtl1, TLFS_REG_CR_INTERCEPT_CR4_MASK), ~u64{0});
    EXPECT_EQ(read_cr_intercept(vp(0), Vtl::Vtl0, TLFS_REG_CR_INTERCEPT_CONTROL).error(),
              TLFS_STATUS_ACCESS_DENIED);
}

TEST_F(CrIntercept, events_that_are_not_there_are_refused) {
    // All writes but IA32_MISC_ENABLE and SGX; XCR0 only where its writes exit.
    const u64 supported = 0xff'd543 | (xcr0::is_hidden() ? 0 : 4);
    for (unsigned bit = 0; bit < 64; ++bit) {
        EXPECT_EQ(
            write(TLFS_REG_CR_INTERCEPT_CONTROL, u64{1} << bit),
            (supported >> bit & 1) != 0 ? TLFS_STATUS_SUCCESS : TLFS_STATUS_INVALID_REGISTER_VALUE)
            << bit;
    }
}

TEST_F(CrIntercept, nothing_exits_that_is_not_armed) {
    const Vmcb before = vmcb();
    EXPECT_EQ(vmcb().intercept_cr_write, 0U);
    arm(cr0_event | cr4_event);
    EXPECT_EQ(vmcb().intercept_cr_write, 0U) << "no mask";
    arm(cr0_event | cr4_event | gdtr_event | tr_event | lstar_event, cr0_wp, 1);
    EXPECT_EQ(vmcb().intercept_cr_write, 0x11U);
    EXPECT_EQ(vmcb().intercept_misc1 ^ before.intercept_misc1, 1U << 11 | 1U << 13);
    EXPECT_EQ(asked_about_msr(vp(0), 0xc000'0082), TLFS_REG_LSTAR);
    EXPECT_FALSE(asked_about_msr(vp(0), 0xc000'0080));
    EXPECT_FALSE(asked_about_msr(vp(1), 0xc000'0082));
    reset_cr_intercepts(vp(0));
    EXPECT_EQ(vmcb().intercept_cr_write, 0U);
    EXPECT_EQ(vmcb().intercept_misc1, before.intercept_misc1);
    EXPECT_FALSE(asked_about_msr(vp(0), 0xc000'0082));
}

TEST_F(CrIntercept, a_masked_change_becomes_a_message) {
    arm(cr0_event, cr0_wp);
    put_code({0x41, 0x0f, 0x22, 0xc1});  // mov %r9,%cr0
    vp(0).registers.r9 = cr0_pg | cr0_pe;
    vmcb().dr7 = 0x401;
    vmcb().interrupt_shadow = 1;
    handle_control_register_write(vp(0), 0);
    EXPECT_TRUE(is_untouched());
    EXPECT_EQ(vmcb().cr0, cr0_pg | cr0_wp | cr0_et | cr0_pe);
    EXPECT_EQ(slot<u32>(0), 0x8001'0006U) << "X64Register";
    EXPECT_EQ(slot<u8>(4), 0x40);
    EXPECT_EQ(slot<u32>(16), 0U) << "VP";
    EXPECT_EQ(slot<u8>(20), 0x24) << "four bytes; CR8 as the fake APIC has it";
    EXPECT_EQ(slot<u8>(21), 1) << "write";
    EXPECT_EQ(slot<u16>(22), 0x1034) << "PE, LMA, debug active, interrupt shadow";
    EXPECT_EQ(slot<u16>(16 + 8 + 12), 0x10) << "CS";
    EXPECT_EQ(slot<u64>(16 + 24), code_gpa);
    EXPECT_EQ(slot<u64>(16 + 32), 0x202U);
    EXPECT_EQ(slot<u8>(16 + 40), 0) << "no memory operand";
    EXPECT_EQ(slot<u32>(16 + 44), 0x0004'0000U) << "CR0";
    EXPECT_EQ(slot<u64>(16 + 48), cr0_pg | cr0_et | cr0_pe);
    EXPECT_EQ(vp(0).of(Vtl::Vtl1).apic.requested.highest(), vector);
}

TEST_F(CrIntercept, other_changes_are_carried_out) {
    arm(cr0_event | cr4_event, cr0_wp, 1);
    put_code({0x0f, 0x22, 0xc2});  // mov %rdx,%cr0
    vp(0).registers.rdx = vmcb().cr0 | cr0_ts;
    handle_control_register_write(vp(0), 0);
    EXPECT_EQ(vmcb().cr0, vp(0).registers.rdx);
    EXPECT_EQ(vmcb().rip, code_gpa + 3);
    EXPECT_TRUE(vp(0).flush_requested.load());
    EXPECT_FALSE(is_told());
    vmcb().rip = code_gpa;
    put_code({0x0f, 0x06});  // clts
    handle_control_register_write(vp(0), 0);
    EXPECT_EQ(vmcb().cr0 & cr0_ts, 0U);
    EXPECT_EQ(vmcb().rip, code_gpa + 2);
    vmcb().rip = code_gpa;
    put_code({0x0f, 0x22, 0xe0});  // mov %rax,%cr4
    vmcb().rax = cr4_pae | 1 << 7;
    handle_control_register_write(vp(0), 4);
    EXPECT_EQ(vmcb().cr4, cr4_pae | 1 << 7);
    EXPECT_FALSE(is_told());
}

TEST_F(CrIntercept, lmsw_sets_four_bits_and_never_clears_pe) {
    arm(cr0_event, cr0_wp);
    put_code({0x0f, 0x01, 0xf3});  // lmsw %bx
    vp(0).registers.rbx = 0xabcd'fff8;
    handle_control_register_write(vp(0), 0);
    EXPECT_EQ(vmcb().cr0, cr0_pg | cr0_wp | cr0_et | cr0_ts | cr0_pe);
    vmcb().rip = code_gpa;
    put_code({0x0f, 0x01, 0x74, 0x8e, 0x10});  // lmsw 0x10(%rsi,%rcx,4)
    vp(0).registers.rsi = word_gpa;
    vp(0).registers.rcx = 4;
    memory()[word_gpa + 0x20] = 2;
    handle_control_register_write(vp(0), 0);
    EXPECT_EQ(vmcb().cr0, cr0_pg | cr0_wp | cr0_et | 2 | cr0_pe);
    EXPECT_EQ(vmcb().rip, code_gpa + 5);
    vmcb().rip = code_gpa;
    vp(0).registers.rsi = ram_bytes;
    handle_control_register_write(vp(0), 0);
    EXPECT_EQ(vp(0).context().pending, make_exception(14, 0));
    EXPECT_EQ(vmcb().cr2, ram_bytes + 0x20);
}

TEST_F(CrIntercept, what_a_cpu_refuses_is_a_fault_and_no_message) {
    arm(cr0_event | cr4_event, ~u64{0}, ~u64{0});
    const auto refuses = [&](u8 number, u64 value) {
        put_code({0x0f, 0x22, static_cast<u8>(0xc0 | number << 3)});
        const Vmcb before = vmcb();
        vmcb().rax = value;
        vp(0).context().pending = Event{};
        handle_control_register_write(vp(0), number);
        return is_faulted() && !is_told() && vmcb().rip == code_gpa && vmcb().cr0 == before.cr0 &&
               vmcb().cr4 == before.cr4 && vmcb().efer == before.efer;
    };
    const u64 cr0 = vmcb().cr0;
    EXPECT_TRUE(refuses(0, cr0 | u64{1} << 32));
    EXPECT_TRUE(refuses(0, cr0 & ~cr0_pe));
    EXPECT_TRUE(refuses(0, cr0 | 1 << 29)) << "NW without CD";
    EXPECT_TRUE(refuses(0, cr0 & ~cr0_pg)) << "in 64-bit code";
    EXPECT_TRUE(refuses(4, 0)) << "PAE in long mode";
    EXPECT_TRUE(refuses(4, cr4_pae | u64{1} << 40));
    EXPECT_TRUE(refuses(4, cr4_pae | cr4_la57));
    vmcb().cr3 = 0x1001;
    EXPECT_TRUE(refuses(4, cr4_pae | cr4_pcide));
}

TEST_F(CrIntercept, long_mode_is_entered_and_left) {
    Vmcb& vtl0 = vmcb();
    vtl0.cr0 = cr0_et | cr0_pe;
    vtl0.cs.attributes = 0xc9b;
    vtl0.efer = efer_lme | efer_svme;
    EXPECT_TRUE(accepts_cr0(vtl0, vtl0.cr0 | cr0_pg));
    vtl0.cr4 = 0;
    EXPECT_FALSE(accepts_cr0(vtl0, vtl0.cr0 | cr0_pg)) << "needs PAE";
    vtl0.cr4 = cr4_pae;
    vtl0.cs.attributes = 0xa9b;
    EXPECT_FALSE(accepts_cr0(vtl0, vtl0.cr0 | cr0_pg)) << "CS.L";
    vtl0.cs.attributes = 0xc9b;
    arm(cr0_event, cr0_wp);
    put_code({0x0f, 0x22, 0xc0});
    vtl0.rax = 0x1234'5678'0000'0000 | cr0_pg | cr0_pe;  // 32-bit code writes 32 bits
    handle_control_register_write(vp(0), 0);
    EXPECT_EQ(vtl0.cr0, cr0_pg | cr0_et | cr0_pe);
    EXPECT_EQ(vtl0.efer, efer_lme | efer_lma | efer_svme);
    EXPECT_FALSE(accepts_efer(vtl0, 0)) << "LME under paging";
    vtl0.rip = code_gpa;
    vtl0.rax = cr0_pe;
    handle_control_register_write(vp(0), 0);
    EXPECT_EQ(vtl0.efer, efer_lme | efer_svme);
}

TEST_F(CrIntercept, code_that_changed_meanwhile_runs_again) {
    arm(cr0_event | gdtr_event, cr0_wp);
    for (const u8 other : {u8{0xe0}, u8{0xd8}}) {  // to CR4, to CR3
        put_code({0x0f, 0x22, other});
        handle_control_register_write(vp(0), 0);
        EXPECT_TRUE(is_untouched());
    }
    handle_table_register_write(vp(0), TLFS_REG_GDTR);
    EXPECT_TRUE(is_untouched());
    EXPECT_FALSE(is_told());
    put_code({0x90});
    handle_control_register_write(vp(0), 0);
    EXPECT_TRUE(is_faulted());
}

TEST_F(CrIntercept, without_a_listener_it_fails_closed) {
    arm(cr0_event | gdtr_event | efer_event, ~u64{0});
    vp(0).of(Vtl::Vtl1).synic.sint[0] = TLFS_SINT_RESET;
    put_code({0x0f, 0x06});
    vmcb().cr0 |= cr0_ts;
    handle_control_register_write(vp(0), 0);
    EXPECT_TRUE(is_faulted());
    EXPECT_NE(vmcb().cr0 & cr0_ts, 0U);
    vp(0).context().pending = Event{};
    put_code({0x0f, 0x01, 0x10});
    handle_table_register_write(vp(0), TLFS_REG_GDTR);
    EXPECT_TRUE(is_faulted());
    vp(0).context().pending = Event{};
    EXPECT_TRUE(ask_about_msr(vp(0), 0xc000'0080, efer_lme));
    EXPECT_TRUE(is_faulted());
}

TEST_F(CrIntercept, table_registers) {
    put_code({0x0f, 0x01, 0x50, 0x08});  // lgdt 8(%rax)
    vmcb().rax = word_gpa;
    handle_table_register_write(vp(0), TLFS_REG_GDTR);
    EXPECT_TRUE(is_untouched());
    EXPECT_EQ(slot<u8>(16 + 40), 1) << "memory operand";
    EXPECT_EQ(slot<u32>(16 + 44), 0x0007'0001U);
    EXPECT_EQ(slot<u64>(16 + 48), word_gpa + 8);
    vp(0).of(Vtl::Vtl1).synic.messages.bytes = {};
    put_code({0x0f, 0x00, 0xd9});  // ltr %cx
    vp(0).registers.rcx = 0xffff'0040;
    handle_table_register_write(vp(0), TLFS_REG_TR);
    EXPECT_EQ(slot<u8>(16 + 40), 0);
    EXPECT_EQ(slot<u32>(16 + 44), 0x0006'0007U);
    EXPECT_EQ(slot<u64>(16 + 48), 0U);
    EXPECT_EQ(slot<u16>(16 + 60), 0x40) << "the selector, in the form of a segment register";
}

TEST_F(CrIntercept, msrs) {
    put_code({0x48, 0x0f, 0x30});  // wrmsr with a prefix
    EXPECT_FALSE(ask_about_msr(vp(0), 0xc000'0082, 1));
    arm(lstar_event);
    EXPECT_TRUE(ask_about_msr(vp(0), 0xc000'0082, 0xffff'ffff'8123'4567));
    EXPECT_TRUE(is_untouched());
    EXPECT_EQ(slot<u32>(0), 0x8001'0001U) << "X64Msr";
    EXPECT_EQ(slot<u8>(4), 0x40);
    EXPECT_EQ(slot<u8>(20) & 0xf, 3);
    EXPECT_EQ(slot<u32>(16 + 40), 0xc000'0082U);
    EXPECT_EQ(slot<u64>(16 + 48), 0xffff'ffffU) << "RDX";
    EXPECT_EQ(slot<u64>(16 + 56), 0x8123'4567U) << "RAX";
    vp(0).of(Vtl::Vtl1).synic.messages.bytes = {};
    EXPECT_TRUE(ask_about_msr(vp(0), 0xc000'0082, u64{1} << 60));
    EXPECT_TRUE(is_faulted());
    EXPECT_FALSE(is_told()) << "not canonical";
}

TEST_F(CrIntercept, a_full_slot_makes_vtl0_try_again) {
    arm(lstar_event);
    EXPECT_TRUE(ask_about_msr(vp(0), 0xc000'0082, 1));
    EXPECT_TRUE(ask_about_msr(vp(0), 0xc000'0082, 2));
    EXPECT_TRUE(is_untouched());
    EXPECT_EQ(slot<u64>(16 + 56), 1U) << "the first one stays";
    EXPECT_EQ(slot<u8>(5), 1) << "message pending";
}

TEST(Xcr0, what_xsetbv_takes) {
    constexpr u64 all = 0x6'02ff;
    EXPECT_TRUE(xcr0::is_valid(1, all));
    EXPECT_TRUE(xcr0::is_valid(7, all));
    EXPECT_TRUE(xcr0::is_valid(0x6'02ff, all));
    EXPECT_FALSE(xcr0::is_valid(0, all)) << "x87 is always on";
    EXPECT_FALSE(xcr0::is_valid(5, all)) << "AVX needs SSE";
    EXPECT_FALSE(xcr0::is_valid(0xb, all)) << "half of MPX";
    EXPECT_FALSE(xcr0::is_valid(0x27, all)) << "a third of AVX-512";
    EXPECT_FALSE(xcr0::is_valid(0xe3, all)) << "AVX-512 needs AVX";
    EXPECT_FALSE(xcr0::is_valid(0x2'0003, all)) << "half of AMX";
    EXPECT_FALSE(xcr0::is_valid(7, 3)) << "not in the CPU";
}

TEST(Xcr0, what_needs_it_is_hidden_with_it) {
    if (!xcr0::is_hidden()) {
        GTEST_SKIP() << "this CPU has no XSAVE";
    }
    constexpr CpuidResult all{~0U, ~0U, ~0U, ~0U};
    CpuidResult result = all;
    xcr0::hide(1, 0, result);
    EXPECT_EQ(result.ecx, ~0U & ~(1U << 12 | 1U << 26 | 1U << 27 | 1U << 28 | 1U << 29));
    EXPECT_EQ(result.edx, ~0U);
    result = all;
    xcr0::hide(0xd, 1, result);
    EXPECT_EQ(result.eax, 0U);
    result = all;
    xcr0::hide(7, 0, result);
    EXPECT_EQ(result.ebx & 1U << 5, 0U) << "AVX2";
    EXPECT_NE(result.ebx & 1U << 7, 0U) << "SMEP stays";
    EXPECT_EQ(result.eax, ~0U) << "so do its subleaves";
    result = all;
    xcr0::hide(2, 0, result);
    EXPECT_EQ(result.eax, ~0U);
}

}  // namespace
}  // namespace hypervisor
