/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_TEST_MODULE_H
#define REDOUBT_TEST_MODULE_H

#include <linux/types.h>

#include "test_abi.h"

/* The device's own pages */
extern u8 *test_pages;

/* registers.S: returns TEST_NO_FAULT or the vector. Context: pinned to a CPU. */
int test_vmmcall_raw(struct test_registers *registers);

/* The same with the flags that @registers asks for; @registers is replaced. */
int test_vmmcall(struct test_registers *registers);

int test_memory(struct test_memory *memory);
int test_memory_init(void);
void test_memory_exit(void);

int test_msr(struct test_msr *msr);
int test_frames(struct test_frames *frames);
/* Behind the last frame of RAM */
unsigned long test_end_pfn(void);
int test_executable(struct test_frames *frames);
void test_executable_exit(void);
int test_state(struct test_state *state);
int test_random(struct test_random *random);

int test_nmi(struct test_nmi *nmi);
int test_nmi_init(void);
void test_nmi_exit(void);

int test_system_write(struct test_system_write *write);

int test_timing(struct test_timing *timing);
int test_masked(struct test_masked *masked);
int test_flush(struct test_flush *flush);
int test_fast(struct test_fast *fast);
int test_start(struct test_start *start);
int test_startup(struct test_startup *startup);

/* Calls @address. Returns TEST_NO_FAULT or the vector of a fault of the fetch. */
int test_execute(void *address, u64 *value);

/* page_table.c: the entry that maps @address, and its level; NULL if none does. */
u64 *test_find_entry(unsigned long address, unsigned int *level);
void test_flush_address(unsigned long address);

int test_store(struct test_store *store);
int test_code(struct test_code *code);
int test_remap(struct test_remap *remap);
int test_overlay(struct test_overlay *overlay);
int test_own_text(struct test_own_text *text);
void test_own_text_init(void);
void test_own_text_exit(void);

#endif
