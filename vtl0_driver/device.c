// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "device.h"
#include "hvcall/abi/device.h"
#include "seal.h"
#include "version.h"
#include "vsm.h"
#include "vtl1.h"

static int device_open(struct inode *inode, struct file *file)
{
	return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static long ioctl_status(void __user *user)
{
	struct redoubt_status status = {
		.device_abi_version = REDOUBT_DEVICE_ABI_VERSION,
		.driver_version = REDOUBT_DRIVER_VERSION,
		.driver_facts = vtl1_is_late() ? REDOUBT_DRIVER_LATE : 0,
	};
	struct vsm_hypervisor hypervisor;
	int error;

	error = vtl1_status(&status.vtl1);
	if (error)
		return error;

	vsm_hypervisor(&hypervisor);
	memcpy(status.hypervisor_name, hypervisor.name,
	       sizeof(status.hypervisor_name));
	memcpy(status.hypervisor_version, hypervisor.version,
	       sizeof(status.hypervisor_version));

	return copy_to_user(user, &status, sizeof(status)) ? -EFAULT : 0;
}

static long ioctl_log(struct redoubt_log __user *user)
{
	struct vtl_log_page *page __free(kfree) =
		kzalloc(sizeof(*page), GFP_KERNEL);
	u64 sequence;
	int error;

	if (!page)
		return -ENOMEM;
	if (copy_from_user(&sequence, &user->sequence, sizeof(sequence)))
		return -EFAULT;

	error = vtl1_log(sequence, page);
	if (error)
		return error;

	return copy_to_user(&user->page, page, sizeof(*page)) ? -EFAULT : 0;
}

static long ioctl_statement(void __user *user)
{
	struct vtl_statement statement;
	int error;

	if (copy_from_user(&statement, user, sizeof(statement)))
		return -EFAULT;

	error = vtl1_statement(&statement);
	if (error)
		return error;

	return copy_to_user(user, &statement, sizeof(statement)) ? -EFAULT : 0;
}

/* The page is VTL1's, which lets VTL0 read it; it is part of the direct map as ever. */
static long ioctl_witness(struct redoubt_witness __user *user)
{
	struct redoubt_witness *answer __free(kfree) =
		kzalloc(sizeof(*answer), GFP_KERNEL);
	int error;

	if (!answer)
		return -ENOMEM;
	if (copy_from_user(answer, user,
			   offsetof(struct redoubt_witness, witness)))
		return -EFAULT;
	if (answer->number >= WITNESS_PAGE_COUNT || answer->reserved)
		return -EINVAL;

	error = vtl1_witness(&answer->witness);
	if (error)
		return error;

	memcpy(answer->records,
	       phys_to_virt(answer->witness.page_gpa[answer->number]),
	       sizeof(answer->records));

	return copy_to_user(user, answer, sizeof(*answer)) ? -EFAULT : 0;
}

static long device_ioctl(struct file *file, unsigned int command,
			 unsigned long argument)
{
	void __user *user = (void __user *)argument;

	/* The file may have been handed to somebody else. */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;

	switch (command) {
	case REDOUBT_IOC_STATUS:
		return ioctl_status(user);
	case REDOUBT_IOC_LOG:
		return ioctl_log(user);
	case REDOUBT_IOC_SEAL:
		return seal_kernel();
	case REDOUBT_IOC_STATEMENT:
		return ioctl_statement(user);
	case REDOUBT_IOC_WITNESS:
		return ioctl_witness(user);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations device_operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "redoubt",
	.fops = &device_operations,
	.mode = 0600,
};

/* /dev/redoubt; see hvcall/abi/device.h */
int device_register_redoubt(void)
{
	return misc_register(&device);
}
