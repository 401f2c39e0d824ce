// SPDX-License-Identifier: MIT
#include "hypervisor/boot/host_state.h"

#include <array>

#include "hypervisor/svm/instructions.h"

namespace hypervisor {

extern "C" const u8 exception_stubs[];

namespace {

constexpr u64 stub_bytes = 16;
constexpr u16 host_code_selector = 0x08;
constexpr u8 interrupt_gate = 0x8e;  // present, DPL 0 (AMD APM vol. 2, 4.8.3)

struct Gate {
    u16 offset_low;
    u16 selector;
    u8 stack_table;
    u8 attributes;
    u16 offset_middle;
    u32 offset_high;
    u32 reserved;
};

static_assert(sizeof(Gate) == 16);

struct [[gnu::packed]] TablePointer {
    u16 limit;
    u64 base;
};

constinit std::array<Gate, 32> gates{};

}  // namespace

void load_host_tables() {
    u64 stub = std::bit_cast<u64>(&exception_stubs[0]);
    for (Gate& gate : gates) {  // every CPU writes the same
        gate = {static_cast<u16>(stub),       host_code_selector,           0, interrupt_gate,
                static_cast<u16>(stub >> 16), static_cast<u32>(stub >> 32), 0};
        stub += stub_bytes;
    }
    const TablePointer pointer{sizeof(gates) - 1, std::bit_cast<u64>(gates.data())};
    // SAFETY: the table is static and holds a gate for each exception.
    asm volatile("lidt %0" : : "m"(pointer) : "memory");
}

void enable_svm(Vp& vp) {
    write_msr(msr_efer, read_msr(msr_efer) | efer_svme | efer_nxe);
    if ((cpuid(1).ecx & 1U << 26) != 0) {  // XSAVE
        write_cr4(read_cr4() | cr4_osxsave);
    }
    write_msr(msr_vm_hsave_pa, std::bit_cast<u64>(vp.host_save_area.data()));
    clear_global_interrupt_flag();
}

}  // namespace hypervisor
