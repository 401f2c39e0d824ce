/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_PAIR_OFFLINE_VP_H
#define REDOUBT_PAIR_OFFLINE_VP_H

/*
 * A VP for tests to start: the last CPU's, which Linux gives away. VTL1 runs there; Linux has it again
 * after give_back().
 */
#include "conformance.h"

#define LOW_GPA 0x10000ull /* a page below 1 MiB, which Linux keeps for nobody */
#define LOW_VECTOR 0x10u

static unsigned int offline_cpu;
static __u32 offline_vp;
static __u8 *low_page;

static bool set_online(bool is_online)
{
	char path[64];
	int file;
	bool ok;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", offline_cpu);
	file = open(path, O_WRONLY | O_CLOEXEC);
	ok = file >= 0 && write(file, is_online ? "1" : "0", 1) == 1;
	if (file >= 0)
		close(file);

	return ok;
}

static __u64 partition_config(void)
{
	struct tlfs_register_value value;

	if (get_register1(1, TLFS_REG_VSM_PARTITION_CONFIG, &value))
		bail_out("VsmPartitionConfig cannot be read");

	return value.low;
}

/* Whether the host takes it, and reads it back. */
static bool set_config_bits(__u64 set, __u64 clear)
{
	__u64 wanted = (partition_config() | set) & ~clear;

	return set_register1(1, TLFS_REG_VSM_PARTITION_CONFIG, wanted, 0) == 0 &&
	       partition_config() == wanted;
}

/* After conformance_open(). */
static void take_last_cpu(void)
{
	offline_cpu = cpu_count() - 1;
	pin_to_cpu(offline_cpu);
	offline_vp = vp_index0();
	pin_to_cpu(0);
	low_page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, pair_device, LOW_GPA);
	if (low_page == MAP_FAILED)
		bail_out("page at 0x%llx: %s", LOW_GPA, strerror(errno));
	if (!set_online(false))
		bail_out("CPU %u does not go offline: %s", offline_cpu, strerror(errno));
}

/* VTL0 there is stopped by INIT, and started at LOW_GPA unless vector is 0; VTL1 may be asked. */
static void send_startup(__u32 vector)
{
	struct pair_startup startup = { .cpu = offline_cpu, .vector = vector };

	pair_must(PAIR_IOC_STARTUP, &startup, "INIT and start-up IPI");
}

TAP_UNUSED static void policy_there(struct pair_policy policy)
{
	memset(last()->data, 0, PAIR_DATA_BYTES);
	memcpy(last()->data, &policy, sizeof(policy));
	vtl1(PAIR_POLICY, 1ull + offline_vp, 0, 0, 0);
}

/* What VTL1 there does with the next `count` starts. */
static void answer_starts(bool accept, unsigned int count)
{
	policy_there((struct pair_policy){
		.action = accept ? PAIR_SET_REGISTER : PAIR_RETRY,
		.count = count,
		.name = TLFS_REG_INTERNAL_ACTIVITY_STATE,
	});
}

TAP_UNUSED static struct pair_record record_there(void)
{
	struct pair_record record;

	vtl1(PAIR_RECORD, 0, 1ull + offline_vp, 0, 0);
	memcpy(&record, last()->data, sizeof(record));

	return record;
}

TAP_UNUSED static int get_register_there(__u32 name, struct tlfs_register_value *value)
{
	__u64 rax = vtl1(PAIR_REGISTERS, name, 0, 0, offline_vp);

	*value = (struct tlfs_register_value){ last()->result[1], last()->result[2] };

	return (int)(rax & TLFS_RESULT_STATUS);
}

/* Waits until a byte that the VP counts in is `count`; two seconds. */
TAP_UNUSED static bool is_counted(volatile const __u8 *byte, __u8 count)
{
	unsigned int i;

	for (i = 0; i < 200 && *byte != count; i++)
		usleep(10000);

	return *byte == count;
}

/* Linux starts it once more. VTL1 accepts that, if it is asked. */
static void give_back(void)
{
	answer_starts(true, 4);
	check(set_online(true), "Linux has CPU %u again", offline_cpu);
	pin_to_cpu(offline_cpu);
	check_equal(vtl1(PAIR_HELLO, 0, 0, 0, 0), offline_vp, "and VTL1 is there");
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	pin_to_cpu(0);
}

#endif
