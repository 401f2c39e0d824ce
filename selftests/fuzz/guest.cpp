// SPDX-License-Identifier: MIT
#include "selftests/fuzz/guest.h"

#include "hypervisor/apic/local_apic.h"
#include "hypervisor/apic/remote_call.h"
#include "hypervisor/platform/guarded_port.h"
#include "hypervisor/platform/io_apic.h"
#include "hypervisor/platform/pci_config.h"
#include "selftests/fuzz/calls.h"
#include "selftests/fuzz/exit_judge.h"
#include "selftests/fuzz/fake_cpu.h"
#include "selftests/fuzz/fake_pci.h"
#include "selftests/fuzz/intercepts.h"
#include "selftests/fuzz/invariants.h"

namespace fuzz {

namespace {

struct EndOfInput {};

struct OtherVp {};

struct Play {
    Input input{{}};
    usize current = 0;
    ExitJudge judge;
};

Play play;

void set_exit(Vmcb& vmcb, ExitCode code, u64 info1 = 0, u64 info2 = 0) {
    vmcb.exit_code = static_cast<u32>(code);
    vmcb.exit_info1 = info1;
    vmcb.exit_info2 = info2;
}

/// What software of the guest may make of its own state without an exit. CPL and control registers
/// stay as they are while VTL0 is on its user view (hypervisor/svm/user_view.h).
void change_mode(Vp& vp, Input& input) {
    Vmcb& vmcb = vp.vmcb();
    const u8 kind = input.take();
    vmcb.rip = take_gpa(input);
    if (vp.user_view.is_active) {
        return;
    }
    const bool is_long = (kind & 7) != 0;
    vmcb.cr0 = is_long ? 0x8005'0033 : 0x10;
    vmcb.efer = efer_svme | efer_lme | (is_long ? efer_lma | efer_sce | efer_nxe : 0);
    vmcb.cs = {8, static_cast<base::u16>((kind & 8) != 0 ? 0xc9b : 0xa9b), 0xffff'ffff, 0};
    vmcb.cpl = is_long && (kind & 0x10) != 0 ? 3 : 0;
    vmcb.cr4 = 0x20 | ((kind & 0x20) != 0 ? 0 : cr4_smep) | ((kind & 0x80) != 0 ? cr4_osxsave : 0);
    vmcb.cr3 = (kind & 0x40) != 0 ? take_gpa(input) : default_cr3;
    vmcb.rflags = input.take() | rflags_reserved;
}

void write_memory(Input& input) {
    const u64 gpa = take_gpa(input);
    const std::span<const u8> bytes = input.take_bytes(16);
    if (is_ram_page(gpa) && gpa % base::page_size + bytes.size() <= base::page_size) {
        std::memcpy(reinterpret_cast<void*>(gpa), bytes.data(), bytes.size());
    }
}

/// @return false: the CPU itself carries it out
bool access_msr(Vp& vp, Input& input) {
    Vmcb& vmcb = vp.vmcb();
    const u8 kind = input.take();
    const u32 msr = take_msr(input);
    const bool is_write = (kind & 1) != 0;
    vp.registers.rcx = msr;
    if (is_write) {
        const u64 value = (kind & 2) != 0 ? take_gpa(input) | 1 : take_value(input);
        vmcb.rax = static_cast<u32>(value);
        vp.registers.rdx = value >> 32;
    }
    set_exit(vmcb, ExitCode::Msr, is_write ? 1 : 0);
    return is_msr_intercepted(vmcb, msr, is_write);
}

/// One of those that are there (fake_pci.cpp), or any of bus 0.
u8 take_function(Input& input) {
    constexpr std::array<u8, 4> functions{0x10, 0x10, 0xf8, 0x00};
    const u8 kind = input.take();
    return kind < 240 ? functions[kind & 3] : input.take();
}

/// Selects a register of configuration space, or reads or writes it.
void access_config(Vp& vp, Input& input) {
    constexpr std::array<u8, 12> registers{0x04, 0x10, 0x40, 0x44, 0x48, 0x4c,
                                           0x60, 0x34, 0x30, 0x90, 0xf0, 0x0c};
    Vmcb& vmcb = vp.vmcb();
    const u8 kind = input.take();
    u64 info = u64{4} << 4 | u64{pci_address_port} << 16;
    if ((kind & 1) != 0) {
        vmcb.rax = u64{1} << 31 | u64{take_function(input)} << 8 | input.pick(registers);
    } else {
        const u64 width = u64{1} << (kind >> 2) % 3;
        const u64 offset = width == 4 ? 0 : (kind >> 4) % 4;
        vmcb.rax = take_value(input);
        info = (kind >> 1 & 1U) | width << 4 | (pci_data_port + offset) << 16;
    }
    set_exit(vmcb, ExitCode::Io, info, vmcb.rip + 1);
}

bool access_port(Vp& vp, Input& input) {
    constexpr std::array<base::u16, 12> ports{0x60,  0x64,  0x70,  0x71,  0x7e,  0x92,
                                              0xcf8, 0xcfc, 0xcf9, 0x604, 0x510, 0xe9};
    const u8 kind = input.take();
    const base::u16 port = (kind & 0xf0) == 0xf0 ? input.take<base::u16>() : input.pick(ports);
    const u64 width = u64{1} << (kind >> 2) % 3;
    vp.vmcb().rax = take_value(input);
    const u64 info = (kind & 1U) | ((kind & 0x40) != 0 && (kind & 0x20) != 0 ? 4U : 0U) |
                     width << 4 | u64{1} << 7 | u64{port} << 16;
    set_exit(vp.vmcb(), ExitCode::Io, info, vp.vmcb().rip + 1);
    return is_port_intercepted(vp.vmcb(), port, width);
}

/// Of what the hypervisor mediates: the local APIC, the I/O APIC, configuration space, an MSI-X
/// table.
u64 take_device_register(Input& input) {
    const u8 kind = input.take();
    const u64 offset = input.take();
    switch (kind % 4) {
        case 0:
            return local_apic::page + offset * 16;
        case 1:
            return io_apic::page + (offset & 0x70);
        case 2:
            return fake_pci::first_table.first + (offset & 0x7c);
        default:
            return pci::ecam().first + (u64{take_function(input)} << 12) + offset;
    }
}

/// A fault that the nested table explains, or an old translation.
void fault(Vp& vp, Input& input) {
    const u8 kind = input.take();
    const u64 gpa = kind < 32 ? take_device_register(input) : take_gpa(input);
    const u64 info = (kind & 1U) | ((kind & 2) != 0 ? npf_write : 0) |
                     ((kind & 4) != 0 ? npf_execute : 0) | u64{1} << 32;
    set_exit(vp.vmcb(), ExitCode::NestedPageFault, info, gpa);
}

/// An event whose delivery the exit has interrupted, as a CPU reports it.
void interrupt_delivery(Vp& vp, Input& input) {
    constexpr std::array<u8, 6> exceptions{1, 6, 8, 11, 13, 14};
    const u8 kind = input.take();
    const Event event = (kind & 1) != 0   ? make_exception(input.pick(exceptions), input.take())
                        : (kind & 2) != 0 ? make_nmi()
                                          : Event{}
                                                .with(Event::vector, input.take())
                                                .with(Event::type, EventType::SoftwareInterrupt)
                                                .with(Event::valid, true);
    vp.vmcb().exit_interrupt_info = event.raw();
}

/// One of all exits that the VMCB asks for.
bool other_exit(Vp& vp, Input& input) {
    Vmcb& vmcb = vp.vmcb();
    const u64 code = input.take();
    const u64 info = take_value(input);
    vmcb.exit_code = code;
    vmcb.exit_info1 = info;
    vmcb.exit_info2 = take_value(input);
    return is_intercepted(vmcb, code) && code != static_cast<u32>(ExitCode::Io) &&
           code != static_cast<u32>(ExitCode::Msr);
}

/// One thing that software does. @return whether it leaves the guest
bool step(Vp& vp, Input& input) {
    Vmcb& vmcb = vp.vmcb();
    switch (input.take() % 22) {
        case 21:
            access_config(vp, input);
            return true;
        case 20:
            pass_time(input.take<base::u16>());
            return false;
        case 0:
            change_mode(vp, input);
            return false;
        case 1:
            write_memory(input);
            return false;
        case 2:
            if (!vp.user_view.is_active) {
                throw OtherVp{};
            }
            return false;
        case 3:
            interrupt_delivery(vp, input);
            return false;
        case 4:  // VTL1 takes the interrupt that it was offered
            vmcb.interrupt_control &= ~virtual_irq;
            return false;
        case 5:
            vmcb.rax = input.take<u32>();
            vp.registers.rcx = input.take();
            set_exit(vmcb, ExitCode::Cpuid);
            return true;
        case 6:
        case 7:
        case 8:
            fault(vp, input);
            return true;
        case 9:
            return access_port(vp, input);
        case 10:
        case 11:
            return other_exit(vp, input);
        case 12:
        case 13:
        case 14:
            return access_msr(vp, input);
        case 15:
            vp.registers.rcx = input.take<u64>();
            vp.registers.rdx = take_gpa(input);
            vp.registers.r8 = take_gpa(input);
            set_exit(vmcb, ExitCode::Vmmcall);
            return true;
        default:
            prepare_hypercall(vp, input);
            set_exit(vmcb, ExitCode::Vmmcall);
            return true;
    }
}

/// A VP that does not have its turn leaves its guest, and does what it was asked to.
void on_nmi(Vp& target) {
    if (target.index == play.current) {
        return;
    }
    target.in_guest.store(Running::Host);
    target.kick_pending.store(false);
    fake_cpu::select(target.index);
    answer_remote_call(target);
    fake_cpu::select(play.current);
}

void run_until_exit(Vp& vp) {
    Vmcb& vmcb = vp.vmcb();
    vmcb.exit_interrupt_info = 0;
    if (vp.kick_pending.load()) {
        set_exit(vmcb, ExitCode::Nmi);
        return;
    }
    do {
        if (play.input.is_empty()) {
            throw EndOfInput{};
        }
    } while (!step(vp, play.input));
}

}  // namespace

// The guest of xcr0::probe(), which is not run.
extern "C" const u8 xcr0_probe[1] = {0};

// In place of VMRUN.
extern "C" void hypervisor_vmrun(u64 vmcb_pa, GuestRegisters* /*registers*/) {
    Vp& vp = vps()[play.current];
    if (vp.vmcb().rip == std::bit_cast<u64>(&xcr0_probe[0])) {
        set_exit(vp.vmcb(), ExitCode::Xsetbv);
        return;
    }
    if (vmcb_pa != std::bit_cast<u64>(&vp.vmcb())) {
        fake_cpu::finding("VMRUN of another VMCB", vmcb_pa);
    }
    play.judge.end();
    check_state(vp);
    run_until_exit(vp);
    play.judge.begin(vp);
}

// In place of HLT until the next NMI: one comes, or the other VP goes on.
extern "C" void hypervisor_wait_for_nmi() {
    play.judge.end();
    if (play.input.is_empty()) {
        throw EndOfInput{};
    }
    if (vps()[play.current].kick_pending.load() || play.input.flip()) {
        pass_time(1000);
        return;
    }
    throw OtherVp{};
}

extern "C" void hypervisor_read_xmm(std::array<u64, 12>* registers) {
    std::memcpy(registers, &fast_input()[2], sizeof(*registers));
}

void run_guests(Input input) {
    play.input = input;
    play.current = 0;
    play.judge.reset();
    fake_cpu::set_nmi_handler(on_nmi);
    for (;;) {
        try {
            run_vp(vps()[play.current]);
        } catch (const OtherVp&) {
            play.current = (play.current + 1) % vps().size();
            fake_cpu::select(play.current);
        } catch (const MachineReset&) {
            return;
        } catch (const EndOfInput&) {
            check_views();
            return;
        }
    }
}

}  // namespace fuzz
