// SPDX-License-Identifier: MIT OR GPL-2.0-only

/* Compiles only if our numbers are the kernel's. */
#include "selftests/abi/kernel_headers.h"
