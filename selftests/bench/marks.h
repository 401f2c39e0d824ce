/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_BENCH_MARKS_H
#define REDOUBT_BENCH_MARKS_H

/*
 * Where a program of VTL0 runs to tell the plugin vtl1_entries.c that one part of its work is over
 * and the next begins: mark n is at BENCH_MARKS_VA + n * BENCH_MARK_BYTES. No other program runs at
 * these addresses, which lie between those of programs and those of libraries.
 */
#define BENCH_MARKS_VA 0x526d61726000ull
#define BENCH_MARK_BYTES 16u
#define BENCH_MARKS_MAX 16u
#define BENCH_MARKS_BYTES (BENCH_MARK_BYTES * BENCH_MARKS_MAX)

#endif
