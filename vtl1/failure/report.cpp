// SPDX-License-Identifier: MIT
#include "vtl1/failure/report.h"

#include <algorithm>

#include "base/text.h"
#include "hvcall/synthetic_msrs.h"
#include "vtl1/arch/instructions.h"
#include "vtl1/mm/pointer.h"
#include "vtl1/sections.h"

namespace vtl1 {

namespace {

using base::Hex;
using base::Text;

constexpr unsigned backtrace_depth_max = 24;

RO_AFTER_BOOT_ZEROED constinit bool has_crash_msrs = false;

struct NamedRegister {
    const char* name;
    u64 value;
};

void put_registers(Text& text, const ExceptionFrame& f) {
    const std::array registers{
        NamedRegister{"rip ", f.rip},
        NamedRegister{"rsp ", f.rsp},
        NamedRegister{"flags ", f.rflags},
        NamedRegister{"rax ", f.rax},
        NamedRegister{"rbx ", f.rbx},
        NamedRegister{"rcx ", f.rcx},
        NamedRegister{"rdx ", f.rdx},
        NamedRegister{"rsi ", f.rsi},
        NamedRegister{"rdi ", f.rdi},
        NamedRegister{"rbp ", f.rbp},
        NamedRegister{"r8 ", f.r8},
        NamedRegister{"r9 ", f.r9},
        NamedRegister{"r10 ", f.r10},
        NamedRegister{"r11 ", f.r11},
        NamedRegister{"r12 ", f.r12},
        NamedRegister{"r13 ", f.r13},
        NamedRegister{"r14 ", f.r14},
        NamedRegister{"r15 ", f.r15},
        NamedRegister{"cr3 ", read_cr3().raw()},
        NamedRegister{"cs ", f.cs},
    };
    for (usize i = 0; i < registers.size(); ++i) {
        text << registers[i].name << Hex{registers[i].value} << (i % 4 == 3 ? "\n" : " ");
    }
}

void put_cause(Text& text, const Cpu& cpu, const ExceptionFrame& frame, u64 fault_address) {
    if (frame.vector == vector_invalid_opcode && cpu.panic_reason != nullptr) {
        text << cpu.panic_reason << "\n";
        return;
    }
    text << "exception " << frame.vector << " error " << Hex{frame.error_code} << " cr2 "
         << Hex{fault_address};
    if (frame.vector == vector_invalid_opcode) {
        text << ": a check by compiler or library (kCFI, bounds)";
    }
    text << "\n";
}

/// The two words that a function with a frame pointer keeps.
struct StackFrame {
    u64 caller_frame;
    u64 return_address;
};

bool is_on_own_stack(const Cpu& cpu, u64 frame) {
    return frame % alignof(StackFrame) == 0 &&
           std::ranges::any_of(cpu.stacks, [&](const StackRange& stack) {
               return stack.contains(frame) && stack.contains(frame + sizeof(StackFrame) - 1);
           });
}

void put_backtrace(Text& text, const Cpu& cpu, const ExceptionFrame& f) {
    text << "backtrace: " << Hex{f.rip};
    u64 frame = f.rbp;
    for (unsigned i = 0; i < backtrace_depth_max && is_on_own_stack(cpu, frame); ++i) {
        const auto* words = pointer_to<const StackFrame>(Hva{frame});
        text << " " << Hex{words->return_address};
        if (words->caller_frame <= frame) {
            break;
        }
        frame = words->caller_frame;
    }
    text << "\n";
}

// SAFETY: the page is bytes; char may alias anything.
std::span<char> as_characters(PageBytes& page) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): see above
    return std::span{reinterpret_cast<std::array<char, page_size>&>(page)};
}

void send(Cpu& cpu, usize text_bytes, const ExceptionFrame& frame, u64 fault_address) {
    const bool has_text = cpu.crash_text_gpa != Gpa{};
    write_msr(hv::CrashParameterMsr<0>::from_raw(frame.vector));
    write_msr(hv::CrashParameterMsr<1>::from_raw(frame.rip));
    write_msr(hv::CrashParameterMsr<2>::from_raw(fault_address));
    write_msr(hv::CrashParameterMsr<3>::from_raw(cpu.crash_text_gpa.raw()));
    write_msr(hv::CrashParameterMsr<4>::from_raw(has_text ? text_bytes : 0));
    write_msr(hv::CrashControlMsr{}
                  .with(hv::CrashControlMsr::notify, true)
                  .with(hv::CrashControlMsr::message, has_text));
}

}  // namespace

void enable_failure_reports(bool hypervisor_has_crash_msrs) {
    has_crash_msrs = hypervisor_has_crash_msrs;
}

void report_failure(Cpu& cpu, const ExceptionFrame& frame, u64 fault_address) {
    if (!has_crash_msrs || cpu.crash_text == nullptr) {
        return;
    }
    Text text{as_characters(*cpu.crash_text)};
    text << "VTL1 failed on VP " << cpu.vp_index << ": ";
    put_cause(text, cpu, frame, fault_address);
    put_registers(text, frame);
    put_backtrace(text, cpu, frame);
    send(cpu, text.view().size(), frame, fault_address);
}

}  // namespace vtl1
