// SPDX-License-Identifier: MIT
#include "vtl1/boot/cpu_area.h"

#include <memory>

#include "vtl1/mm/address_map.h"
#include "vtl1/mm/pointer.h"

namespace vtl1 {

namespace {

/// Neighbouring pages of an area.
struct Part {
    u64 first_page;
    u64 page_count;
};

// Every page that is not named is mapped nowhere.
constexpr Part entry_stack{1, 4};
constexpr Part failure_stack{6, 2};
constexpr Part double_fault_stack{9, 2};
constexpr Part nmi_stack{12, 2};
constexpr Part machine_check_stack{15, 2};
constexpr u64 window_page = 18;  // no memory of its own
constexpr Part hypercall_input{20, 1};
constexpr Part hypercall_output{21, 1};
constexpr Part failure_input{22, 1};
constexpr Part assist{23, 1};
constexpr Part messages{24, 1};
constexpr Part crash_text{25, 1};
constexpr Part scratch{26, 1};
constexpr Part cpu_structure{27, 1};

constexpr std::array parts{
    entry_stack,     failure_stack,    double_fault_stack, nmi_stack, machine_check_stack,
    hypercall_input, hypercall_output, failure_input,      assist,    messages,
    crash_text,      scratch,          cpu_structure};
static_assert(cpu_structure.first_page < cpu_area_pages);

/// One CPU's area while it is made.
class Area {
public:
    Area(FramePool& pool, PageTables& tables, u64 slot)
        : pool_(pool), tables_(tables), slot_(slot) {}

    Result<void> map_all() {
        for (const Part& part : parts) {
            for (u64 i = 0; i < part.page_count; ++i) {
                const u64 page = part.first_page + i;
                const FrameIndex frame = TRY(pool_.take(1, FrameUse::CpuArea));
                frames_[page] = frame;
                TRY(tables_.map(cpu_area_page(slot_, page), pool_.gpa_of(frame),
                                PageRights::ReadWrite));
            }
        }
        window_entry_ = TRY(tables_.entry_of(cpu_area_page(slot_, window_page)));
        return {};
    }

    void fill(Cpu& cpu, u32 vp_index) const {
        cpu.self = pointer_to<Cpu>(address(cpu_structure));
        cpu.vp_index = vp_index;
        cpu.entry_stack_top = top(entry_stack);
        cpu.failure_stack_top = top(failure_stack);
        cpu.port = {.input = page(hypercall_input),
                    .input_gpa = gpa(hypercall_input),
                    .output = page(hypercall_output),
                    .output_gpa = gpa(hypercall_output)};
        // Its calls have no output.
        cpu.failure_port = {.input = page(failure_input),
                            .input_gpa = gpa(failure_input),
                            .output = page(hypercall_output),
                            .output_gpa = gpa(hypercall_output)};
        cpu.assist_page = address(assist);
        cpu.assist_gpa = gpa(assist);
        cpu.message_page = address(messages);
        cpu.message_gpa = gpa(messages);
        cpu.crash_text = page(crash_text);
        cpu.crash_text_gpa = gpa(crash_text);
        cpu.scratch = page(scratch);
        cpu.window = cpu_area_page(slot_, window_page);
        cpu.window_entry = window_entry_;
        fill_stacks(cpu);
    }

    PageBytes& structure_in_pool() const { return pool_.page(frames_[cpu_structure.first_page]); }

private:
    void fill_stacks(Cpu& cpu) const {
        cpu.stacks = {range(entry_stack), range(failure_stack), range(double_fault_stack),
                      range(nmi_stack), range(machine_check_stack)};
        cpu.tables.prepare(Hva{address(cpu_structure).raw() + __builtin_offsetof(Cpu, tables)});
        cpu.tables.set_interrupt_stack(InterruptStack::DoubleFault, top(double_fault_stack));
        cpu.tables.set_interrupt_stack(InterruptStack::Nmi, top(nmi_stack));
        cpu.tables.set_interrupt_stack(InterruptStack::MachineCheck, top(machine_check_stack));
    }

    Hva address(const Part& part) const { return cpu_area_page(slot_, part.first_page); }

    Hva top(const Part& part) const {
        return cpu_area_page(slot_, part.first_page + part.page_count);
    }

    StackRange range(const Part& part) const { return {.bottom = address(part), .top = top(part)}; }

    PageBytes* page(const Part& part) const { return pointer_to<PageBytes>(address(part)); }

    Gpa gpa(const Part& part) const { return pool_.gpa_of(frames_[part.first_page]); }

    FramePool& pool_;
    PageTables& tables_;
    u64 slot_;
    std::array<FrameIndex, cpu_area_pages> frames_{};
    PageTableEntry* window_entry_ = nullptr;
};

}  // namespace

Result<Cpu*> make_cpu_area(FramePool& pool, PageTables& tables, u64 slot, u32 vp_index) {
    Area area{pool, tables, slot};
    TRY(area.map_all());
    // The structure is filled where the pool has its frame, for the area is not in use yet.
    Cpu* cpu = std::construct_at(pointer_to<Cpu>(address_of(area.structure_in_pool().data())));
    area.fill(*cpu, vp_index);
    return cpu->self;
}

}  // namespace vtl1
