/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_KPROBES_H
#define REDOUBT_CLI_KPROBES_H

/*
 * Kernel probes can still be made, and are not armed. VTL1 denies a probe's breakpoint, and the kernel dies
 * of a denial with its lock on patching held, so this comes first. Whoever arms them again is denied. Prints
 * why to stderr if it fails.
 */
void kprobes_disarm(void);

#endif
