// SPDX-License-Identifier: MIT
#include "selftests/fuzz/fake_cpu.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sanitizer/common_interface_defs.h>
#include <ucontext.h>

#include "hypervisor/apic/local_apic.h"
#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/vp.h"
#include "selftests/fuzz/fake_pci.h"

namespace fake_cpu {

namespace {

using namespace hypervisor;  // NOLINT: a fuzzer's own namespace

struct Cpu {
    u64 cr8;
    u64 apic_base;
    u64 tsc_aux;
    u64 efer;
    std::array<u64, 0x100> x2apic;
};

std::array<Cpu, max_vps> cpus;
usize selected = 0;
void (*nmi_handler)(Vp&) = nullptr;

Cpu& cpu() {
    return cpus[selected];
}

// Registers of an x2APIC that exist and may be read. @source Intel SDM vol. 3A, table 11-6
bool has_x2apic_register(u32 index) {
    return index == 0x02 || index == 0x03 || index == 0x08 || index == 0x0a || index == 0x0b ||
           index == 0x0d || index == 0x0f || (index >= 0x10 && index <= 0x28) || index == 0x30 ||
           (index >= 0x32 && index <= 0x39) || index == 0x3e;  // no CMCI
}

/// Of the local vector table, task priority, EOI and error status.
/// @source Intel SDM vol. 3A, table 11-6 and figure 11-8
u64 reserved_bits(u32 msr) {
    switch (msr - msr_x2apic_first) {
        case 0x08:
            return ~u64{0xff};
        case 0x0b:
        case 0x28:
            return ~u64{0};
        case 0x32:
            return ~u64{0x7'10ff};
        case 0x33:
        case 0x34:
            return ~u64{0x1'17ff};
        case 0x35:
        case 0x36:
            return ~u64{0x1'f7ff};
        case 0x37:
            return ~u64{0x1'10ff};
        default:
            return 0;
    }
}

u64* find_msr(u32 msr) {
    if (msr == msr_apic_base) {
        return &cpu().apic_base;
    }
    if (msr == msr_tsc_aux) {
        return &cpu().tsc_aux;
    }
    if (msr == msr_efer) {
        return &cpu().efer;
    }
    const u32 index = msr - msr_x2apic_first;
    if (index < cpu().x2apic.size() && has_x2apic_register(index)) {
        return &cpu().x2apic[index];
    }
    return nullptr;
}

void send_interrupt(u64 icr) {
    const u32 delivery = static_cast<u32>(icr) >> 8 & 7;
    constexpr u32 fixed = 0;
    constexpr u32 lowest_priority = 1;
    constexpr u32 nmi = 4;
    if (delivery != fixed && delivery != lowest_priority && delivery != nmi) {
        finding("an interrupt that takes the CPU away", icr);
    }
    if (delivery != nmi) {
        return;
    }
    Vp* const target = find_vp_by_apic_id(static_cast<u32>(icr >> 32));
    if (target == nullptr) {
        finding("an NMI to nobody", icr);
    }
    if (nmi_handler != nullptr) {
        nmi_handler(*target);
    }
}

void write_msr(u32 msr, u64 value) {
    u64* const found = find_msr(msr);
    if (found == nullptr) {
        finding("the hypervisor writes an MSR that does not exist", msr);
    }
    if ((value & reserved_bits(msr)) != 0) {
        finding("the hypervisor writes a reserved bit", value);
    }
    *found = value;
    if (msr == msr_x2apic_icr) {
        send_interrupt(value);
    }
}

u64 read_msr(u32 msr) {
    const u64* const found = find_msr(msr);
    if (found == nullptr) {
        finding("the hypervisor reads an MSR that does not exist", msr);
    }
    return *found;
}

/// The registers of the interrupted code.
class Registers {
public:
    explicit Registers(void* context)
        : all_(static_cast<ucontext_t*>(context)->uc_mcontext.gregs) {}

    u64 get(int name) const { return static_cast<u64>(all_[name]); }

    void set(int name, u64 value) { all_[name] = static_cast<greg_t>(value); }

    void advance(u64 bytes) { set(REG_RIP, get(REG_RIP) + bytes); }

    u64 rdx_rax() const { return static_cast<u32>(get(REG_RAX)) | get(REG_RDX) << 32; }

    void set_rdx_rax(u64 value) {
        set(REG_RAX, static_cast<u32>(value));
        set(REG_RDX, value >> 32);
    }

    /// By its number in instructions.
    static int name_of(unsigned number) {
        constexpr std::array names{REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                   REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                   REG_R12, REG_R13, REG_R14, REG_R15};
        return names[number & 15];
    }

private:
    greg_t* all_;
};

/// MOV to or from a control register; only CR8 keeps what it is given.
bool move_control(Registers& registers, const u8* code, unsigned rex) {
    const u8 modrm = code[1];
    const unsigned control = (modrm >> 3 & 7U) | (rex & 4) << 1;
    const int general = Registers::name_of((modrm & 7U) | (rex & 1) << 3);
    if (code[0] == 0x22 && control == 8) {
        cpu().cr8 = registers.get(general);
    } else if (code[0] == 0x20) {
        registers.set(general, control == 8 ? cpu().cr8 : 0);
    }
    return true;
}

/// The opcodes behind 0F, as instructions.h uses them. @return false: another one
bool run_two_byte(Registers& registers, const u8* code, unsigned rex, u64 length) {
    switch (code[0]) {
        case 0x01:  // VMRUN to INVLPGA: d8 to df; XSETBV
            if ((code[1] & 0xf8) != 0xd8 && code[1] != 0xd1) {
                return false;
            }
            break;
        case 0x20:
        case 0x22:
            move_control(registers, code, rex);
            break;
        case 0x30:
            write_msr(static_cast<u32>(registers.get(REG_RCX)), registers.rdx_rax());
            registers.advance(length + 1);
            return true;
        case 0x32:
            registers.set_rdx_rax(read_msr(static_cast<u32>(registers.get(REG_RCX))));
            registers.advance(length + 1);
            return true;
        default:
            return false;
    }
    registers.advance(length + 2);
    return true;
}

/// HLT, and IN and OUT by DX or an immediate.
bool run_one_byte(Registers& registers, const u8* code, bool has_operand_size, u64 length) {
    const u8 opcode = code[0];
    const bool is_port = (opcode & 0xf4) == 0xe4 && opcode >= 0xe4;
    if (opcode == 0xf4 || !is_port) {
        registers.advance(length + 1);
        return opcode == 0xf4;
    }
    const bool is_immediate = (opcode & 8) == 0;
    const auto port = static_cast<u16>(is_immediate ? code[1] : registers.get(REG_RDX));
    const unsigned width = (opcode & 1) == 0 ? 1 : has_operand_size ? 2 : 4;
    const u64 mask = (u64{1} << 8 * width) - 1;
    const u64 rax = registers.get(REG_RAX);
    if ((opcode & 2) != 0) {
        fake_pci::write(port, width, static_cast<u32>(rax & mask));
    } else {
        const u64 kept = width == 4 ? 0 : rax & ~mask;
        registers.set(REG_RAX, kept | (fake_pci::read(port, width) & mask));
    }
    registers.advance(length + (is_immediate ? 2 : 1));
    return true;
}

void on_signal(int signal, siginfo_t* info, void* context) {
    Registers registers{context};
    const u64 rip = registers.get(REG_RIP);
    // A fault with an address is one of data: no privileged instruction has one.
    if (signal == SIGILL || info->si_code == SI_KERNEL) {
        const u8* code = reinterpret_cast<const u8*>(rip);
        u64 length = 0;
        unsigned rex = 0;
        const bool has_operand_size = code[length] == 0x66;
        if (has_operand_size) {
            ++length;
        }
        if ((code[length] & 0xf0) == 0x40) {
            rex = code[length] & 0xfU;
            ++length;
        }
        const bool is_two_byte = code[length] == 0x0f;
        if (is_two_byte ? run_two_byte(registers, code + length + 1, rex, length + 1)
                        : run_one_byte(registers, code + length, has_operand_size, length)) {
            return;
        }
    }
    finding("a fault of the hypervisor", std::bit_cast<u64>(info->si_addr));
}

/// libFuzzer wraps what it finds, and then blocks the signal inside: so this is done again for each
/// input.
void install() {
    struct sigaction action{};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGSEGV, &action, nullptr);
    sigaction(SIGILL, &action, nullptr);
}

}  // namespace

void reset() {
    install();
    cpus.fill({.cr8 = 0,
               .apic_base = local_apic::page | local_apic::base_enabled | local_apic::base_x2apic,
               .tsc_aux = 0,
               .efer = 0x1d00,
               .x2apic = {}});
    for (Cpu& one : cpus) {
        one.x2apic[3] = 0x5'0014;  // version, and six entries of the local vector table
    }
    selected = 0;
}

void select(usize index) {
    selected = index;
}

void set_nmi_handler(void (*handler)(Vp& target)) {
    nmi_handler = handler;
}

void finding(const char* why, u64 value) {
    static_cast<void>(
        std::fprintf(stderr, "FINDING: %s (%#llx)\n", why, static_cast<unsigned long long>(value)));
    __sanitizer_print_stack_trace();
    std::abort();
}

}  // namespace fake_cpu
