/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_DEVICE_H
#define REDOUBT_DEVICE_H

int device_register_redoubt(void);

#endif
