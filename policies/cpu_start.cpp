// SPDX-License-Identifier: MIT
#include "policies/cpu_start.h"

namespace policies {

namespace {

/// No code lies there: the display adapter's window.
/// @source Intel MultiProcessor Specification 1.4, B.4.2: vectors 0xa0 to 0xbf are reserved
bool is_reserved(StartVector vector) {
    return vector >= StartVector{0xa0} && vector <= StartVector{0xbf};
}

}  // namespace

bool may_start(StartVector vector, StartTrust trust, const StartVectors& known) {
    if (is_reserved(vector)) {
        return false;
    }
    return trust == StartTrust::Boot || known.contains(vector);
}

}  // namespace policies
