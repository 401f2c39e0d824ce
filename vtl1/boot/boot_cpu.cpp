// SPDX-License-Identifier: MIT
#include "vtl1/boot/boot_cpu.h"

#include "vtl1/boot/image.h"
#include "vtl1/mm/pointer.h"

namespace vtl1 {

namespace {

#define PAGES [[gnu::section(".bss.pages")]] alignas(page_size) constinit

using SmallStack = std::array<PageBytes, 2>;

PAGES SmallStack failure_stack{};
PAGES SmallStack interrupt_stack{};
PAGES PageBytes hypercall_input{};
PAGES PageBytes hypercall_output{};
PAGES PageBytes crash_text{};

#undef PAGES

constinit Cpu structure{};

StackRange range_of(const SmallStack& stack) {
    const Hva bottom = address_of(&stack);
    return {.bottom = bottom, .top = Hva{bottom.raw() + sizeof(stack)}};
}

}  // namespace

Cpu& boot_cpu() {
    return structure;
}

void prepare_boot_cpu() {
    Cpu& cpu = structure;
    const StackRange failure = range_of(failure_stack);
    const StackRange interrupt = range_of(interrupt_stack);
    cpu.entry_stack_top = boot_stack_top();
    cpu.failure_stack_top = failure.top;
    cpu.port.input = &hypercall_input;
    cpu.port.output = &hypercall_output;
    cpu.crash_text = &crash_text;
    cpu.stacks = {StackRange{.bottom = boot_stack_bottom(), .top = boot_stack_top()}, failure,
                  interrupt};
    cpu.tables.set_interrupt_stack(InterruptStack::DoubleFault, interrupt.top);
    cpu.tables.set_interrupt_stack(InterruptStack::Nmi, interrupt.top);
    cpu.tables.set_interrupt_stack(InterruptStack::MachineCheck, interrupt.top);
    cpu.load();
}

}  // namespace vtl1
