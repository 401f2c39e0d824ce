// SPDX-License-Identifier: MIT
#include "vtl1/arch/descriptor_tables.h"

#include "vtl1/arch/interrupt_vectors.h"
#include "vtl1/mm/pointer.h"
#include "vtl1/sections.h"

namespace vtl1 {

namespace {

// Intel SDM vol. 3A, 3.4.5: flat, ring 0; limits mean nothing in 64-bit mode.
constexpr u64 code_descriptor = 0x00af'9b00'0000'ffff;
constexpr u64 data_descriptor = 0x00cf'9300'0000'ffff;

// The same in the form of the initial VP context (TLFS, HV_X64_SEGMENT_REGISTER).
constexpr u16 code_attributes = 0xa09b;
constexpr u16 data_attributes = 0xc093;
constexpr u16 busy_task_attributes = 0x008b;

/// @source Intel SDM vol. 3A, 6.14.1, "64-Bit Mode IDT"
struct Gate {
    u16 offset_low;
    u16 selector;
    u8 interrupt_stack;
    u8 type;
    u16 offset_middle;
    u32 offset_high;
    u32 reserved;
};

static_assert(sizeof(Gate) == 16);

constexpr u8 interrupt_gate = 0x8e;  // present, ring 0, interrupts off in the handler

struct [[gnu::packed]] TableRegister {
    u16 limit;
    u64 base;
};

RO_AFTER_BOOT_ZEROED constinit std::array<Gate, 256> interrupt_table{};

u8 interrupt_stack_of(usize vector) {
    switch (vector) {
        case vector_nmi:
            return static_cast<u8>(InterruptStack::Nmi);
        case vector_double_fault:
            return static_cast<u8>(InterruptStack::DoubleFault);
        case vector_machine_check:
            return static_cast<u8>(InterruptStack::MachineCheck);
        default:
            return 0;
    }
}

Gate make_gate(Hva handler, u8 interrupt_stack) {
    const u64 offset = handler.raw();
    return {.offset_low = static_cast<u16>(offset),
            .selector = code_selector,
            .interrupt_stack = interrupt_stack,
            .type = interrupt_gate,
            .offset_middle = static_cast<u16>(offset >> 16),
            .offset_high = static_cast<u32>(offset >> 32),
            .reserved = 0};
}

// Intel SDM vol. 3A, 8.2.3, "TSS Descriptor in 64-bit mode"; type 9 is an available task state.
constexpr u64 task_descriptor_low(u64 base) {
    return (sizeof(TaskState) - 1) | (base & 0xff'ffff) << 16 | u64{0x89} << 40 |
           (base >> 24 & 0xff) << 56;
}

tlfs_segment_register segment(u16 selector, u16 attributes, u64 base_address, u32 limit) {
    return {.base = base_address, .limit = limit, .selector = selector, .attributes = attributes};
}

}  // namespace

void DescriptorTables::prepare(Hva own) {
    const u64 task_address = own.raw() + __builtin_offsetof(DescriptorTables, task);
    gdt = {0, code_descriptor, data_descriptor, task_descriptor_low(task_address),
           task_address >> 32};
    task.io_map_offset = sizeof(TaskState);
}

void DescriptorTables::set_interrupt_stack(InterruptStack which, Hva top) {
    // A local array: no reference may be bound to a packed field.
    std::array<u64, 7> stacks = task.interrupt_stacks;
    stacks[static_cast<usize>(which) - 1] = top.raw();
    task.interrupt_stacks = stacks;
}

void prepare_interrupt_table() {
    for (usize vector = 0; vector < interrupt_table.size(); ++vector) {
        interrupt_table[vector] = make_gate(handler_of(vector), interrupt_stack_of(vector));
    }
}

void load_descriptor_tables(DescriptorTables& own) {
    own.prepare(address_of(&own));  // LTR wants the task state not busy
    const TableRegister gdtr{.limit = sizeof(own.gdt) - 1, .base = address_of(&own.gdt).raw()};
    const TableRegister idtr{.limit = sizeof(interrupt_table) - 1,
                             .base = address_of(&interrupt_table).raw()};
    // SAFETY: the tables live as long as the image; CS is reloaded by the far return; FS and GS
    // stay, as their selectors mean nothing here.
    asm volatile(
        "lgdt %[gdtr]\n\t"
        "lidt %[idtr]\n\t"
        "pushq %[code]\n\t"
        "lea 1f(%%rip), %%rax\n\t"
        "pushq %%rax\n\t"
        "lretq\n"
        "1:\n\t"
        "mov %[data], %%ss\n\t"
        "mov %[data], %%ds\n\t"
        "mov %[data], %%es\n\t"
        "ltr %[task]"
        :
        : [gdtr] "m"(gdtr), [idtr] "m"(idtr), [code] "i"(code_selector),
          [data] "r"(u32{data_selector}), [task] "r"(task_selector)
        : "rax", "memory");
}

void describe_tables(Hva own, tlfs_initial_vp_context& context) {
    const u64 task = own.raw() + __builtin_offsetof(DescriptorTables, task);
    context.cs = segment(code_selector, code_attributes, 0, 0xffff'ffff);
    context.ss = segment(data_selector, data_attributes, 0, 0xffff'ffff);
    context.ds = context.ss;
    context.es = context.ss;
    context.tr = segment(task_selector, busy_task_attributes, task, sizeof(TaskState) - 1);
    context.gdtr = {.pad = {}, .limit = sizeof(DescriptorTables::gdt) - 1, .base = own.raw()};
    context.idtr = {.pad = {},
                    .limit = sizeof(interrupt_table) - 1,
                    .base = address_of(&interrupt_table).raw()};
}

static_assert(__builtin_offsetof(DescriptorTables, gdt) == 0);

}  // namespace vtl1
