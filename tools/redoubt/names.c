// SPDX-License-Identifier: MIT

#include "tools/redoubt/names.h"

#include "hvcall/abi/manifest.h"
#include "hvcall/abi/witness.h"

#include <stddef.h>
#include <stdio.h>

#define COUNT_OF(list) (sizeof(list) / sizeof((list)[0]))
#define NAME_AT(list, number) ((number) < COUNT_OF(list) ? (list)[number] : NULL)

const char *names_policy(unsigned int policy)
{
	static const char *const names[MANIFEST_POLICY_COUNT] = {
		"text", "registers", "patching", "data", "modules",
	};

	return policy == WITNESS_POLICY_OWN_MEMORY ? "own_memory" : NAME_AT(names, policy);
}

const char *names_mode(unsigned int mode)
{
	static const char *const names[] = { "off", "audit", "enforce" };

	return NAME_AT(names, mode);
}

const char *names_frame_state(unsigned int state)
{
	static const char *const names[NAMES_FRAME_STATE_COUNT] = {
		"open",	       "foreign",     "vtl1",	"log_ring",    "ordinary",
		"frozen_text", "kernel_text", "frozen_data", "sealed", "sealed_user",
		"admitting",   "module_text", "unproved",
	};

	return NAME_AT(names, state);
}

const char *names_verdict(unsigned int verdict)
{
	static const char *const names[NAMES_VERDICT_COUNT] = {
		"written", "unchanged", "no_site",     "probe",	   "boot_only",
		"frozen",  "guarded",	"not_stopped", "bad_tail", "bad_value",
	};

	return NAME_AT(names, verdict);
}

const char *names_verdict_text(unsigned int verdict)
{
	static const char *const names[NAMES_VERDICT_COUNT] = {
		"written",
		"unchanged",
		"no patch site",
		"probe",
		"site does not change after boot",
		"frozen key",
		"guarded function",
		"no breakpoint before the change",
		"bytes of no legal instruction behind the breakpoint",
		"no legal instruction",
	};

	return NAME_AT(names, verdict);
}

const char *names_access(unsigned int type)
{
	static const char *const names[] = { "read", "write", "execute" };

	return NAME_AT(names, type);
}

const char *names_register(unsigned int pin)
{
	static const char *const names[] = {
		"CR0",	  "CR4",    "XCR0",	   "EFER",	   "STAR",	   "LSTAR", "CSTAR",
		"SFMASK", "SYSENTER_CS", "SYSENTER_EIP", "SYSENTER_ESP", "APIC_BASE", "GDTR",
		"IDTR",	  "TR",
	};

	return NAME_AT(names, pin);
}

const char *names_cause(unsigned int policy, unsigned int cause)
{
	switch (policy) {
	case MANIFEST_POLICY_TEXT:
	case WITNESS_POLICY_OWN_MEMORY:
		return names_access(cause);
	case MANIFEST_POLICY_REGISTERS:
		return names_register(cause);
	case MANIFEST_POLICY_PATCHING:
		return names_verdict_text(cause);
	default:
		return NULL;
	}
}

void names_format_cause(unsigned int policy, unsigned int cause, char out[NAMES_CAUSE_BYTES])
{
	const char *name = names_policy(policy), *cause_name = names_cause(policy, cause);

	if (name && cause_name)
		snprintf(out, NAMES_CAUSE_BYTES, "%s: %s", name, cause_name);
	else
		snprintf(out, NAMES_CAUSE_BYTES, "policy %u cause %u", policy, cause);
}
