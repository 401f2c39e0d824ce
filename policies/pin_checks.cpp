// SPDX-License-Identifier: MIT
#include "policies/pin_checks.h"

#include <bit>

namespace policies {

namespace {

constexpr u64 bit(unsigned number) {
    return u64{1} << number;
}

constexpr bool has(u64 value, u64 bits) {
    return (value & bits) == bits;
}

constexpr bool lacks(u64 value, u64 bits) {
    return (value & bits) == 0;
}

// The upper half of the canonical addresses, with four or five levels of paging.
constexpr bool is_kernel_address(u64 address) {
    constexpr u64 lowest = ~u64{0} << 56;
    return address >= lowest;
}

constexpr bool is_no_or_kernel_address(u64 address) {
    return address == 0 || is_kernel_address(address);
}

// AMD APM vol. 2, 3.1.1
bool is_fit_cr0(u64 value) {
    return has(value, bit(0) | bit(16) | bit(31));  // PE, WP, PG
}

// AMD APM vol. 2, 3.1.3; Intel SDM vol. 3A, 2.5 (VMXE)
bool is_fit_cr4(u64 value, const PinTraits& traits) {
    constexpr u64 pae = bit(5);
    constexpr u64 umip = bit(11);
    constexpr u64 vmxe = bit(13);
    constexpr u64 smep = bit(20);
    constexpr u64 smap = bit(21);
    const u64 wanted = pae | (traits.has_smep ? smep : 0) | (traits.has_smap ? smap : 0) |
                       (traits.has_umip ? umip : 0);
    return has(value, wanted) && lacks(value, vmxe);
}

// AMD APM vol. 2, 3.1.7
bool is_fit_efer(u64 value) {
    constexpr u64 svme = bit(12);
    return has(value, bit(0) | bit(8) | bit(10) | bit(11)) && lacks(value, svme);
}

// AMD APM vol. 2, 6.1.1: code segments of the kernel and for the return
bool is_fit_star(u64 value) {
    constexpr u64 privilege = 3;
    const u64 kernel = value >> 32 & 0xffff;
    return kernel != 0 && lacks(kernel, privilege) && has(value >> 48, privilege);
}

bool is_fit_table(tlfs_register_value value) {
    const auto table = std::bit_cast<tlfs_table_register>(value);
    return is_kernel_address(table.base) && table.limit != 0;
}

bool is_fit_segment(tlfs_register_value value) {
    const auto segment = std::bit_cast<tlfs_segment_register>(value);
    return is_kernel_address(segment.base) && segment.selector != 0;
}

}  // namespace

bool is_fit_to_pin(Pin pin, tlfs_register_value value, const PinTraits& traits) {
    switch (pin) {
        case Pin::Cr0:
            return is_fit_cr0(value.low);
        case Pin::Cr4:
            return is_fit_cr4(value.low, traits);
        case Pin::Xcr0:
            return has(value.low, bit(0));  // x87, without which no value is legal
        case Pin::Efer:
            return is_fit_efer(value.low);
        case Pin::Star:
            return is_fit_star(value.low);
        case Pin::Lstar:
            return is_kernel_address(value.low);
        case Pin::Sfmask:
            return has(value.low, bit(8) | bit(9) | bit(10));  // TF, IF, DF
        case Pin::SysenterCs:
            return lacks(value.low, 3);  // 0, or the kernel's
        case Pin::Cstar:
        case Pin::SysenterEip:
        case Pin::SysenterEsp:
            return is_no_or_kernel_address(value.low);
        case Pin::ApicBase:
            return has(value.low, bit(11));  // enabled
        case Pin::Gdtr:
        case Pin::Idtr:
            return is_fit_table(value);
        case Pin::Tr:
            return is_fit_segment(value);
    }
    return false;
}

}  // namespace policies
