/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_MODULES_H
#define REDOUBT_MODULES_H

int modules_watch(void);
void modules_sealed(void);

#endif
