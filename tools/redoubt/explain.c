// SPDX-License-Identifier: MIT

#include "tools/redoubt/explain.h"

#include "hvcall/abi/manifest.h"
#include "hvcall/abi/tlfs_vsm.h"
#include "tools/redoubt/names.h"
#include "tools/redoubt/text.h"

#include <string.h>

#define SENTENCE_BYTES 768

/* 0x1234, with the symbol behind it if there is one */
static void format_place(char *out, size_t size, __u64 address, const char *symbol)
{
	snprintf(out, size, symbol ? "0x%llx (%s)" : "0x%llx", (unsigned long long)address, symbol);
}

static const char *what_memory(const struct witness_record *r)
{
	if (r->policy == WITNESS_POLICY_OWN_MEMORY)
		return "VTL1's own memory";

	return r->cause == TLFS_ACCESS_TYPE_EXECUTE ? "memory that was never admitted as kernel code" :
						      "memory that is sealed";
}

static void what_happened(const struct witness_record *r, const struct symbols *symbols, char *out)
{
	char rip_symbol[SYMBOLS_TEXT_BYTES], gpa_symbol[SYMBOLS_TEXT_BYTES];
	char rip[SYMBOLS_TEXT_BYTES + 32], gpa[SYMBOLS_TEXT_BYTES + 32];
	const char *cause = names_cause(r->policy, r->cause);

	format_place(rip, sizeof(rip), r->rip,
		     symbols_of_address(symbols, r->rip, rip_symbol) ? rip_symbol : NULL);
	format_place(gpa, sizeof(gpa), r->gpa,
		     symbols_of_gpa(symbols, r->gpa, gpa_symbol) ? gpa_symbol : NULL);
	if (!cause)
		snprintf(out, SENTENCE_BYTES,
			 "VTL1 denied something to code at %s that this program does not know.", rip);
	else if (r->policy == MANIFEST_POLICY_REGISTERS)
		snprintf(out, SENTENCE_BYTES,
			 "Code at %s tried to set %s to 0x%llx, and the register is pinned.", rip,
			 cause, (unsigned long long)r->value);
	else if (r->policy == MANIFEST_POLICY_PATCHING)
		snprintf(out, SENTENCE_BYTES,
			 "Code at %s tried to change the sealed kernel at %s, and the manifest does not allow it: %s.",
			 rip, gpa, cause);
	else
		snprintf(out, SENTENCE_BYTES, "Code at %s tried to %s %s at %s.", rip, cause,
			 what_memory(r), gpa);
}

static const char *after_access(unsigned int type)
{
	switch (type) {
	case TLFS_ACCESS_TYPE_READ:
		return "Tools that read all of memory do this; if none was running, find out what the code is and treat VTL0 as attacked.";
	case TLFS_ACCESS_TYPE_EXECUTE:
		return "Code that the kernel makes while it runs (BPF's compiler, probes) is not admitted: switch that off, net.core.bpf_jit_enable=0 for BPF; if it is none of these, treat VTL0 as attacked.";
	default:
		return "Nothing in a sound kernel does this: find out what the code is, and treat VTL0 as attacked until you know.";
	}
}

static const char *after_patch(unsigned int verdict)
{
	switch (verdict) {
	case VERDICT_PROBE:
		return "Kprobes are off under Redoubt: trace the function's entry instead, or use a machine that is not sealed.";
	case VERDICT_FROZEN:
		return "What this key switches is fixed when VTL0 is sealed: set it before, on the kernel's command line or in the initramfs.";
	case VERDICT_GUARDED:
		return "This function decides about rights or code, and is never traced: leave it out of the tracer's filter.";
	case VERDICT_BOOT_ONLY:
		return "The kernel patches this place while it boots, and never after: treat VTL0 as attacked, unless a tool of yours patches the kernel.";
	default:
		return "The kernel's own patching does not do this: treat VTL0 as attacked, unless a tool of yours patches the kernel.";
	}
}

static const char *what_to_do(const struct witness_record *r)
{
	switch (r->policy) {
	case MANIFEST_POLICY_TEXT:
	case WITNESS_POLICY_OWN_MEMORY:
		return after_access(r->cause);
	case MANIFEST_POLICY_REGISTERS:
		return "A driver that changes such registers cannot be used once VTL0 is sealed; if the code belongs to none, treat VTL0 as attacked.";
	case MANIFEST_POLICY_PATCHING:
		return after_patch(r->cause);
	default:
		return "Use the redoubt program that belongs to this VTL1.";
	}
}

void explain_print(FILE *out, const struct witness_record *record, const struct symbols *symbols,
		   bool json)
{
	char happened[SENTENCE_BYTES], cause[NAMES_CAUSE_BYTES];
	const char *to_do = what_to_do(record);

	what_happened(record, symbols, happened);
	names_format_cause(record->policy, record->cause, cause);
	if (json) {
		fprintf(out, "{\"sequence\":%llu,\"count\":%llu,\"what_happened\":",
			(unsigned long long)record->sequence, (unsigned long long)record->count);
		text_print_json(out, happened, strlen(happened));
		fputs(",\"what_to_do\":", out);
		text_print_json(out, to_do, strlen(to_do));
		fputs("}\n", out);
		return;
	}
	fprintf(out, "%llu  %s  CPU %u  %llu time%s\n%s\n%s\n",
		(unsigned long long)record->sequence, cause, record->vp,
		(unsigned long long)record->count, record->count == 1 ? "" : "s", happened, to_do);
}
