// SPDX-License-Identifier: MIT
#include "base/panic.h"

#include <cstdio>
#include <cstdlib>

namespace base {

void panic(const char* why) {
    static_cast<void>(std::fprintf(stderr, "panic: %s\n", why));
    std::abort();
}

}  // namespace base
