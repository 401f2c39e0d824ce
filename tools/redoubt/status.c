// SPDX-License-Identifier: MIT

#include "tools/redoubt/status.h"

#include "hvcall/abi/manifest.h"
#include "tools/redoubt/claims.h"
#include "tools/redoubt/names.h"
#include "tools/redoubt/text.h"

#include <string.h>

/* Before each value */
#define ROW "  %-13s"
#define RED "\x1b[31m"
#define PLAIN "\x1b[0m"

static const char *plural(unsigned long long count)
{
	return count == 1 ? "" : "s";
}

static const char *phase_meaning(__u32 phase)
{
	switch (phase) {
	case VTL_PHASE_BOOT:
		return "not sealed: VTL0 is still trusted";
	case VTL_PHASE_SEALED:
		return "VTL0 is not trusted any more";
	case VTL_PHASE_FAILED:
		return "VTL1 has stopped itself; its protections stay until reboot";
	default:
		return "this program does not know it";
	}
}

static void print_vtl1(FILE *out, const struct vtl_status *vtl1)
{
	char version[16], memory[32];

	status_format_version(version, sizeof(version), vtl1->vtl1_version);
	text_format_mib(memory, sizeof(memory), vtl1->memory_bytes);
	fprintf(out, ROW "%s on %u CPU%s, %s\n", "VTL1", version, vtl1->vp_count,
		plural(vtl1->vp_count), memory);
	fprintf(out, ROW "%s (%s)\n", "phase", status_phase_name(vtl1->phase),
		phase_meaning(vtl1->phase));
}

/* What the seal was made with */
static void print_seal(FILE *out, const struct vtl_status *vtl1)
{
	const char *release = (const char *)vtl1->manifest_release;

	fprintf(out, ROW, "kernel");
	text_print_plain(out, release, strnlen(release, sizeof(vtl1->manifest_release)));
	fprintf(out, ", manifest version %u\n", vtl1->manifest_version);
	fprintf(out, ROW "%llu pages and %llu patch sites; %llu bytes masked\n", "verified",
		(unsigned long long)vtl1->verified_pages, (unsigned long long)vtl1->verified_sites,
		(unsigned long long)vtl1->masked_bytes);
}

static void print_execution(FILE *out, const struct vtl_status *vtl1)
{
	struct claims_execution bytes = claims_execution(vtl1);
	char explained[32];

	text_format_mib(explained, sizeof(explained), bytes.explained);
	fprintf(out, ROW "%s explained; unproved: %llu KiB of modules, %llu KiB of start code\n",
		"kernel code", explained, bytes.unproved_modules >> 10,
		bytes.unproved_start_code >> 10);
}

static void print_frames(FILE *out, const struct vtl_status *vtl1)
{
	const char *between = "";
	unsigned int i;

	fprintf(out, ROW, "frames");
	for (i = 0; i < NAMES_FRAME_STATE_COUNT; i++) {
		if (vtl1->frames[i] == 0)
			continue;
		fprintf(out, "%s%s %llu", between, names_frame_state(i),
			(unsigned long long)vtl1->frames[i]);
		between = ", ";
	}
	fputc('\n', out);
}

static void print_claims(FILE *out, const struct redoubt_status *status,
			 const struct hypervisor *hypervisor)
{
	struct claims_gap gaps[CLAIMS_GAPS_MAX];
	size_t count = claims_gaps(status, hypervisor, gaps), i;
	const struct vtl_status *vtl1 = &status->vtl1;

	for (i = 0; i < CLAIMS_POLICY_COUNT; i++) {
		if (strcmp(claims_mode(vtl1, claims_policies[i].number), "enforce") == 0)
			fprintf(out, ROW "%s\n", "enforced", claims_policies[i].promise);
	}
	if (vtl1->phase == VTL_PHASE_BOOT && vtl1->pinned_vp_count != 0)
		fprintf(out, ROW "the kernel's control registers are pinned on %u CPU%s\n",
			"enforced", vtl1->pinned_vp_count, plural(vtl1->pinned_vp_count));
	for (i = 0; i < count; i++)
		fprintf(out, ROW "%s: %s\n", "not enforced", gaps[i].what, gaps[i].why);
}

static void print_verdict(FILE *out, const struct redoubt_status *status,
			  const struct hypervisor *hypervisor, bool color)
{
	const char *problem = claims_integrity_problem(status, hypervisor);
	const struct vtl_status *vtl1 = &status->vtl1;

	if (problem)
		fprintf(out, "  code integrity: not enforced (%s)\n", problem);
	else
		fprintf(out, "  code integrity: enforced%s\n",
			vtl1->frames[FRAME_UNPROVED] ? ", but for unproved code" : "");
	if (vtl1->phase == VTL_PHASE_FAILED)
		return;
	if (strcmp(claims_mode(vtl1, MANIFEST_POLICY_MODULES), "enforce") != 0)
		fprintf(out, "  %smodules: unverified%s\n", color ? RED : "", color ? PLAIN : "");
	fprintf(out, "  operator key: %s\n", status_key_kind(vtl1));
}

static void print_denials(FILE *out, const struct vtl_status *vtl1)
{
	unsigned long long refused = 0, done = vtl1->text_writes[VERDICT_WRITE];
	unsigned int i;

	if (vtl1->phase == VTL_PHASE_FAILED) {
		fprintf(out, ROW "unknown: VTL1 answers no more\n", "denied");
		return;
	}
	fprintf(out, ROW "%llu reads, %llu writes, %llu executes, %llu register writes\n", "denied",
		(unsigned long long)vtl1->denied_reads, (unsigned long long)vtl1->denied_writes,
		(unsigned long long)vtl1->denied_executes,
		(unsigned long long)vtl1->denied_register_writes);
	for (i = VERDICT_UNCHANGED + 1; i < VTL_STATUS_VERDICTS; i++)
		refused += vtl1->text_writes[i];
	fprintf(out, ROW "%llu done, %llu without effect, %llu denied\n", "text writes", done,
		(unsigned long long)vtl1->text_writes[VERDICT_UNCHANGED], refused);
}

static void print_below(FILE *out, const struct redoubt_status *status,
			const struct hypervisor *hypervisor)
{
	char version[16];

	fprintf(out, ROW, "hypervisor");
	text_print_plain(out, hypervisor->name, strlen(hypervisor->name));
	fprintf(out, " (interface version %s), platform %s\n", hypervisor->version,
		status_platform_word(hypervisor));
	status_format_version(version, sizeof(version), status->driver_version);
	fprintf(out, ROW "%s%s\n", "driver", version,
		status->driver_facts & REDOUBT_DRIVER_LATE ? " (late load)" : "");
}

void status_print_plain(FILE *out, const struct redoubt_status *status,
			const struct hypervisor *hypervisor, bool color)
{
	const struct vtl_status *vtl1 = &status->vtl1;

	print_vtl1(out, vtl1);
	if (vtl1->phase == VTL_PHASE_SEALED) {
		print_seal(out, vtl1);
		print_execution(out, vtl1);
	}
	if (vtl1->phase != VTL_PHASE_FAILED)
		print_frames(out, vtl1);
	print_claims(out, status, hypervisor);
	print_verdict(out, status, hypervisor, color);
	print_denials(out, vtl1);
	print_below(out, status, hypervisor);
}
