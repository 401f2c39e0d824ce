// SPDX-License-Identifier: MIT

#include "tools/redoubt/status.h"

#include "tools/redoubt/text.h"

#include <string.h>

/* Before each value of the plain form */
#define ROW "  %-13s"

const char *status_phase_name(__u32 phase)
{
	switch (phase) {
	case VTL_PHASE_BOOT:
		return "boot";
	case VTL_PHASE_SEALED:
		return "sealed";
	case VTL_PHASE_FAILED:
		return "failed";
	default:
		return "unknown";
	}
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

static void format_version(char *out, size_t out_size, __u32 version)
{
	snprintf(out, out_size, "%u.%u.%u", version >> 24, (version >> 16) & 0xff,
		 version & 0xffff);
}

static void print_json_string(FILE *out, const char *text)
{
	text_print_json(out, text, strlen(text));
}

static const char *platform_word(const struct hypervisor *hypervisor)
{
	return hypervisor->is_platform_checked ? "checked" : "unchecked";
}

void status_print_json(FILE *out, const struct redoubt_status *status,
		       const struct hypervisor *hypervisor)
{
	const struct vtl_status *vtl1 = &status->vtl1;
	char version[16];

	format_version(version, sizeof(version), vtl1->vtl1_version);
	fprintf(out,
		"{\"vtl1\":{\"version\":\"%s\",\"phase\":\"%s\",\"cpus\":%u,\"memory_bytes\":%llu,"
		"\"calls\":%llu,\"denied\":{\"reads\":%llu,\"writes\":%llu,\"executes\":%llu},"
		"\"nmis\":%llu,\"registers\":{\"pinned_cpus\":%u,\"denied_writes\":%llu,"
		"\"allowed_writes\":%llu}},",
		version, status_phase_name(vtl1->phase), vtl1->vp_count,
		(unsigned long long)vtl1->memory_bytes, (unsigned long long)vtl1->calls,
		(unsigned long long)vtl1->denied_reads,
		(unsigned long long)vtl1->denied_writes,
		(unsigned long long)vtl1->denied_executes, (unsigned long long)vtl1->nmis,
		vtl1->pinned_vp_count, (unsigned long long)vtl1->denied_register_writes,
		(unsigned long long)vtl1->allowed_register_writes);

	fputs("\"hypervisor\":{\"name\":", out);
	print_json_string(out, hypervisor->name);
	fputs(",\"version\":", out);
	print_json_string(out, hypervisor->version);
	fprintf(out, ",\"platform\":\"%s\"", platform_word(hypervisor));

	format_version(version, sizeof(version), status->driver_version);
	fprintf(out, "},\"driver\":{\"version\":\"%s\"},\"policies\":[]}\n", version);
}

void status_print_plain(FILE *out, const struct redoubt_status *status,
			const struct hypervisor *hypervisor)
{
	const struct vtl_status *vtl1 = &status->vtl1;
	char version[16], memory[32];

	format_version(version, sizeof(version), vtl1->vtl1_version);
	text_format_mib(memory, sizeof(memory), vtl1->memory_bytes);
	fprintf(out, ROW "%s on %u CPU%s, %s\n", "VTL1", version, vtl1->vp_count,
		vtl1->vp_count == 1 ? "" : "s", memory);
	fprintf(out, ROW "%s (%s)\n", "phase", status_phase_name(vtl1->phase),
		phase_meaning(vtl1->phase));

	fprintf(out, ROW "VTL1's own memory is closed to VTL0\n", "enforced");
	if (vtl1->pinned_vp_count != 0)
		fprintf(out, ROW "the kernel's control registers are pinned on %u CPU%s\n", "",
			vtl1->pinned_vp_count, vtl1->pinned_vp_count == 1 ? "" : "s");
	fprintf(out, ROW "VTL0's code, data, %smodules: no policy is active\n", "not enforced",
		vtl1->pinned_vp_count == vtl1->vp_count ? "" : "registers, ");
	if (vtl1->phase == VTL_PHASE_FAILED)
		fprintf(out, ROW "unknown: VTL1 answers no more\n", "denied");
	else
		fprintf(out, ROW "%llu reads, %llu writes, %llu executes, %llu register writes\n",
			"denied",
			(unsigned long long)vtl1->denied_reads,
			(unsigned long long)vtl1->denied_writes,
			(unsigned long long)vtl1->denied_executes,
			(unsigned long long)vtl1->denied_register_writes);

	fprintf(out, ROW, "hypervisor");
	text_print_plain(out, hypervisor->name, strlen(hypervisor->name));
	fprintf(out, " (interface version %s)\n", hypervisor->version);
	fprintf(out, ROW "%s\n", "platform", platform_word(hypervisor));
	format_version(version, sizeof(version), status->driver_version);
	fprintf(out, ROW "%s\n", "driver", version);
}
