// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"
#include "hypervisor/svm/vp.h"

/// The privileged half of a CPU. On this machine a privileged instruction raises a signal; its
/// handler does what the CPU of the hypervisor would do, so that the shipped code runs as it is.
/// What cannot be meant (an unknown MSR, an INIT to a CPU that runs) ends the fuzzer with a
/// finding.
namespace fake_cpu {

using base::u32;
using base::u64;

/// State of every CPU as after boot: x2APIC mode, nothing else set. Takes the signals.
void reset();

/// Privileged registers are those of the CPU with this VP index from here on.
void select(base::usize cpu);

/// Called for each NMI that is sent.
void set_nmi_handler(void (*handler)(hypervisor::Vp& target));

/// Prints why, with the stack, and aborts: libFuzzer keeps the input.
[[noreturn]] void finding(const char* why, u64 value = 0);

}  // namespace fake_cpu
