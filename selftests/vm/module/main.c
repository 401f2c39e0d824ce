// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "redoubt_test.h"

#define PAGES_ORDER 4

static_assert(TEST_PAGE_COUNT == 1u << PAGES_ORDER);

u8 *test_pages;

static int test_info(struct test_info *info)
{
	info->gpa = virt_to_phys(test_pages);
	info->page_count = TEST_PAGE_COUNT;

	return 0;
}

int test_vmmcall(struct test_registers *registers)
{
	u64 wanted = registers->rflags;
	unsigned long flags;
	int fault;

	registers->rflags = (wanted & (TEST_FLAGS_CHECKED | TEST_FLAGS_IF)) |
			    X86_EFLAGS_FIXED;
	preempt_disable();
	if (wanted & TEST_FLAGS_IF) {
		fault = test_vmmcall_raw(registers);
	} else {
		local_irq_save(flags);
		fault = test_vmmcall_raw(registers);
		local_irq_restore(flags);
	}
	preempt_enable();

	return fault;
}

static int vmmcall(struct test_vmmcall *call)
{
	call->out = call->in;
	call->fault = test_vmmcall(&call->out);

	return 0;
}

static int test_leak(struct test_info *info)
{
	unsigned int order = get_order(TEST_LEAK_COUNT * PAGE_SIZE);
	void *pages = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, order);

	if (!pages)
		return -ENOMEM;
	info->gpa = virt_to_phys(pages);
	info->page_count = TEST_LEAK_COUNT;

	return 0;
}

/* One at a time, what is not to be tried on several CPUs at once */
static DEFINE_MUTEX(memory_lock);
static DEFINE_MUTEX(nmi_lock);

static int memory_locked(struct test_memory *memory)
{
	int error;

	mutex_lock(&memory_lock);
	error = test_memory(memory);
	mutex_unlock(&memory_lock);

	return error;
}

static int executable_locked(struct test_frames *frames)
{
	int error;

	mutex_lock(&memory_lock);
	error = test_executable(frames);
	mutex_unlock(&memory_lock);

	return error;
}

static int nmi_locked(struct test_nmi *nmi)
{
	int error;

	mutex_lock(&nmi_lock);
	error = test_nmi(nmi);
	mutex_unlock(&nmi_lock);

	return error;
}

/* What executes is one at a time with TEST_IOC_MEMORY. */
static int code_locked(struct test_code *code)
{
	int error;

	mutex_lock(&memory_lock);
	error = test_code(code);
	mutex_unlock(&memory_lock);

	return error;
}

static int remap_locked(struct test_remap *remap)
{
	int error;

	mutex_lock(&memory_lock);
	error = test_remap(remap);
	mutex_unlock(&memory_lock);

	return error;
}

static int startup_locked(struct test_startup *startup)
{
	int error;

	mutex_lock(&nmi_lock);
	error = test_startup(startup);
	mutex_unlock(&nmi_lock);

	return error;
}

static int dispatch(unsigned int command, void *argument)
{
	switch (command) {
	case TEST_IOC_INFO:
		return test_info(argument);
	case TEST_IOC_LEAK:
		return test_leak(argument);
	case TEST_IOC_VMMCALL:
		return vmmcall(argument);
	case TEST_IOC_MEMORY:
		return memory_locked(argument);
	case TEST_IOC_MSR:
		return test_msr(argument);
	case TEST_IOC_FRAMES:
		return test_frames(argument);
	case TEST_IOC_EXECUTABLE:
		return executable_locked(argument);
	case TEST_IOC_STATE:
		return test_state(argument);
	case TEST_IOC_RANDOM:
		return test_random(argument);
	case TEST_IOC_NMI:
		return nmi_locked(argument);
	case TEST_IOC_SYSTEM_WRITE:
		return test_system_write(argument);
	case TEST_IOC_TIMING:
		return test_timing(argument);
	case TEST_IOC_MASKED:
		return test_masked(argument);
	case TEST_IOC_START:
		return test_start(argument);
	case TEST_IOC_STARTUP:
		return startup_locked(argument);
	case TEST_IOC_FAST:
		return test_fast(argument);
	case TEST_IOC_FLUSH:
		return test_flush(argument);
	case TEST_IOC_STORE:
		return test_store(argument);
	case TEST_IOC_CODE:
		return code_locked(argument);
	case TEST_IOC_REMAP:
		return remap_locked(argument);
	case TEST_IOC_OVERLAY:
		return test_overlay(argument);
	case TEST_IOC_OWN_TEXT:
		return test_own_text(argument);
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
	.name = "redoubt_test",
	.fops = &device_operations,
	.mode = 0600,
};

static int __init redoubt_test_init(void)
{
	int error = -ENOMEM;

	test_pages = (u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
					    PAGES_ORDER);
	if (!test_pages)
		return error;
	error = test_memory_init();
	if (error)
		goto free_pages;
	error = test_nmi_init();
	if (error)
		goto exit_memory;
	error = misc_register(&device);
	if (error)
		goto exit_nmi;
	test_own_text_init();

	return 0;

exit_nmi:
	test_nmi_exit();
exit_memory:
	test_memory_exit();
free_pages:
	free_pages((unsigned long)test_pages, PAGES_ORDER);

	return error;
}
module_init(redoubt_test_init);

static void __exit redoubt_test_exit(void)
{
	misc_deregister(&device);
	test_own_text_exit();
	test_nmi_exit();
	test_memory_exit();
	test_executable_exit();
	free_pages((unsigned long)test_pages, PAGES_ORDER);
}
module_exit(redoubt_test_exit);

MODULE_DESCRIPTION("Redoubt's tests: a VTL0 kernel that means harm");
MODULE_AUTHOR("The Redoubt authors");
MODULE_LICENSE("Dual MIT/GPL");
