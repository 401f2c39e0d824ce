// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/init.h>
#include <linux/linkage.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "redoubt_test.h"

/* own_code.S */
asmlinkage void test_text_page(void);
asmlinkage void test_init_text(void);

static struct page *init_page;
static unsigned long init_offset;

/* What is freed when the module has started stays as it is: this keeps the page. */
void __init test_own_text_init(void)
{
	init_page = vmalloc_to_page(test_init_text);
	init_offset = offset_in_page(test_init_text);
	get_page(init_page);
}

void test_own_text_exit(void)
{
	put_page(init_page);
}

int test_own_text(struct test_own_text *text)
{
	text->address = (unsigned long)test_text_page;
	text->gpa = PFN_PHYS(vmalloc_to_pfn(test_text_page));
	text->init_gpa = PFN_PHYS(page_to_pfn(init_page)) + init_offset;

	return 0;
}
