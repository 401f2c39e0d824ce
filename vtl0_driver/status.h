/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_STATUS_H
#define REDOUBT_STATUS_H

int status_register(void);

#endif
