// SPDX-License-Identifier: MIT
#include "selftests/host/hypervisor_world.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "hypervisor/apic/interprocessor.h"
#include "hypervisor/apic/kick.h"
#include "hypervisor/apic/local_apic.h"
#include "hypervisor/apic/remote_call.h"
#include "hypervisor/iommu/iommu.h"
#include "hypervisor/platform/clock.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/platform/hpet.h"
#include "hypervisor/platform/pci_config.h"
#include "hypervisor/platform/reset.h"
#include "hypervisor/tlfs/guest_memory.h"
#include "hypervisor/tlfs/hypercall.h"
#include "hypervisor/tlfs/vtl_switch.h"

namespace fake {

namespace {

constexpr usize pool_frames = 256;

std::vector<u8> guest_memory;
std::vector<u32> kicked;
u64 time_now = 0;
u64 delay_of_vp0 = 0;
std::vector<u32> called;
usize flushes = 0;
u64 last_flush = 0;
XmmRegisters xmm{};
void (*after_read)() = nullptr;

Vp& new_vp(u32 apic_id) {
    Vp* const vp = find_vp_by_apic_id(apic_id);
    if (vp != nullptr) {
        return *vp;
    }
    Vp* const fresh = next_vp();
    publish_vp(*fresh, apic_id);
    return *fresh;
}

void reset_vp(Vp& vp) {
    const u32 index = vp.index;
    const u32 apic_id = vp.apic_id;
    vp.~Vp();
    Vp& fresh = *new (&vp) Vp{};
    fresh.index = index;
    fresh.apic_id = apic_id;
    Vmcb& vmcb = fresh.of(Vtl::Vtl0).vmcb;
    vmcb.cr0 = cr0_pe | cr0_pg;
    vmcb.efer = efer_lme | efer_lma | efer_svme;
    vmcb.cs.attributes = 0xa9b;
    fresh.of(Vtl::Vtl1).vmcb = vmcb;
}

}  // namespace

void reset_world() {
    static void* const frames = std::aligned_alloc(base::page_size, pool_frames * base::page_size);
    guest_memory.assign(ram_bytes, 0);
    kicked.clear();
    time_now = 42;
    delay_of_vp0 = 0;
    called.clear();
    flushes = 0;
    last_flush = 0;
    after_read = nullptr;
    reset_vp(new_vp(0));
    reset_vp(new_vp(5));
    auto locked = partition.lock();
    *locked = Partition{};
    locked->pool = FramePool{reinterpret_cast<u64>(frames), pool_frames * base::page_size};
    base::must(locked->memory.add(0, ram_bytes, 1));
    locked->user_view = base::must(PageTable::create(locked->pool));
    for (u64 gpa = 0; gpa < ram_bytes; gpa += large_page_size) {
        base::must(locked->user_view.map_large(locked->pool, gpa,
                                               {.writable = true, .executable = false}));
    }
    for (const Vtl which : {Vtl::Vtl0, Vtl::Vtl1}) {
        locked->of(which).nested = base::must(PageTable::create(locked->pool));
        locked->of(which).guest_os_id = 1;
        for (u64 gpa = 0; gpa < ram_bytes; gpa += large_page_size) {
            base::must(locked->of(which).nested.map_large(locked->pool, gpa,
                                                          {.writable = true, .executable = true}));
        }
    }
}

Vp& vp(usize index) {
    return vps()[index];
}

std::vector<u8>& memory() {
    return guest_memory;
}

usize flush_count() {
    return flushes;
}

XmmRegisters& xmm_registers() {
    return xmm;
}

u64 last_flushed_vps() {
    return last_flush;
}

std::vector<u32>& called_vps() {
    return called;
}

std::vector<u32>& kicked_vps() {
    return kicked;
}

void set_time(u64 now) {
    time_now = now;
}

u64 wake_up_delay() {
    return delay_of_vp0;
}

void set_after_read(void (*function)()) {
    after_read = function;
}

u64 hypercall(Vp& caller, u64 control, const std::vector<u8>& input) {
    std::ranges::copy(input, &guest_memory[input_gpa]);
    caller.registers.rcx = control;
    caller.registers.rdx = input_gpa;
    caller.registers.r8 = output_gpa;
    handle_vmmcall(caller);
    return caller.vmcb().rax;
}

}  // namespace fake

// The seams, by link.
namespace hypervisor {

bool iommu::is_active() {
    return true;
}

extern "C" void hypervisor_read_xmm(fake::XmmRegisters* registers);

void hypervisor_read_xmm(fake::XmmRegisters* registers) {
    *registers = fake::xmm_registers();
}

base::Result<void> read_guest(LockedPartition::Guard& locked, Vtl vtl, u64 gpa, std::span<u8> out) {
    const std::optional<Leaf> leaf = locked->of(vtl).nested.find(gpa);
    if (!leaf || leaf->target != (gpa & ~(base::page_size - 1)) ||
        gpa + out.size() > fake::memory().size()) {
        return base::fail(base::Error::BadAddress);
    }
    std::memcpy(out.data(), &fake::memory()[gpa], out.size());
    if (fake::after_read != nullptr) {
        fake::after_read();
    }
    return {};
}

base::Result<void> write_guest(LockedPartition::Guard& locked,
                               Vtl vtl,
                               u64 gpa,
                               std::span<const u8> bytes) {
    const std::optional<Leaf> leaf = locked->of(vtl).nested.find(gpa);
    if (!leaf || !leaf->rights.writable || gpa + bytes.size() > fake::memory().size()) {
        return base::fail(base::Error::BadAddress);
    }
    std::memcpy(&fake::memory()[gpa], bytes.data(), bytes.size());
    return {};
}

void flush_tlbs(const Vp& /*self*/, Vtl /*vtl*/, u64 which) {
    ++fake::flushes;
    fake::last_flush = which;
}

usize read_linear(LockedPartition::Guard& locked,
                  const Vmcb& /*vmcb*/,
                  u64 address,
                  std::span<u8> out) {
    return read_guest(locked, Vtl::Vtl0, address, out) ? out.size() : 0;
}

usize fetch_instruction(LockedPartition::Guard& locked, const Vmcb& vmcb, std::span<u8> out) {
    return read_linear(locked, vmcb, vmcb.rip, out);
}

extern "C" {
extern const u8 xcr0_probe[1];
const u8 xcr0_probe[1] = {};

void hypervisor_vmrun(u64 /*vmcb_pa*/, GuestRegisters* /*registers*/) {
    std::abort();
}
}

void flush_nested_everywhere(LockedPartition::Guard& /*locked*/, const Vp& /*self*/, Vtl /*vtl*/) {
    ++fake::flushes;
}

void call_on(Vp& /*caller*/, Vp& target, RemoteCall& call) {
    fake::called.push_back(target.index);
    call.run(call, target);
}

void reset_machine(std::string_view /*why*/) {
    std::abort();
}

void send_guest_ipi(Vp& /*sender*/, u32 /*destination*/, u32 /*icr_low*/) {}

namespace local_apic {

u32 read(u32 /*offset*/) {
    return 0x20;
}

void write(u32 /*offset*/, u32 /*value*/) {}

bool accepts_base(u64 value) {
    return value == (page | base_enabled);
}

bool write_base_for_guest(u64 value) {
    return accepts_base(value);
}

}  // namespace local_apic

void kick(Vp& vp) {
    fake::kicked.push_back(vp.index);
}

namespace hpet {

bool is_usable() {
    return true;
}

void arm(usize comparator, u32 /*apic_id*/, u64 delay) {
    fake::delay_of_vp0 = comparator == 0 ? delay : fake::delay_of_vp0;
}

void disarm(usize comparator) {
    fake::delay_of_vp0 = comparator == 0 ? 0 : fake::delay_of_vp0;
}

}  // namespace hpet

namespace console {

void write_line(std::string_view /*text*/) {}

}  // namespace console

namespace clock {

u64 tsc_frequency() {
    return 2'000'000'000;
}

u64 reference_time() {
    return fake::time_now;
}

ReferenceTsc reference_tsc() {
    return {1, 2};
}

}  // namespace clock

/// Register state of the CPU does not exist here; a switch only changes who is active.
void vtl_call(Vp& vp) {
    vp.active = Vtl::Vtl1;
}

void vtl_return(Vp& vp) {
    vp.active = Vtl::Vtl0;
}

void enter_vtl1_by_interrupt(Vp& vp) {
    vp.active = Vtl::Vtl1;
}

void load_live_state(const VtlContext& /*context*/) {}

bool pci::is_checked_platform() {
    return true;
}

}  // namespace hypervisor
