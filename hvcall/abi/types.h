/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_ABI_TYPES_H
#define REDOUBT_ABI_TYPES_H

/*
 * The headers of this folder compile as C (driver, command-line tool) and as C++ (the rest).
 * They hold constants, structs and size asserts; no code.
 */

#include <linux/types.h>

#ifdef __cplusplus
#define ABI_ASSERT(condition) static_assert(condition, "both sides are built apart")
#else
#define ABI_ASSERT(condition) _Static_assert(condition, "both sides are built apart")
#endif

#define ABI_OFFSET(type, member, offset) \
	ABI_ASSERT(__builtin_offsetof(struct type, member) == (offset))

#endif
