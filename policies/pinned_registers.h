// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>

#include "base/result.h"
#include "base/types.h"
#include "hvcall/abi/tlfs_hypercall.h"
#include "hvcall/abi/tlfs_register.h"

// Which registers of VTL0's kernel keep their values, and which writes of them go through. Pure.
namespace policies {

using base::u16;
using base::u32;
using base::u64;
using base::u8;
using base::usize;

/// A register that keeps its value once it is pinned.
enum class Pin : u8 {
    Cr0,
    Cr4,
    Xcr0,
    Efer,
    Star,
    Lstar,
    Cstar,
    Sfmask,
    SysenterCs,
    SysenterEip,
    SysenterEsp,
    ApicBase,
    Gdtr,
    Idtr,
    Tr,
};

inline constexpr usize pin_count = 15;

/// How a register gets its value when a CPU starts.
enum class PinKind : u8 {
    Bits,    // its bits are set one after the other
    Value,   // written once
    Table,   // GDTR and IDTR: others are used on the way
    Segment  // TR: written once; a write names the selector only
};

/// What is fixed about a register.
struct PinInfo {
    Pin pin;
    const char* name;
    u32 register_name;     // TLFS_REG_*
    u64 event;             // TLFS_CR_INTERCEPT_*
    u32 msr;               // 0: none
    bool is_shared_value;  // all VPs have the same
    PinKind kind;
};

/// One row for each Pin, in their order.
/// @source stock-kernel study, "Control registers and MSRs"; MSRs: AMD APM vol. 2, appendix A
const std::array<PinInfo, pin_count>& pin_infos();

const PinInfo& info_of(Pin pin);

/// @return nothing if it is not one that is ever pinned
std::optional<Pin> pin_of_register(u32 register_name);
std::optional<Pin> pin_of_msr(u32 msr);

/// The bits that keep their value: all of most registers. Free are what Linux changes at run time
/// (CR0: MP, EM, TS, CD, NW; CR4: TSD, PSE, MCE, PGE, PCE; EFER: all but SCE, LME, NXE, SVME, and
/// LMA, which follows from LME and CR0.PG). Of TR only the selector can be compared.
tlfs_register_value pinned_bits(Pin pin);

/// The same as masks for the hypervisor, which lets changes of other bits through by itself.
inline constexpr u64 cr0_pinned = 1U << 0 | 1U << 5 | 1U << 16 | 1U << 18 | 1U << 31;
/// PSE means nothing under long-mode paging; Linux 6.1 has it set on the boot CPU and no other.
inline constexpr u64 cr4_free = 1U << 2 | 1U << 4 | 1U << 6 | 1U << 7 | 1U << 8;
inline constexpr u64 cr4_pinned = ~cr4_free;

/// What is pinned on one VP.
struct PinnedRegisters {
    std::array<tlfs_register_value, pin_count> values{};
    u32 known = 0;   // bit n: Pin n has a value in `values`
    u32 locked = 0;  // bit n: it has reached that value and keeps it; a part of `known`

    constexpr bool knows(Pin pin) const { return (known >> static_cast<u8>(pin) & 1) != 0; }

    constexpr bool locks(Pin pin) const { return (locked >> static_cast<u8>(pin) & 1) != 0; }

    constexpr const tlfs_register_value& value_of(Pin pin) const {
        return values[static_cast<usize>(pin)];
    }

    /// Nothing is missing but XCR0, which not every CPU has, and nothing can be changed any more.
    constexpr bool is_pinned() const {
        return (known | 1U << static_cast<u8>(Pin::Xcr0)) == (1U << pin_count) - 1 &&
               locked == known;
    }

    void learn(Pin pin, tlfs_register_value value);

    void lock(Pin pin) { locked |= known & 1U << static_cast<u8>(pin); }
};

/// Whether two values are the same as far as they are pinned.
bool agrees(Pin pin, tlfs_register_value one, tlfs_register_value other);

enum class WriteDecision : u8 {
    Deny,
    Allow,      // the value that was to be written may be written
    KeepPinned  // the register is to have its pinned value, whole
};

/// What becomes of a write.
///
/// A register that is locked takes its pinned value again, and changes of its free bits. One that
/// is not, on a CPU that starts, takes its pinned value, by which it is to be locked, and on the
/// way there: CR0, CR4, EFER, XCR0 and APIC_BASE any part of their pinned bits, never another bit;
/// GDTR and IDTR anything; the rest nothing. What is not known was never asked about: denied.
WriteDecision decide_write(const PinnedRegisters& pins, Pin pin, tlfs_register_value wanted);

}  // namespace policies
