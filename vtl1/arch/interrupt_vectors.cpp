// SPDX-License-Identifier: MIT
#include "vtl1/arch/interrupt_vectors.h"

#include "vtl1/mm/pointer.h"

// Code in exceptions.S; only the addresses are used here.
extern "C" {
extern const char vtl1_exception_stubs[];
extern const char vtl1_nmi_handler[];
extern const char vtl1_interrupt_handler[];
}

namespace vtl1 {

namespace {

constexpr u64 stub_bytes = 16;  // distance of two stubs in exceptions.S

}  // namespace

Hva handler_of(usize vector) {
    if (vector == vector_nmi) {
        return address_of(vtl1_nmi_handler);
    }
    if (vector < exception_count) {
        return Hva{address_of(vtl1_exception_stubs).raw() + vector * stub_bytes};
    }
    return address_of(vtl1_interrupt_handler);
}

}  // namespace vtl1
