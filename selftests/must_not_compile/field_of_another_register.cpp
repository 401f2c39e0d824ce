// SPDX-License-Identifier: MIT
// expect: no matching member function|no viable conversion|ignored
// CR4's field in CR0.
#include "base/register.h"

struct Cr0 : base::Register<Cr0> {
    static constexpr Field<bool, 16> write_protect{};
};

struct Cr4 : base::Register<Cr4> {
    static constexpr Field<bool, 20> smep{};
};

Cr0 set(Cr0 cr0) {
    return cr0.with(Cr4::smep, true);
}
