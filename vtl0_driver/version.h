/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_VERSION_H
#define REDOUBT_VERSION_H

#include "hvcall/abi/vtl_call.h"

#define REDOUBT_DRIVER_VERSION VTL1_VERSION(0, 1, 0)
#define REDOUBT_DRIVER_VERSION_TEXT "0.1.0"

#endif
