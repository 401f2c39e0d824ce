// SPDX-License-Identifier: MIT
#include "selftests/fuzz/calls.h"

#include "hvcall/abi/tlfs_msr.h"
#include "hvcall/abi/tlfs_register.h"

namespace fuzz {

namespace {

constexpr u64 input_page = hot_pages[2];

/// A block of input that grows in guest memory, within one page.
class Block {
public:
    explicit Block(u64 gpa) : gpa_(gpa) {}

    template <class T>
    void append(const T& value) {
        if (at_ + sizeof(T) <= base::page_size) {
            std::memcpy(reinterpret_cast<void*>(gpa_ + at_), &value, sizeof(T));
            at_ += sizeof(T);
        }
    }

private:
    u64 gpa_;
    usize at_ = 0;
};

u64 take_partition(Input& input) {
    const u8 kind = input.take();
    return kind < 250 ? TLFS_PARTITION_SELF : take_value(input);
}

/// HV_INPUT_VTL: VTL0, VTL1, the caller's own, or anything.
u8 take_input_vtl(Input& input) {
    const u8 kind = input.take();
    switch (kind & 3) {
        case 0:
            return TLFS_INPUT_VTL_USE_TARGET;
        case 1:
            return TLFS_INPUT_VTL_USE_TARGET | 1;
        case 2:
            return 0;
        default:
            return kind < 240 ? u8{TLFS_INPUT_VTL_USE_TARGET | 1} : input.take();
    }
}

u32 take_vp_index(Input& input) {
    const u8 kind = input.take();
    return kind < 200 ? TLFS_VP_SELF : kind < 240 ? kind & 1U : input.take<u32>();
}

/// A register of the groups that are there. @source TLFS, HV_REGISTER_NAME
u32 take_register(Input& input) {
    constexpr std::array<u32, 16> groups{0x0001'0000, 0x0002'0000, 0x0004'0000, 0x0005'0000,
                                         0x0006'0000, 0x0007'0000, 0x0008'0000, 0x0008'0070,
                                         0x0009'0000, 0x0009'0010, 0x000a'0000, 0x000a'0010,
                                         0x000b'0000, 0x000d'0000, 0x000d'0010, 0x000e'0000};
    const u8 kind = input.take();
    return kind == 0xff ? input.take<u32>() : groups[kind & 15] + (kind >> 4);
}

tlfs_initial_vp_context take_context(Input& input) {
    tlfs_initial_vp_context context{};
    context.rip = 0x1000'0000;
    context.rflags = 2;
    context.cs = {0, 0xffff'ffff, 8, 0xa09b};
    context.efer = 0xd00;
    context.cr0 = 0x8001'0033;
    context.cr3 = default_cr3;
    context.cr4 = 0x20;
    context.pat = 0x0007'0406'0007'0406;
    const u8 changes = input.take() & 3;
    for (u8 i = 0; i < changes; ++i) {
        const usize at = input.take() % (sizeof(context) / 8) * 8;
        const u64 value = take_value(input);
        std::memcpy(reinterpret_cast<u8*>(&context) + at, &value, sizeof(value));
    }
    return context;
}

tlfs_register_value take_register_value(Input& input) {
    const u8 kind = input.take();
    if (kind < 64) {  // an exception for PendingEvent0
        return {u64{1} | u64{kind} << TLFS_EVENT_VECTOR_SHIFT | (input.take() & 8U) << 5,
                take_value(input)};
    }
    if (kind < 128) {  // a page that is enabled
        return {take_gpa(input) | 1, 0};
    }
    return {take_value(input), kind < 240 ? 0 : take_value(input)};
}

/// A simple call has no reps.
u16 fill(u16 code, Block& block, Input& input) {
    const u16 reps = input.take() & 3;
    switch (code) {
        case TLFS_CALL_MODIFY_VTL_PROTECTION_MASK: {
            const u8 kind = input.take();
            const u32 rights = kind < 240 ? kind & 15U : input.take<u32>();
            block.append(tlfs_modify_vtl_protection_mask{
                take_partition(input), rights, take_input_vtl(input), {}});
            u64 number = take_gpa(input) >> base::page_shift;
            const u16 pages = input.flip() ? reps : input.take<u16>() & 0x1ff;
            for (u16 i = 0; i < pages; ++i) {
                block.append(number);
                number = pages < 4 ? take_gpa(input) >> base::page_shift : number + 1;
            }
            return pages;
        }
        case TLFS_CALL_ENABLE_PARTITION_VTL:
            block.append(tlfs_enable_partition_vtl{
                take_partition(input), 1, static_cast<u8>(input.take() & 3), {}});
            return 0;
        case TLFS_CALL_ENABLE_VP_VTL:
        case TLFS_CALL_START_VIRTUAL_PROCESSOR:
            block.append(tlfs_enable_vp_vtl{take_partition(input),
                                            take_vp_index(input),
                                            static_cast<u8>(input.take() < 200),
                                            {},
                                            take_context(input)});
            return 0;
        case TLFS_CALL_GET_VP_REGISTERS:
            block.append(tlfs_vp_registers_header{
                take_partition(input), take_vp_index(input), take_input_vtl(input), {}});
            for (u16 i = 0; i < reps; ++i) {
                block.append(take_register(input));
            }
            return reps;
        case TLFS_CALL_SET_VP_REGISTERS:
            block.append(tlfs_vp_registers_header{
                take_partition(input), take_vp_index(input), take_input_vtl(input), {}});
            for (u16 i = 0; i < reps; ++i) {
                block.append(
                    tlfs_register_assignment{take_register(input), {}, take_register_value(input)});
            }
            return reps;
        case TLFS_CALL_GET_VP_INDEX_FROM_APIC_ID:
            block.append(tlfs_vp_index_from_apic_id{
                take_partition(input), static_cast<u8>(input.take() & 1), {}});
            for (u16 i = 0; i < reps; ++i) {
                block.append(u32{input.take()});
            }
            return reps;
        default: {  // one that this file does not know
            const u8 words = input.take() & 15;
            for (u8 i = 0; i < words; ++i) {
                block.append(take_value(input));
            }
            return reps;
        }
    }
}

u16 take_code(Input& input) {
    constexpr std::array<u16, 16> codes{
        TLFS_CALL_MODIFY_VTL_PROTECTION_MASK,
        TLFS_CALL_MODIFY_VTL_PROTECTION_MASK,
        TLFS_CALL_SET_VP_REGISTERS,
        TLFS_CALL_SET_VP_REGISTERS,
        TLFS_CALL_SET_VP_REGISTERS,
        TLFS_CALL_GET_VP_REGISTERS,
        TLFS_CALL_ENABLE_PARTITION_VTL,
        TLFS_CALL_ENABLE_VP_VTL,
        TLFS_CALL_START_VIRTUAL_PROCESSOR,
        TLFS_CALL_GET_VP_INDEX_FROM_APIC_ID,
        TLFS_CALL_NOTIFY_LONG_SPIN_WAIT,
        TLFS_CALL_VTL_CALL,
        TLFS_CALL_VTL_RETURN,
        TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST,
        TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX,
        TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST_EX,
    };
    const u8 kind = input.take();
    return kind == 0xff ? input.take<u16>() : codes[kind & 15];
}

}  // namespace

FastInput& fast_input() {
    static FastInput registers{};
    return registers;
}

void prepare_hypercall(Vp& vp, Input& input) {
    const u16 code = take_code(input);
    GuestRegisters& registers = vp.registers;
    if (code == TLFS_CALL_VTL_CALL || code == TLFS_CALL_VTL_RETURN) {
        registers.rcx = code;
        vp.vmcb().rax = input.take() & 1;
        return;
    }
    const u8 kind = input.take();
    registers.rdx = kind < 240 ? input_page : take_gpa(input);
    registers.r8 = take_gpa(input) & ~u64{7};
    const bool is_valid_input = is_ram_page(registers.rdx) && registers.rdx % base::page_size == 0;
    Block block{is_valid_input ? registers.rdx : input_page};
    const u64 reps = fill(code, block, input);
    const u8 twist = input.take();
    registers.rcx = code | reps << TLFS_CALL_REP_COUNT_SHIFT;
    if (code == TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX ||
        code == TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST_EX) {
        registers.rcx |= u64{input.take() & 3U} << TLFS_CALL_VARIABLE_HEADER_SHIFT;
    }
    if (twist >= 250) {
        registers.rcx ^= take_value(input);
    } else if (twist >= 240) {
        registers.rcx |= u64{input.take() & 3U} << TLFS_CALL_REP_START_SHIFT;
    } else if (twist >= 220) {
        registers.rcx |= TLFS_CALL_FAST;
        std::memcpy(&fast_input(), reinterpret_cast<const void*>(input_page), sizeof(FastInput));
        registers.rdx = fast_input()[0];
        registers.r8 = fast_input()[1];
    }
}

u32 take_msr(Input& input) {
    constexpr std::array<u32, 16> groups{0x4000'0000, 0x4000'0020, 0x4000'0070, 0x4000'0080,
                                         0x4000'0090, 0x4000'00b0, 0x4000'0100, 0x4000'0110,
                                         0x0000'0010, 0x0000'001b, 0x0000'0800, 0x0000'0830,
                                         0x0000'0277, 0xc000'0080, 0xc001'0114, 0x0000'0174};
    const u8 kind = input.take();
    return kind == 0xff ? input.take<u32>() : groups[kind & 15] + (kind >> 4);
}

}  // namespace fuzz
