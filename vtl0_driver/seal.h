/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_SEAL_H
#define REDOUBT_SEAL_H

int seal_kernel(void);

#endif
