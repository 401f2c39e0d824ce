// SPDX-License-Identifier: MIT
// What stands in for files of hypervisor/platform/ and boot/ that are about the real machine.
#include "base/lock.h"
#include "base/panic.h"
#include "hypervisor/boot/ap.h"
#include "hypervisor/platform/clock.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/platform/device_window.h"
#include "hypervisor/platform/hpet.h"
#include "hypervisor/platform/reset.h"
#include "selftests/fuzz/fake_cpu.h"
#include "selftests/fuzz/fake_pci.h"
#include "selftests/fuzz/world.h"

namespace hypervisor {

namespace console {

void write_line(std::string_view /*text*/) {}

bool Budget::take() {
    return true;  // lines are dropped here, and each input starts with the same budget
}

}  // namespace console

namespace clock {

u64 tsc_frequency() {
    return 2'000'000'000;
}

u64 reference_time() {
    return fuzz::next_time();
}

ReferenceTsc reference_tsc() {
    return {u64{1} << 62, 2};
}

}  // namespace clock

namespace hpet {

bool is_usable() {
    return true;
}

void arm(usize comparator, u32 apic_id, u64 /*delay*/) {
    const Vp* const vp = find_vp_by_apic_id(apic_id);
    if (vp == nullptr || vp->index != comparator) {
        fake_cpu::finding("a comparator of another VP", comparator);
    }
}

void disarm(usize /*comparator*/) {}

}  // namespace hpet

base::Result<void> device_window::reserve(FramePool& /*pool*/, PageTable& /*host*/) {
    return {};
}

void device_window::store(LockedPartition::Guard& /*locked*/, u64 gpa, unsigned width, u64 value) {
    fake_pci::store(gpa, width, value);
}

void reset_machine(std::string_view why) {
    throw fuzz::MachineReset{why};
}

void power_off_machine() {
    throw fuzz::MachineReset{"power off"};
}

bool is_machine_ending() {
    return false;  // whoever begins ends the input
}

void park_cpu() {
    fake_cpu::finding("a CPU that stops");
}

bool start_physical_cpu(u32 /*apic_id*/) {
    return false;
}

}  // namespace hypervisor

namespace base {

namespace {

u8 held_ranks = 0;

}  // namespace

void panic(const char* why) {
    fake_cpu::finding(why);
}

void enter_rank(u8 rank) {
    if (rank >= 8 || held_ranks >= (1U << rank)) {
        fake_cpu::finding("lock order", rank);
    }
    held_ranks = static_cast<u8>(held_ranks | (1U << rank));
}

void leave_rank(u8 rank) {
    held_ranks = static_cast<u8>(held_ranks & ~(1U << rank));
}

}  // namespace base
