// SPDX-License-Identifier: MIT
// expect: global constructor
// Nobody would run it.
#include "base/types.h"

base::u64 at_boot();

base::u64 global = at_boot();
