// SPDX-License-Identifier: MIT OR GPL-2.0-only
#define pr_fmt(fmt) "redoubt: " fmt

#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "modules.h"
#include "vtl_call.h"

static atomic_t is_sealed = ATOMIC_INIT(0);

/* One page of frame numbers after the other */
static int tell(u64 id, struct vtl_frames *page, const struct compat_text *text)
{
	unsigned long address = (unsigned long)text->start;
	unsigned long end = address + PAGE_ALIGN(text->bytes);
	int error = 0;

	while (!error && address < end) {
		memset(page, 0, sizeof(*page));
		for (; address < end && page->count < VTL_FRAMES_MAX;
		     address += PAGE_SIZE)
			page->frames[page->count++] =
				vmalloc_to_pfn((void *)address);
		error = vtl1_call_with_page(id, page, 0, NULL);
	}

	return error;
}

static int tell_text(u64 id, const struct compat_text *text)
{
	struct vtl_frames *page;
	int error;

	if (!text->bytes)
		return 0;
	page = (struct vtl_frames *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	error = tell(id, page, text);
	free_page((unsigned long)page);

	return error;
}

/* VTL1 may not know the frames: a load that it refused ends here too. */
static void release(const struct module *module, const struct compat_text *text)
{
	if (tell_text(VTL_CALL_RELEASE, text))
		pr_debug("module %s: VTL1 did not know its code\n",
			 module->name);
}

static int admit(const struct module *module)
{
	const struct compat_text core = compat_core_text(module);
	const struct compat_text init = compat_init_text(module);
	int error;

	error = tell_text(VTL_CALL_ADMIT, &core);
	if (!error) {
		error = tell_text(VTL_CALL_ADMIT, &init);
		if (error)
			release(module, &core);
	}
	if (error)
		pr_err("module %s refused: VTL1 does not admit its code (error %d)\n",
		       module->name, error);

	return error;
}

static int on_module_event(struct notifier_block *block, unsigned long event,
			   void *data)
{
	const struct module *module = data;
	struct compat_text text;

	if (!atomic_read_acquire(&is_sealed))
		return NOTIFY_DONE;

	switch (event) {
	case MODULE_STATE_COMING:
		return notifier_from_errno(admit(module));
	case MODULE_STATE_LIVE:
		text = compat_init_text(module);
		release(module, &text);
		break;
	case MODULE_STATE_GOING:
		text = compat_core_text(module);
		release(module, &text);
		text = compat_init_text(module);
		release(module, &text);
		break;
	}

	return NOTIFY_DONE;
}

/* Last of all: what it sees at COMING is what will run. */
static struct notifier_block module_events = {
	.notifier_call = on_module_event,
	.priority = INT_MIN,
};

/**
 * modules_watch() - from now on modules_sealed() has an effect
 *
 * Return: 0, or as register_module_notifier().
 */
int modules_watch(void)
{
	return register_module_notifier(&module_events);
}

/* VTL0 is sealed: code of modules runs only where VTL1 has admitted it. */
void modules_sealed(void)
{
	atomic_set_release(&is_sealed, 1);
}
