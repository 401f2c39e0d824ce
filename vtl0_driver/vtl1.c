// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/cache.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "compat.h"
#include "vtl1.h"
#include "vtl_call.h"

#define TRIES_MAX 100

static struct vtl1_facts facts __ro_after_init;
/* One question at a time, so that the page below has one user. */
static DEFINE_MUTEX(question_lock);

void vtl1_set_facts(const struct vtl1_facts *new_facts)
{
	facts = *new_facts;
}

/* Whether all of user space ran before VTL1 did, and not only the initramfs */
bool vtl1_is_late(void)
{
	return facts.is_late;
}

/*
 * Puts what @answer holds before a question, and the answer there. VTL1 reads and
 * writes a page that the page allocator gave out whole; no more than @answer_bytes
 * are copied to and from there.
 */
static int ask(u64 id, u64 argument, void *answer, size_t answer_bytes)
{
	unsigned int tries;
	int error = -EAGAIN;
	void *page;

	guard(mutex)(&question_lock);

	page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	memcpy(page, answer, answer_bytes);

	for (tries = 0; error == -EAGAIN && tries < TRIES_MAX; tries++) {
		error = vtl1_call_with_page(id, page, argument, NULL);
		cond_resched();
	}
	if (!error)
		memcpy(answer, page, answer_bytes);
	free_page((unsigned long)page);

	return error;
}

/**
 * vtl1_status() - what VTL1 says of itself
 * @status: filled in on success
 *
 * A VTL1 that has failed answers no call any more; then the driver says what it
 * knows, with phase VTL_PHASE_FAILED and 0 for the rest.
 *
 * Context: May sleep.
 * Return: 0, or as vtl1_call().
 */
int vtl1_status(struct vtl_status *status)
{
	int error;

	error = ask(VTL_CALL_STATUS, 0, status, sizeof(*status));
	if (error != -ESHUTDOWN)
		return error;

	*status = (struct vtl_status) {
		.abi_version = VTL_CALL_ABI_VERSION,
		.vtl1_version = facts.version,
		.phase = VTL_PHASE_FAILED,
		.vp_count = facts.vp_count,
		.memory_bytes = facts.memory_bytes,
	};

	return 0;
}

/**
 * vtl1_log() - lines of VTL1's log
 * @sequence: the first one wanted; later ones come where it has been lost
 * @page: filled in on success
 *
 * Context: May sleep.
 * Return: 0, or as vtl1_call().
 */
int vtl1_log(u64 sequence, struct vtl_log_page *page)
{
	return ask(VTL_CALL_LOG_READ, sequence, page, sizeof(*page));
}

/**
 * vtl1_statement() - what VTL1 says of itself, signed
 * @statement: the nonce, all else 0; filled in on success
 *
 * Context: May sleep. The first call of a boot takes longer.
 * Return: 0, or as vtl1_call().
 */
int vtl1_statement(struct vtl_statement *statement)
{
	return ask(VTL_CALL_STATEMENT, 0, statement, sizeof(*statement));
}

/**
 * vtl1_witness() - where the witness log lies
 * @witness: filled in on success
 *
 * Context: May sleep.
 * Return: 0, or as vtl1_call().
 */
int vtl1_witness(struct vtl_witness *witness)
{
	return ask(VTL_CALL_WITNESS, 0, witness, sizeof(*witness));
}
