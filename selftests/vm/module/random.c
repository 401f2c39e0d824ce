// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/io.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <asm/trapnr.h>

#include "hvcall/abi/tlfs_hypercall.h"
#include "hvcall/abi/tlfs_register.h"
#include "hvcall/abi/vtl_call.h"
#include "redoubt_test.h"

/*
 * Random VTL calls and hypercalls. They are hostile to VTL1 and the hypervisor
 * but not to the VTL0 they come from: nothing that is written to is VTL0's but
 * the device's own pages, and the kernel's own hypercall page and TSC page stay
 * where they are.
 */

#define INPUT_PAGE_COUNT (TEST_PAGE_COUNT / 2)

/* Some frames of VTL1's */
struct vtl1_frames {
	u32 count;
	u64 pfn[64];
};

#define PICK(list, seed) ((list)[next(seed) % ARRAY_SIZE(list)])

/* xorshift64* */
static u64 next(u64 *seed)
{
	u64 x = *seed ? *seed : 1;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*seed = x;

	return x * 0x2545f4914f6cdd1dull;
}

static bool one_in(u64 *seed, u32 n)
{
	return next(seed) % n == 0;
}

static u64 own_page(u64 *seed, u32 first)
{
	u32 page = first + next(seed) % INPUT_PAGE_COUNT;

	return virt_to_phys(test_pages) + page * PAGE_SIZE;
}

/* An address that is not VTL0's to lose */
static u64 bad_gpa(u64 *seed, const struct vtl1_frames *frames)
{
	static const u64 odd[] = {
		0xfee00000, 0xfec00000,	  0xe0000000,	      0xfffff000,
		1ull << 40, 1ull << 51,	  1ull << 52,	      1ull << 63,
		~0xfffull,  ~0ull,	  ~0xfffull - 0xffff, 0xfee00fff,
	};

	switch (next(seed) % 3) {
	case 0:
		return PFN_PHYS(frames) + next(seed) % (64 * PAGE_SIZE) /
					      PAGE_SIZE * PAGE_SIZE;
	case 1:
		return PICK(odd, seed);
	default:
		return next(seed) | 1ull << (41 + next(seed) % 23);
	}
}

static u64 some_gpa(u64 *seed, const struct vtl1_frames *frames)
{
	u64 gpa = own_page(seed, 0);

	if (one_in(seed, 4))
		return bad_gpa(seed, frames);
	if (one_in(seed, 4))
		gpa += next(seed) % PAGE_SIZE;

	return gpa;
}

static u64 some_number(u64 *seed)
{
	static const u64 edges[] = { 0, 1, 2, 0xfff, 0x1000, 0x7fffffff,
				     0x80000000, 0xffffffff, ~0ull, ~0ull >> 1 };

	return one_in(seed, 2) ? PICK(edges, seed) :
				 next(seed) >> next(seed) % 64;
}

static void fill_registers(struct test_registers *r, u64 *seed)
{
	u64 *word = (u64 *)r;
	size_t i;

	for (i = 0; i < sizeof(*r) / sizeof(*word); i++)
		word[i] = next(seed);
	r->rax = one_in(seed, 16) ? next(seed) : 0;
}

static void make_vtl_call(struct test_registers *r, u64 *seed, const struct vtl1_frames *frames)
{
	u64 *argument[] = { &r->rsi, &r->rdx, &r->r8, &r->r9, &r->r10 };

	r->rcx = TLFS_CALL_VTL_CALL;
	r->rdi = one_in(seed, 4) ? some_number(seed) : next(seed) % 9;
	for (size_t i = 0; i < ARRAY_SIZE(argument); i++)
		*argument[i] = 0;
	r->rsi = some_gpa(seed, frames);
	if (one_in(seed, 4))
		r->rsi = 0;
	if (r->rdi == VTL_CALL_LOG_READ || one_in(seed, 4))
		r->rdx = some_number(seed);
	if (one_in(seed, 8))
		*PICK(argument, seed) = some_gpa(seed, frames);
	r->r10 |= r->rdi == VTL_CALL_PIN; /* refused: it would hold until reboot */
}

static u32 some_register(u64 *seed)
{
	static const u32 names[] = {
		TLFS_REG_PENDING_EVENT0, TLFS_REG_RSP, TLFS_REG_RIP,
		TLFS_REG_RFLAGS, TLFS_REG_CR0, TLFS_REG_CR3, TLFS_REG_CR4,
		TLFS_REG_CR8, TLFS_REG_DR7, TLFS_REG_CS, TLFS_REG_TR,
		TLFS_REG_IDTR, TLFS_REG_EFER, TLFS_REG_APIC_BASE, TLFS_REG_PAT,
		TLFS_REG_LSTAR, TLFS_REG_TSC_AUX, TLFS_REG_VP_INDEX,
		TLFS_REG_VP_ASSIST_PAGE, TLFS_REG_SINT0, TLFS_REG_SCONTROL,
		TLFS_REG_SIEFP, TLFS_REG_SIMP, TLFS_REG_VSM_CODE_PAGE_OFFSETS,
		TLFS_REG_VSM_VP_STATUS, TLFS_REG_VSM_PARTITION_STATUS,
		TLFS_REG_VSM_VINA, TLFS_REG_VSM_CAPABILITIES,
		TLFS_REG_VSM_PARTITION_CONFIG,
		TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0,
	};

	return one_in(seed, 8) ? TLFS_REG_RSP | next(seed) % 0x20 :
				 PICK(names, seed);
}

static bool is_overlay_register(u32 name)
{
	return name == TLFS_REG_VP_ASSIST_PAGE || name == TLFS_REG_SIEFP ||
	       name == TLFS_REG_SIMP;
}

static u64 some_register_value(u64 *seed, u32 name, const struct vtl1_frames *frames)
{
	if (!is_overlay_register(name))
		return some_number(seed);

	return (one_in(seed, 2) ? own_page(seed, INPUT_PAGE_COUNT) :
				  bad_gpa(seed, frames)) |
	       next(seed) % 2;
}

static u64 some_partition(u64 *seed)
{
	return one_in(seed, 8) ? some_number(seed) : TLFS_PARTITION_SELF;
}

static u8 some_input_vtl(u64 *seed)
{
	static const u8 usual[] = { 0, 0x10, 0x11, 1 };

	return one_in(seed, 4) ? next(seed) : PICK(usual, seed);
}

static void fill_registers_header(void *input, u64 *seed)
{
	struct tlfs_vp_registers_header *header = input;

	header->partition_id = some_partition(seed);
	header->vp_index = one_in(seed, 4) ? some_number(seed) : TLFS_VP_SELF;
	header->input_vtl = some_input_vtl(seed);
}

static void fill_set_registers(u8 *input, u64 *seed, const struct vtl1_frames *frames, u32 count)
{
	struct tlfs_register_assignment *one = (void *)(input + 16);
	u32 i;

	fill_registers_header(input, seed);
	for (i = 0; i < min(count, TLFS_SET_VP_REGISTERS_MAX); i++) {
		one[i].name = some_register(seed);
		one[i].value.low = some_register_value(seed, one[i].name,
						       frames);
	}
}

static void fill_get_registers(u8 *input, u64 *seed, u32 count)
{
	u32 *names = (u32 *)(input + 16);
	u32 i;

	fill_registers_header(input, seed);
	for (i = 0; i < min(count, TLFS_GET_VP_REGISTERS_MAX); i++)
		names[i] = some_register(seed);
}

static void fill_protection(u8 *input, u64 *seed, const struct vtl1_frames *frames, u32 count)
{
	struct tlfs_modify_vtl_protection_mask *header = (void *)input;
	u64 *pages = (u64 *)(header + 1);
	u32 i;

	header->partition_id = some_partition(seed);
	header->map_flags = one_in(seed, 4) ? some_number(seed) : next(seed) % 16;
	header->input_vtl = some_input_vtl(seed);
	for (i = 0; i < min(count, TLFS_MODIFY_PROTECTION_PAGES_MAX); i++)
		pages[i] = PHYS_PFN(some_gpa(seed, frames));
}

static void fill_enable_vp(u8 *input, u64 *seed)
{
	struct tlfs_enable_vp_vtl *enable = (void *)input;
	u64 *context = (u64 *)&enable->context;
	size_t i;

	enable->partition_id = some_partition(seed);
	enable->vp_index = one_in(seed, 2) ? next(seed) % 8 : TLFS_VP_SELF;
	enable->target_vtl = next(seed) % 3;
	for (i = 0; i < sizeof(enable->context) / sizeof(*context); i++)
		context[i] = some_number(seed);
}

/*
 * Content that gets past the first checks. Only the device's own pages are
 * written; other CPUs may be filling the same one.
 */
static void fill_input(u8 *input, u64 code, u64 *seed, const struct vtl1_frames *frames, u32 count)
{
	memset(input, 0, PAGE_SIZE);
	switch (code) {
	case TLFS_CALL_SET_VP_REGISTERS:
		fill_set_registers(input, seed, frames, count);
		break;
	case TLFS_CALL_GET_VP_REGISTERS:
		fill_get_registers(input, seed, count);
		break;
	case TLFS_CALL_MODIFY_VTL_PROTECTION_MASK:
		fill_protection(input, seed, frames, count);
		break;
	case TLFS_CALL_ENABLE_VP_VTL:
	case TLFS_CALL_START_VIRTUAL_PROCESSOR:
		fill_enable_vp(input, seed);
		break;
	default:
		*(u64 *)input = some_partition(seed);
		*(u64 *)(input + 8) = some_number(seed);
		*(u64 *)(input + 16) = some_number(seed);
		break;
	}
}

static bool is_rep(u64 code)
{
	return code == TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST ||
	       code == TLFS_CALL_SET_VP_REGISTERS ||
	       code == TLFS_CALL_GET_VP_REGISTERS ||
	       code == TLFS_CALL_MODIFY_VTL_PROTECTION_MASK ||
	       code == TLFS_CALL_GET_VP_INDEX_FROM_APIC_ID;
}

static void make_hypercall(struct test_registers *r, u64 *seed, const struct vtl1_frames *frames)
{
	static const u64 codes[] = {
		TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE,
		TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST,
		TLFS_CALL_NOTIFY_LONG_SPIN_WAIT,
		TLFS_CALL_MODIFY_VTL_PROTECTION_MASK,
		TLFS_CALL_ENABLE_PARTITION_VTL, TLFS_CALL_ENABLE_VP_VTL,
		TLFS_CALL_VTL_CALL, TLFS_CALL_VTL_RETURN,
		TLFS_CALL_GET_VP_REGISTERS, TLFS_CALL_SET_VP_REGISTERS,
		TLFS_CALL_START_VIRTUAL_PROCESSOR,
		TLFS_CALL_GET_VP_INDEX_FROM_APIC_ID,
	};
	u64 code = one_in(seed, 8) ? next(seed) & 0xffff : PICK(codes, seed);
	u32 page = next(seed) % INPUT_PAGE_COUNT;
	u64 count = 0, start = 0;

	if (is_rep(code) ? !one_in(seed, 16) : one_in(seed, 16)) {
		count = one_in(seed, 4) ? next(seed) & 0xfff :
					  1 + next(seed) % 4;
		start = one_in(seed, 4) ? next(seed) & 0xfff : 0;
	}
	fill_input(test_pages + page * PAGE_SIZE, code, seed, frames, count);
	r->rcx = code | count << TLFS_CALL_REP_COUNT_SHIFT |
		 start << TLFS_CALL_REP_START_SHIFT;
	if (one_in(seed, 8))
		r->rcx ^= 1ull << next(seed) % 64;
	r->rdx = one_in(seed, 8) ? some_gpa(seed, frames) :
				   virt_to_phys(test_pages) + page * PAGE_SIZE;
	r->r8 = some_gpa(seed, frames);
	/* Should it become a VTL call after all: nothing there to write to */
	r->rdi = some_number(seed);
	r->rsi = some_gpa(seed, frames);
}

/* A VTL call gives results in R8 and R9, a hypercall one in RAX. */
static bool are_others_kept(const struct test_registers *before,
			    const struct test_registers *after, bool is_vtl_call)
{
	struct test_registers expected = *after;

	expected.rbx = before->rbx;
	expected.rdx = before->rdx;
	expected.rsi = before->rsi;
	expected.rdi = before->rdi;
	expected.rbp = before->rbp;
	expected.r10 = before->r10;
	expected.r11 = before->r11;
	expected.r12 = before->r12;
	expected.r13 = before->r13;
	expected.r14 = before->r14;
	expected.r15 = before->r15;
	if (!is_vtl_call) {
		expected.rcx = before->rcx;
		expected.r8 = before->r8;
		expected.r9 = before->r9;
	}
	if ((before->rflags ^ after->rflags) & TEST_FLAGS_CHECKED)
		return false;

	return !memcmp(&expected, after, sizeof(expected));
}

static void count_one(u64 *counts, u32 size, u64 status)
{
	counts[min_t(u64, status, size - 1)]++;
}

static void random_call(struct test_random *random, const struct vtl1_frames *frames)
{
	u64 *seed = &random->seed;
	bool is_vtl_call = random->kinds == TEST_RANDOM_VTL_CALLS ||
			   (random->kinds & TEST_RANDOM_VTL_CALLS && one_in(seed, 2));
	struct test_registers before, after;
	int fault;

	fill_registers(&before, seed);
	if (is_vtl_call)
		make_vtl_call(&before, seed, frames);
	else
		make_hypercall(&before, seed, frames);
	if (before.rcx == TLFS_CALL_VTL_CALL)
		is_vtl_call = true;

	after = before;
	fault = test_vmmcall(&after);
	if (!are_others_kept(&before, &after, is_vtl_call && fault < 0))
		random->wrong_registers++;
	if (fault == X86_TRAP_UD)
		random->invalid_opcodes++;
	else if (fault != TEST_NO_FAULT)
		random->other_faults++;
	else if (is_vtl_call)
		count_one(random->vtl_statuses, TEST_VTL_STATUS_COUNT, after.r8);
	else
		count_one(random->tlfs_statuses, TEST_TLFS_STATUS_COUNT,
			  after.rax & TLFS_RESULT_STATUS);
}

/* Up to 64 from the start of runs, so that some are neighbours and some not */
static void find_frames(struct vtl1_frames *frames)
{
	struct test_frames run = {};
	u64 i;

	while (frames->count < ARRAY_SIZE(frames->pfn) && !test_frames(&run)) {
		for (i = 0; i < min_t(u64, run.count, 8) &&
			    frames->count < ARRAY_SIZE(frames->pfn); i++)
			frames->pfn[frames->count++] = run.first + i;
		run.from = run.first + run.count;
	}
}

int test_random(struct test_random *random)
{
	struct vtl1_frames frames = {};
	u64 i;

	find_frames(&frames);
	if (!frames.count)
		return -ENODEV;
	for (i = 0; i < random->count; i++) {
		random_call(random, &frames);
		if (i % 64 == 0)
			cond_resched();
		if (signal_pending(current))
			return -EINTR;
	}

	return 0;
}
