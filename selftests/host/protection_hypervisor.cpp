// SPDX-License-Identifier: MIT
#include "selftests/host/protection_hypervisor.h"

#include <algorithm>
#include <array>

#include "vtl1/arch/port.h"

namespace fake {

ProtectionHypervisor hypervisor;

void reset_hypervisor() {
    hypervisor = ProtectionHypervisor{};
    hypervisor.port = {.input = &hypervisor.input,
                       .input_gpa = base::Gpa{0x1000},
                       .output = &hypervisor.output,
                       .output_gpa = base::Gpa{0x2000}};
}

void ProtectionHypervisor::add_ram(u64 first, u64 count) {
    for (u64 page = first; page < first + count; ++page) {
        access[page] = 0xf;
    }
}

namespace {

u64 answer(u64 status, u64 done) {
    return status | done << 32;
}

bool is_legal(u32 rights) {
    constexpr std::array legal{0U, 1U, 3U, 9U, 0xbU, 0xdU, 0xfU};
    return std::ranges::contains(legal, rights);
}

/// GetVpRegisters of one register on this VP.
u64 read_register() {
    constexpr u64 vtl0 = u64{0x10} << 32 | 0xffff'fffe;
    constexpr u64 vtl1 = u64{0x11} << 32 | 0xffff'fffe;
    const auto vp = base::load_wire<u64>(hypervisor.input, 8);
    const auto& registers = vp == vtl0 ? hypervisor.registers : hypervisor.vtl1_registers;
    const auto found = registers.find(base::load_wire<u32>(hypervisor.input, 16));
    if (base::load_wire<u64>(hypervisor.input, 0) != ~u64{0} || (vp != vtl0 && vp != vtl1) ||
        found == registers.end()) {
        return answer(5, 0);
    }
    base::store_wire(hypervisor.output, 0, found->second);
    base::store_wire(hypervisor.output, 8, u64{0});
    return answer(0, 1);
}

}  // namespace

}  // namespace fake

namespace vtl1 {

const hv::HypercallPort& hypercall_port() {
    return fake::hypervisor.port;
}

}  // namespace vtl1

namespace hv {

u64 call_hypervisor(u64 control, base::Gpa input, base::Gpa /*output*/) {
    using namespace fake;
    ProtectionHypervisor& self = hypervisor;
    ++self.calls;
    if (control == (0x50 | u64{1} << 32)) {
        return read_register();
    }
    const u64 count = control >> 32 & 0xfff;
    const u64 start = control >> 48 & 0xfff;
    const auto rights = base::load_wire<u32>(self.input, 8);
    if ((control & 0xffff) != 0xc || input != base::Gpa{0x1000} || count > 510 || start >= count ||
        base::load_wire<u64>(self.input, 0) != ~u64{0} ||
        base::load_wire<u32>(self.input, 12) != 0x11 || !is_legal(rights)) {
        self.is_odd = true;
        return answer(5, start);
    }
    const bool fails = self.calls_until_failure == 1;
    if (fails && self.failures_in_a_row > 1) {
        --self.failures_in_a_row;
    } else if (self.calls_until_failure > 0) {
        --self.calls_until_failure;
    }
    const u64 most = fails ? self.pages_before_failure : self.pages_per_call;
    for (u64 done = start; done < count; ++done) {
        const auto page = base::load_wire<u64>(self.input, 16 + 8 * done);
        if (done - start >= most && !fails) {
            return answer(0, done);
        }
        if (done - start >= most) {
            self.refused.insert(page);
            self.after_failure();
            return answer(11, done);
        }
        const auto found = self.access.find(page);
        if (found == self.access.end() || self.overlaid.contains(page)) {
            self.refused.insert(page);
            return answer(found == self.access.end() ? 5 : 8, done);
        }
        self.changes.push_back({page, found->second, rights});
        found->second = rights;
    }
    return answer(0, count);
}

}  // namespace hv
