// SPDX-License-Identifier: MIT

/*
 * A plugin of QEMU's emulator: counts the instructions of each entry into VTL1, from the first
 * after VTL0's to the last before VTL0's. Instructions of the hypervisor in between (VTL1's own
 * hypercalls) do not count. For machines with one CPU. Source of the interface: QEMU,
 * docs/devel/tcg-plugins.rst; the header is not packaged, so its few declarations are here.
 *
 * A program of VTL0 can divide the time into parts by the marks of marks.h. Each part, from one mark
 * to the next, is counted by itself as well.
 *
 * Option out=FILE: where the results go when the machine ends, as lines that tools/bench reads.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hvcall/abi/boot.h"
#include "selftests/bench/marks.h"

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;

#define CB_NO_REGS 0 /* enum qemu_plugin_cb_flags */

typedef void (*tb_trans_callback)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*vcpu_callback)(unsigned int vcpu, void *userdata);
typedef void (*exit_callback)(qemu_plugin_id_t id, void *userdata);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_trans_callback callback);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, vcpu_callback callback, int flags,
					  void *userdata);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, vcpu_callback callback,
					    int flags, void *userdata);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_callback callback, void *userdata);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);

__attribute__((visibility("default"))) int qemu_plugin_version = PLUGIN_VERSION;

/* hypervisor/boot/layout.ld: text of the hypervisor, at most up to its read-only data */
#define HYPERVISOR_TEXT 0x8000000ull
#define HYPERVISOR_TEXT_END 0x8200000ull

#define LENGTHS_COUNTED 65536

struct part {
	uint64_t entries;
	uint64_t instructions;
	uint64_t longest; /* instructions of one entry */
};

static char output_path[4096];
static uint64_t current;                    /* instructions of the entry that runs; 0: VTL0 runs */
static uint64_t entries;
static uint64_t longest;
static uint64_t of_length[LENGTHS_COUNTED]; /* how many entries of each length there were */
static struct part parts[BENCH_MARKS_MAX + 1]; /* the first is what happens before the first mark */
static uint64_t part_now;

static void on_vtl1_instruction(unsigned int vcpu, void *unused)
{
	(void)vcpu;
	(void)unused;
	current++;
}

static void on_vtl0_block(unsigned int vcpu, void *unused)
{
	(void)vcpu;
	(void)unused;
	if (current == 0)
		return;
	entries++;
	if (current > longest)
		longest = current;
	parts[part_now].entries++;
	parts[part_now].instructions += current;
	if (current > parts[part_now].longest)
		parts[part_now].longest = current;
	if (current < LENGTHS_COUNTED)
		of_length[current]++;
	current = 0;
}

static void on_mark(unsigned int vcpu, void *unused)
{
	(void)vcpu;
	(void)unused;
	if (part_now < BENCH_MARKS_MAX)
		part_now++;
}

/* Stock kernels lie above VTL1_IMAGE_VA + 16 MiB, user programs far below. */
static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	uint64_t address = qemu_plugin_tb_vaddr(tb);
	size_t i;

	(void)id;
	if (address >= VTL1_IMAGE_VA && address < VTL1_IMAGE_VA + VTL1_IMAGE_BYTES_MAX) {
		for (i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
			qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_tb_get_insn(tb, i),
							       on_vtl1_instruction, CB_NO_REGS, NULL);
	} else if (address < HYPERVISOR_TEXT || address >= HYPERVISOR_TEXT_END) {
		qemu_plugin_register_vcpu_tb_exec_cb(tb, on_vtl0_block, CB_NO_REGS, NULL);
		if (address >= BENCH_MARKS_VA && address < BENCH_MARKS_VA + BENCH_MARKS_BYTES)
			qemu_plugin_register_vcpu_tb_exec_cb(tb, on_mark, CB_NO_REGS, NULL);
	}
}

/* The workload makes a thousand null calls, and few of any other kind. */
static uint64_t most_frequent_length(void)
{
	uint64_t best = 0, i;

	for (i = 0; i < LENGTHS_COUNTED; i++)
		if (of_length[i] > of_length[best])
			best = i;

	return best;
}

static void print_part(FILE *out, uint64_t number)
{
	const struct part *part = &parts[number];

	fprintf(out, "bench part_%llu_entries %llu entries\n", (unsigned long long)number,
		(unsigned long long)part->entries);
	fprintf(out, "bench part_%llu_instructions %llu instructions\n",
		(unsigned long long)number, (unsigned long long)part->instructions);
	fprintf(out, "bench part_%llu_longest %llu instructions\n", (unsigned long long)number,
		(unsigned long long)part->longest);
}

static void on_exit_of_machine(qemu_plugin_id_t id, void *unused)
{
	FILE *out = fopen(output_path, "w");
	uint64_t i;

	(void)id;
	(void)unused;
	if (!out)
		return;
	fprintf(out, "bench vtl_call_null %llu instructions\n",
		(unsigned long long)most_frequent_length());
	fprintf(out, "bench longest_entry %llu instructions\n", (unsigned long long)longest);
	fprintf(out, "bench entries %llu entries\n", (unsigned long long)entries);
	for (i = 1; i < part_now; i++)
		print_part(out, i);
	fclose(out);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id,
							       const struct qemu_info_t *info, int argc,
							       char **argv)
{
	int i;

	(void)info;
	for (i = 0; i < argc; i++)
		if (strncmp(argv[i], "out=", 4) == 0)
			snprintf(output_path, sizeof(output_path), "%s", argv[i] + 4);
	if (!output_path[0])
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	qemu_plugin_register_atexit_cb(id, on_exit_of_machine, NULL);

	return 0;
}
