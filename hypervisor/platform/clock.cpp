// SPDX-License-Identifier: MIT
#include "hypervisor/platform/clock.h"

#include "base/lock.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor::clock {

namespace {

// i8254 channel 2, whose output can be read at port 0x61. @source Intel 8254 data sheet
constexpr u16 pit_command_port = 0x43;
constexpr u16 pit_channel2_port = 0x42;
constexpr u16 pit_gate_port = 0x61;
constexpr u64 pit_hz = 1'193'182;
constexpr u64 pit_ticks = 11'932;         // 10 ms
constexpr u64 reference_hz = 10'000'000;  // 100 ns

constinit u64 tsc_hz = 0;
constinit u64 tsc_at_start = 0;
constinit u64 scale = 0;

struct Sample {
    u64 tsc_ticks;
    u64 uncertainty;  // TSC ticks that the two port accesses around the window took
};

Sample measure_once() {
    out8(pit_gate_port, static_cast<u8>((in8(pit_gate_port) & 0xfc) | 1));  // gate on, speaker off
    out8(pit_command_port, 0xb0);  // channel 2, low then high byte, mode 0
    out8(pit_channel2_port, static_cast<u8>(pit_ticks & 0xff));
    const u64 before = read_tsc();
    out8(pit_channel2_port, static_cast<u8>(pit_ticks >> 8));
    const u64 started = read_tsc();
    u64 last = started;
    u64 now = started;
    while ((in8(pit_gate_port) & 0x20) == 0) {
        last = now;
        now = read_tsc();
        base::cpu_relax();
    }
    const u64 ended = read_tsc();
    return {ended - started, (started - before) + (ended - last)};
}

}  // namespace

void initialise() {
    // Another virtual machine may run between two of our instructions: the sample with the least
    // uncertainty is the honest one.
    Sample best = measure_once();
    for (int i = 0; i < 4; ++i) {
        const Sample sample = measure_once();
        if (sample.uncertainty < best.uncertainty) {
            best = sample;
        }
    }
    tsc_hz = best.tsc_ticks * pit_hz / pit_ticks;
    if (tsc_hz <= reference_hz) {
        tsc_hz = reference_hz + 1;  // keeps `scale` within 64 bits, whatever the PIT said
    }
    scale = divide_shifted(reference_hz, tsc_hz);
    tsc_at_start = read_tsc();
}

u64 tsc_frequency() {
    return tsc_hz;
}

u64 reference_time() {
    return static_cast<u64>((static_cast<unsigned __int128>(read_tsc() - tsc_at_start) * scale) >>
                            64);
}

ReferenceTsc reference_tsc() {
    const u64 started =
        static_cast<u64>((static_cast<unsigned __int128>(tsc_at_start) * scale) >> 64);
    return {scale, -static_cast<base::i64>(started)};
}

}  // namespace hypervisor::clock
