// SPDX-License-Identifier: MIT
// expect: no matching member function
// A field has a type; a number is no bool.
#include "base/register.h"

struct Cr0 : base::Register<Cr0> {
    static constexpr Field<bool, 16> write_protect{};
};

Cr0 set(Cr0 cr0) {
    return cr0.with(Cr0::write_protect, 2);
}
