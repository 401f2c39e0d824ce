// SPDX-License-Identifier: MIT
#include "selftests/vtl1/interrupts.h"

#include <array>
#include <atomic>

#include "hvcall/abi/tlfs_msr.h"
#include "selftests/vtl1/test_msr.h"
#include "vtl1/arch/cpu.h"

namespace selftest {

namespace {

using base::u32;
using base::u64;

// Vectors, and where IRR has them. @source Intel SDM vol. 3A, table 11-6
constexpr u64 timer_vector = 0x50;
constexpr u64 ipi_vector = 0x41;
using RequestMsr = Msr<0x822>;  // vectors 0x40 to 0x5f
using EoiMsr = Msr<0x80b>;
using CommandMsr = Msr<0x830>;
using SelfIpiMsr = Msr<0x83f>;
constexpr u64 requests_first = 0x40;
constexpr unsigned destination_shift = 32;
constexpr u64 hours = u64{1} << 40;

constinit std::array<std::atomic<u32>, 64> timer_interrupts{};
constinit std::array<std::atomic<u32>, 64> ipi_interrupts{};

std::atomic<u32>& of_this_vp(std::array<std::atomic<u32>, 64>& counts) {
    return counts[vtl1::this_cpu().vp_index % counts.size()];
}

struct Delay {
    u64 units;  // of 100 ns
};

struct ApicId {
    u64 number;
};

vtl1::Result<Delay> parse_delay(u64 delay) {
    if (delay == 0 || delay > hours) {
        return vtl1::fail(vtl1::Error::BadArgument);
    }
    return Delay{delay};
}

vtl1::Result<ApicId> parse_apic_id(u64 apic_id) {
    if (apic_id >> 32 != 0) {
        return vtl1::fail(vtl1::Error::BadArgument);
    }
    return ApicId{apic_id};
}

void set_timer(u64 delay) {
    const u64 now = vtl1::read_msr<Msr<TLFS_MSR_TIME_REF_COUNT>>().raw();
    vtl1::write_msr(Msr<TLFS_MSR_STIMER0_COUNT>::from_raw(now + delay));
    vtl1::write_msr(Msr<TLFS_MSR_STIMER0_CONFIG>::from_raw(
        TLFS_STIMER_ENABLE | TLFS_STIMER_DIRECT | timer_vector << TLFS_STIMER_VECTOR_SHIFT));
}

}  // namespace

vtl1::CallResult start_timer(base::Untrusted<u64> delay) {
    set_timer(TRY(delay.parse(parse_delay)).units);
    return 0;
}

vtl1::CallResult interrupt_twice() {
    set_timer(0);
    vtl1::write_msr(SelfIpiMsr::from_raw(ipi_vector));
    return 0;
}

vtl1::CallResult send_ipi(base::Untrusted<u64> untrusted) {
    const ApicId apic_id = TRY(untrusted.parse(parse_apic_id));
    vtl1::write_msr(CommandMsr::from_raw(apic_id.number << destination_shift | ipi_vector));
    return 0;
}

vtl1::CallResult take_interrupts() {
    const u64 timers = of_this_vp(timer_interrupts).exchange(0, std::memory_order_relaxed);
    const u64 ipis = of_this_vp(ipi_interrupts).exchange(0, std::memory_order_relaxed);
    vtl1::write_msr(EoiMsr{});
    return (timers & SELFTEST_TIMER_INTERRUPTS) | ipis << SELFTEST_IPI_INTERRUPTS_SHIFT;
}

void count_interrupts() {
    const u64 requests = vtl1::read_msr<RequestMsr>().raw();
    of_this_vp(timer_interrupts)
        .fetch_add(requests >> (timer_vector - requests_first) & 1, std::memory_order_relaxed);
    of_this_vp(ipi_interrupts)
        .fetch_add(requests >> (ipi_vector - requests_first) & 1, std::memory_order_relaxed);
}

}  // namespace selftest
