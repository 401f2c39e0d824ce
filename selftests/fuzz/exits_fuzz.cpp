// SPDX-License-Identifier: MIT
// All that leaves a guest: hypercalls, MSRs, CPUID, ports, faults, of both VTLs of two VPs.
#include <initializer_list>

#include "selftests/fuzz/guest.h"
#include "selftests/fuzz/seeds.h"

namespace {

using fuzz::Seed;

// Steps in the language of guest.cpp and calls.cpp, one byte to a choice. 16: a hypercall.
// clang-format off
const Seed enable_vtl1{16, 6, 0, 0x60, 0, 0, 1, 0,            // EnablePartitionVtl with MBEC
                       16, 7, 0, 0x60, 0, 0, 0, 0, 0, 0,      // EnableVpVtl
                       16, 11, 0};                            // VtlCall
const Seed enable_vp_1{16, 7, 0, 0x60, 0, 0, 201, 0, 0, 0};   // by VTL1
const Seed start_vp_1{16, 8, 0, 0x60, 0, 0, 201, 0, 0, 0};
const Seed set_config{16, 2, 0, 0x60, 1, 0, 0, 1, 0x7d, 0x80, 0xf8, 0};  // VsmPartitionConfig
const Seed narrow_config{16, 2, 0, 0x60, 1, 0, 0, 1, 0x7d, 0x80, 0x38, 0};
const Seed set_mbec{16, 2, 0, 0x60, 1, 0, 0, 1, 0x0e, 0x80, 0x08, 0};    // VsmVpSecureConfigVtl0
const Seed raise{16, 2, 0, 0x60, 1, 0, 0, 0, 0x40, 13, 8, 0, 0};         // PendingEvent0
const Seed message_page{12, 3, 0x33, 0x64,                    // SIMP
                        12, 1, 0x04, 1, 0x50,                 // SINT0
                        12, 3, 0x32, 0x65};                   // SIEFP
const Seed protect{16, 0, 0, 0x60, 1, 9, 0, 1, 0x67, 1, 0x67, 0};  // read, executable at CPL 3
const Seed take_away{16, 0, 0, 0x60, 1, 0, 0, 1, 0x68, 1, 0x68, 0};
const Seed get_status{16, 5, 0, 0x67, 1, 0, 0, 2, 0x4d, 0};   // VsmPartitionStatus, to that page
const Seed vtl_return{16, 12, 0};
const Seed to_user{0, 0x11, 0x67, 0,                          // CPL 3 in 64-bit mode
                   6, 0x44, 0x67};                            // executes the page
const Seed page_fault{10, 0x4e, 0, 0};
const Seed system_call{1, 0x67, 0x0f, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                       10, 0x46, 0, 0};                       // #UD at SYSCALL
const Seed software_interrupt{1, 0x67, 0xcd, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                              10, 0x75, 0, 0};
const Seed touch{7, 0x42, 0x68};                              // writes a page that is closed
const Seed send_nmi{12, 1, 0x0b, 7, 0, 0x44, 0, 0, 5, 0, 0, 0};  // to APIC id 5
const Seed send_init{12, 1, 0x0b, 7, 0, 0x45, 0, 0, 5, 0, 0, 0};
const Seed send_startup{12, 1, 0x0b, 7, 0x10, 0x46, 0, 0, 5, 0, 0, 0};
const Seed other_vp{2};
const Seed crash{12, 1, 0x26, 3, 0x66, 12, 1, 0x36, 1, 16,    // a message in the crash registers
                 12, 1, 0x56, 7, 0, 0, 0, 0, 0, 0, 0, 0xc0};
const Seed timer{12, 1, 0x15, 7, 0xff, 0, 0, 0, 0, 0, 0, 0,     // STIMER0: count, then
                 12, 1, 0x05, 7, 9, 0, 2, 0, 0, 0, 0, 0,        // config: SINT2, auto-enable
                 12, 1, 0x24, 1, 0x60,                          // SINT2
                 20, 0xff, 0xff, 5, 0, 0, 0, 0, 0};
const Seed config_write{21, 1, 0, 3, 21, 8, 7, 0, 0, 0xe1, 0xfe, 0, 0, 0, 0,   // MSI address,
                        21, 1, 0, 2, 21, 8, 7, 5, 0, 0x81, 0, 0, 0, 0, 0,      // control,
                        21, 1, 0, 1, 21, 8, 7, 0, 0, 0, 0xc1, 0, 0, 0, 0,      // BAR
                        21, 1, 0, 1, 21, 8, 7, 0, 0, 0, 0x10, 0, 0, 0, 0,      // over RAM
                        21, 1, 0, 3, 21, 8, 7, 0, 0, 0, 0x10, 0, 0, 0, 0};     // a message to RAM
const Seed io_apic_write{0, 0x01, 0x66, 0,
                         1, 0x66, 0x89, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                         6, 2, 1, 0, 0, 0x01, 0x66, 0, 6, 2, 1, 0x10};
const Seed table_write{0, 0x01, 0x66, 0,                      // MSI-X: an address, INIT, another BAR
                       1, 0x66, 0x89, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                       9, 0, 0, 7, 0, 0, 0xe1, 0xfe, 0, 0, 0, 0, 6, 2, 2, 0x00,
                       0, 0x01, 0x66, 0, 9, 0, 0, 7, 0, 5, 0, 0, 0, 0, 0, 0, 6, 2, 2, 0x08,
                       21, 1, 0, 1, 21, 8, 0x65, 21, 1, 0, 0, 21, 8, 0, 21, 8, 0x10};
const Seed cr4_intercept{16, 2, 0, 0x60, 2, 0, 0, 1, 0x0f, 0x80, 0x26, 0x47, 0xd5, 0xff, 0,
                         0x2f, 0x80, 0x05, 0};
const Seed write_cr4{0, 0x01, 0x66, 0,
                     1, 0x66, 0x0f, 0x22, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                     10, 0x14, 0, 0};
const Seed write_xcr0{0, 0x81, 0x66, 0, 5, 7, 0, 0, 0, 0, 10, 0x8d, 0, 0};
const Seed write_gdtr{0, 0x01, 0x66, 0,
                      1, 0x66, 0x0f, 0x01, 0x14, 0x25, 0x00, 0x40, 0x00, 0x10, 0, 0, 0, 0, 0, 0, 0, 0,
                      10, 0x6b, 0, 0};
const Seed leaves_and_msrs{5, 0, 0, 0, 0x40, 0, 9, 1, 2, 0, 0, 12, 0, 0x00, 12, 2, 0x10, 0x64};
// clang-format on

Seed join(std::initializer_list<Seed> parts) {
    Seed whole;
    for (const Seed& part : parts) {
        whole.insert(whole.end(), part.begin(), part.end());
    }
    return whole;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    fuzz::build_world();
    const std::array seeds{
        join({enable_vtl1, set_config, set_mbec, protect, vtl_return, to_user, page_fault}),
        join({enable_vtl1, set_config, set_mbec, protect, vtl_return, to_user, system_call}),
        join({enable_vtl1, set_config, set_mbec, protect, vtl_return, to_user, software_interrupt}),
        join({enable_vtl1, message_page, set_config, take_away, vtl_return, touch, vtl_return}),
        join({enable_vtl1, set_config, set_mbec, protect, vtl_return, get_status}),
        join({enable_vtl1, narrow_config, raise, vtl_return, touch}),
        join({send_init, other_vp, send_startup, other_vp, send_nmi, other_vp, leaves_and_msrs}),
        join({send_init, other_vp, enable_vtl1, enable_vp_1, start_vp_1, other_vp, set_config}),
        join({enable_vtl1, message_page, timer, vtl_return, timer, leaves_and_msrs}),
        join({config_write, io_apic_write}),
        join({table_write, config_write}),
        join({enable_vtl1, message_page, cr4_intercept, vtl_return, write_cr4}),
        join({enable_vtl1, message_page, cr4_intercept, vtl_return, write_xcr0}),
        join({enable_vtl1, message_page, cr4_intercept, vtl_return, write_gdtr}),
        join({leaves_and_msrs, enable_vtl1, leaves_and_msrs, crash}),
    };
    fuzz::write_seeds(*argc, *argv, seeds);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const base::u8* data, base::usize size) {
    fuzz::reset_world();
    fuzz::run_guests(fuzz::Input{{data, size}});
    return 0;
}
