// SPDX-License-Identifier: MIT
// expect: redefinition|shadow
// One TRY to a line: which of two has failed is not to be guessed.
#include "base/result.h"

base::Result<base::u64> half(base::u64 number);

base::Result<base::u64> quarter(base::u64 number) {
    return TRY(half(TRY(half(number))));
}
