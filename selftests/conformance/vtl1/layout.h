/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_PAIR_LAYOUT_H
#define REDOUBT_PAIR_LAYOUT_H

#define STACK_BYTES 16384

#endif
