// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/linkage.h>
#include <asm/page.h>
#include <asm/special_insns.h>

#include "redoubt_test.h"

/* Not static: the compiler must not believe that nobody writes it. */
extern u64 test_started_count;
u64 test_started_count;

/* Where a VP starts that Linux knows nothing of: it has no stack. */
asmlinkage void test_started_code(void);
asm(".pushsection .text\n"
    ".globl test_started_code\n"
    "test_started_code:\n"
    "	endbr64\n"
    "1:	lock incq test_started_count(%rip)\n"
    "	pause\n"
    "	jmp 1b\n"
    ".popsection\n");

int test_start(struct test_start *start)
{
	start->rip = (unsigned long)test_started_code;
	start->cr3 = __read_cr3() & PAGE_MASK;
	start->count = READ_ONCE(test_started_count);

	return 0;
}
