/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_TRACING_H
#define REDOUBT_TRACING_H

struct firmware;

void tracing_spare_guarded(const struct firmware *manifest);

#endif
