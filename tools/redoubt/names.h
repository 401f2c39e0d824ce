/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_NAMES_H
#define REDOUBT_CLI_NAMES_H

/*
 * Names of the numbers in status, statements and the witness log. They are VTL1's
 * (selftests/host/names_test.cpp compares them). NULL: this program does not know the number.
 */

/* enum FrameState of policies/frame_state.h */
enum {
	FRAME_OPEN = 0,
	FRAME_KERNEL_TEXT = 6,
	FRAME_MODULE_TEXT = 11,
	FRAME_UNPROVED = 12,
};
#define NAMES_FRAME_STATE_COUNT 13u

/* enum PokeVerdict of policies/text_poke.h */
enum {
	VERDICT_WRITE,
	VERDICT_UNCHANGED,
	VERDICT_NO_SITE,
	VERDICT_PROBE,
	VERDICT_BOOT_ONLY,
	VERDICT_FROZEN,
	VERDICT_GUARDED,
	VERDICT_NOT_STOPPED,
	VERDICT_BAD_TAIL,
	VERDICT_BAD_VALUE,
};
#define NAMES_VERDICT_COUNT 10u

/* These are words of scripts: never renamed. */
const char *names_policy(unsigned int policy);
const char *names_mode(unsigned int mode);
const char *names_frame_state(unsigned int state);
const char *names_verdict(unsigned int verdict);

/* These are for people. */
const char *names_access(unsigned int type);   /* TLFS_ACCESS_TYPE_* */
const char *names_register(unsigned int pin);  /* enum Pin of policies/pinned_registers.h */
const char *names_verdict_text(unsigned int verdict);

/* What a record's cause means under its policy */
const char *names_cause(unsigned int policy, unsigned int cause);

#define NAMES_CAUSE_BYTES 96

/* "policy: cause", or numbers where this program does not know them */
void names_format_cause(unsigned int policy, unsigned int cause, char out[NAMES_CAUSE_BYTES]);

#endif
