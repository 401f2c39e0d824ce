// SPDX-License-Identifier: MIT

#include "tools/redoubt/status.h"

#include "tools/redoubt/claims.h"
#include "tools/redoubt/names.h"
#include "tools/redoubt/text.h"

#include <string.h>

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

void status_format_version(char *out, size_t out_size, __u32 version)
{
	snprintf(out, out_size, "%u.%u.%u", version >> 24, (version >> 16) & 0xff,
		 version & 0xffff);
}

const char *status_platform_word(const struct hypervisor *hypervisor)
{
	return hypervisor->is_platform_checked ? "checked" : "unchecked";
}

const char *status_key_kind(const struct vtl_status *vtl1)
{
	return vtl1->facts & VTL_STATUS_OPERATOR_KEY_OWN ? "own" : "development";
}

static void json_string(FILE *out, const char *text)
{
	text_print_json(out, text, strlen(text));
}

static void json_vtl1(FILE *out, const struct vtl_status *vtl1)
{
	char version[16];

	status_format_version(version, sizeof(version), vtl1->vtl1_version);
	fprintf(out,
		"\"vtl1\":{\"version\":\"%s\",\"phase\":\"%s\",\"cpus\":%u,\"memory_bytes\":%llu,"
		"\"calls\":%llu,\"denied\":{\"reads\":%llu,\"writes\":%llu,\"executes\":%llu},"
		"\"nmis\":%llu,\"registers\":{\"pinned_cpus\":%u,\"denied_writes\":%llu,"
		"\"allowed_writes\":%llu}}",
		version, status_phase_name(vtl1->phase), vtl1->vp_count,
		(unsigned long long)vtl1->memory_bytes, (unsigned long long)vtl1->calls,
		(unsigned long long)vtl1->denied_reads, (unsigned long long)vtl1->denied_writes,
		(unsigned long long)vtl1->denied_executes, (unsigned long long)vtl1->nmis,
		vtl1->pinned_vp_count, (unsigned long long)vtl1->denied_register_writes,
		(unsigned long long)vtl1->allowed_register_writes);
}

static void json_below(FILE *out, const struct redoubt_status *status,
			const struct hypervisor *hypervisor)
{
	char version[16];

	fputs(",\"hypervisor\":{\"name\":", out);
	json_string(out, hypervisor->name);
	fputs(",\"version\":", out);
	json_string(out, hypervisor->version);
	fprintf(out, ",\"platform\":\"%s\"}", status_platform_word(hypervisor));

	status_format_version(version, sizeof(version), status->driver_version);
	fprintf(out, ",\"driver\":{\"version\":\"%s\",\"late\":%s}", version,
		status->driver_facts & REDOUBT_DRIVER_LATE ? "true" : "false");
}

static void json_counts(FILE *out, const char *name, const __u64 *counts, unsigned int count,
			 const char *(*name_of)(unsigned int))
{
	unsigned int i;

	fprintf(out, ",\"%s\":{", name);
	for (i = 0; i < count; i++)
		fprintf(out, "%s\"%s\":%llu", i ? "," : "", name_of(i),
			(unsigned long long)counts[i]);
	fputc('}', out);
}

/* Numbers that nobody knows after a failure */
static void json_numbers(FILE *out, const struct vtl_status *vtl1)
{
	struct claims_execution bytes = claims_execution(vtl1);

	fprintf(out,
		",\"kernel_exec\":{\"explained_bytes\":%llu,\"unproved\":{\"modules\":%llu,"
		"\"start_code\":%llu},\"open_bytes\":%llu}",
		bytes.explained, bytes.unproved_modules, bytes.unproved_start_code, bytes.open);
	json_counts(out, "frames", vtl1->frames, NAMES_FRAME_STATE_COUNT, names_frame_state);
	json_counts(out, "text_writes", vtl1->text_writes, NAMES_VERDICT_COUNT, names_verdict);
	fprintf(out, ",\"operator_key\":\"%s\"", status_key_kind(vtl1));
}

static void json_seal(FILE *out, const struct vtl_status *vtl1)
{
	const char *release = (const char *)vtl1->manifest_release;

	fprintf(out,
		",\"verified\":{\"pages\":%llu,\"sites\":%llu,\"masked_bytes\":%llu},"
		"\"manifest\":{\"version\":%u,\"release\":",
		(unsigned long long)vtl1->verified_pages, (unsigned long long)vtl1->verified_sites,
		(unsigned long long)vtl1->masked_bytes, vtl1->manifest_version);
	text_print_json(out, release, strnlen(release, sizeof(vtl1->manifest_release)));
	fputc('}', out);
}

static void json_policies(FILE *out, const struct vtl_status *vtl1)
{
	size_t i;

	fputs(",\"policies\":[", out);
	for (i = 0; i < CLAIMS_POLICY_COUNT; i++) {
		const struct claims_policy *policy = &claims_policies[i];

		fprintf(out, "%s{\"name\":\"%s\",\"mode\":\"%s\",\"promise\":", i ? "," : "",
			names_policy(policy->number), claims_mode(vtl1, policy->number));
		json_string(out, policy->promise);
		fputc('}', out);
	}
	fputc(']', out);
}

static void json_gaps(FILE *out, const struct redoubt_status *status,
		       const struct hypervisor *hypervisor)
{
	const char *problem = claims_integrity_problem(status, hypervisor);
	struct claims_gap gaps[CLAIMS_GAPS_MAX];
	size_t count = claims_gaps(status, hypervisor, gaps), i;

	fputs(",\"not_enforced\":[", out);
	for (i = 0; i < count; i++) {
		fprintf(out, "%s{\"what\":", i ? "," : "");
		json_string(out, gaps[i].what);
		fputs(",\"why\":", out);
		json_string(out, gaps[i].why);
		fputc('}', out);
	}
	fprintf(out, "],\"code_integrity\":{\"enforced\":%s,\"why_not\":", problem ? "false" : "true");
	if (problem)
		json_string(out, problem);
	else
		fputs("null", out);
	fputc('}', out);
}

void status_print_json(FILE *out, const struct redoubt_status *status,
		       const struct hypervisor *hypervisor)
{
	const struct vtl_status *vtl1 = &status->vtl1;

	fputc('{', out);
	json_vtl1(out, vtl1);
	json_below(out, status, hypervisor);
	if (vtl1->phase != VTL_PHASE_FAILED)
		json_numbers(out, vtl1);
	if (vtl1->phase == VTL_PHASE_SEALED)
		json_seal(out, vtl1);
	json_policies(out, vtl1);
	json_gaps(out, status, hypervisor);
	fputs("}\n", out);
}
