// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pair.h"

#define PAGES_ORDER 5

static_assert(PAIR_PAGE_COUNT == 1u << PAGES_ORDER);

static u8 *pages;

static int pair_pages(struct pair_pages *answer)
{
	answer->gpa = virt_to_phys(pages);
	answer->count = PAIR_PAGE_COUNT;

	return 0;
}

static int dispatch(unsigned int command, void *argument)
{
	switch (command) {
	case PAIR_IOC_PREPARE:
		return pair_prepare(argument);
	case PAIR_IOC_HYPERCALL:
		return pair_hypercall(argument);
	case PAIR_IOC_CALL:
		return pair_call(argument);
	case PAIR_IOC_TRY:
		return pair_try(argument);
	case PAIR_IOC_PAGES:
		return pair_pages(argument);
	case PAIR_IOC_WORLD:
		return pair_world(argument, virt_to_phys(pages));
	case PAIR_IOC_NMI:
		return pair_nmi(argument);
	case PAIR_IOC_STARTUP:
		return pair_startup(argument);
	default:
		return -ENOTTY;
	}
}

static long device_ioctl(struct file *file, unsigned int command,
			 unsigned long argument)
{
	size_t size = _IOC_SIZE(command);
	void *copy = kzalloc(max_t(size_t, size, 1), GFP_KERNEL);
	int error = -EFAULT;

	if (!copy)
		return -ENOMEM;
	if (!copy_from_user(copy, (void __user *)argument, size)) {
		error = dispatch(command, copy);
		if (!error && copy_to_user((void __user *)argument, copy, size))
			error = -EFAULT;
	}
	kfree(copy);

	return error;
}

/* Any physical page, at the offset of its address */
static int device_mmap(struct file *file, struct vm_area_struct *area)
{
	return remap_pfn_range(area, area->vm_start, area->vm_pgoff,
			       area->vm_end - area->vm_start,
			       area->vm_page_prot);
}

static int device_open(struct inode *inode, struct file *file)
{
	return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static const struct file_operations device_operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.unlocked_ioctl = device_ioctl,
	.mmap = device_mmap,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "redoubt_pair",
	.fops = &device_operations,
	.mode = 0600,
};

/* There is no exit: VTL1 cannot be taken away. */
static int __init redoubt_pair_init(void)
{
	int error;

	pages = (u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, PAGES_ORDER);
	if (!pages)
		return -ENOMEM;
	error = pair_nmi_init();
	if (!error)
		error = misc_register(&device);
	if (error)
		free_pages((unsigned long)pages, PAGES_ORDER);

	return error;
}
module_init(redoubt_pair_init);

MODULE_DESCRIPTION("Redoubt's conformance tests: the VTL0 half of a pair");
MODULE_AUTHOR("The Redoubt authors");
MODULE_LICENSE("Dual MIT/GPL");
