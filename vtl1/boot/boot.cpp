// SPDX-License-Identifier: MIT
#include "hvcall/synthetic_msrs.h"
#include "hvcall/vp_registers.h"
#include "hvcall/vsm_registers.h"
#include "vtl1/arch/cpu_list.h"
#include "vtl1/arch/cpuid.h"
#include "vtl1/arch/instructions.h"
#include "vtl1/arch/stack_protector.h"
#include "vtl1/boot/address_space.h"
#include "vtl1/boot/boot_cpu.h"
#include "vtl1/boot/boot_info.h"
#include "vtl1/boot/close_memory.h"
#include "vtl1/boot/cpu_area.h"
#include "vtl1/boot/initial_tables.h"
#include "vtl1/boot/start_vps.h"
#include "vtl1/boot/vp_setup.h"
#include "vtl1/crypto/random.h"
#include "vtl1/crypto/start.h"
#include "vtl1/failure/failure.h"
#include "vtl1/failure/report.h"
#include "vtl1/failure/service.h"
#include "vtl1/intercept/cpu_start.h"
#include "vtl1/log/log.h"
#include "vtl1/log/witness.h"
#include "vtl1/mm/address_map.h"
#include "vtl1/mm/memory.h"
#include "vtl1/mm/pointer.h"
#include "vtl1/sections.h"
#include "vtl1/version.h"
#include "vtl1/vtl/status.h"
#include "vtl1/vtl/test_seam.h"

// From entry.S: the boot VP's first entry. Returns the frame to be answered, on the CPU's own
// stack.
extern "C" vtl1::EntryFrame* vtl1_boot(vtl1::EntryFrame* frame);

// Read by entry.S: MITIGATE_*.
extern "C" base::u8 vtl1_mitigations;
RO_AFTER_BOOT_ZEROED constinit base::u8 vtl1_mitigations = 0;

namespace vtl1 {

namespace {

// Too large for the stack; used during boot only.
constinit ImageFrames image_frames{};
constinit VpList vp_list;
constinit u32 offline_vp_count = 0;
constinit std::array<Cpu*, cpu_count_max> cpus{};

std::span<const std::byte> boot_info_bytes() {
    using Bytes = std::array<std::byte, VTL1_BOOT_INFO_PAGES_MAX * page_size>;
    return *pointer_to<const Bytes>(Hva{VTL1_BOOT_INFO_VA});
}

std::span<PageBytes> pool_pages(u64 count) {
    using Pages = std::array<PageBytes, pool_frames_max>;
    return std::span{*pointer_to<Pages>(pool_start)}.first(count);
}

// Reads the list of VTL1's own frames; called again when VTL0 cannot change it any more.
Result<void> read_own_frames(const BootInfo& info) {
    TRY(own_frames.fill(info.own_frames()));
    frame_pool.open(pool_pages(own_frames.frame_count()));
    return {};
}

// Where pages of the boot VP lie. Nothing is closed yet, so what the tables say is only believed
// for the time being.
Result<void> locate_pages(Cpu& cpu) {
    const Gpa root = read_cr3();
    cpu.port.input_gpa = TRY(translate(frame_pool, root, address_of(cpu.port.input)));
    cpu.port.output_gpa = TRY(translate(frame_pool, root, address_of(cpu.port.output)));
    cpu.failure_port = cpu.port;
    cpu.crash_text_gpa = TRY(translate(frame_pool, root, address_of(cpu.crash_text)));
    return {};
}

// The road to the hypervisor, and back to VTL0.
Result<void> open_hypervisor(const Cpu& cpu) {
    const Gpa page = TRY(translate(frame_pool, read_cr3(), hypercall_page()));
    TRY(enable_hypercall_page(page));
    remember_hypercall_page(page);
    const auto offsets = TRY(hv::get_register<hv::VsmCodePageOffsets>(cpu.port, hv::Vtl::Vtl1));
    set_return_address(
        Hva{hypercall_page().raw() + offsets.get(hv::VsmCodePageOffsets::vtl_return)});
    return {};
}

// VTL0 can write the list until it is closed. What the second pass reads lies in frames that the
// first has closed, or the check below refuses it.
Result<void> close_memory(const Cpu& cpu) {
    TRY(enable_protection(cpu.port));
    TRY(close_frames(cpu.port, own_frames));
    const BootInfo info = TRY(BootInfo::parse(boot_info_bytes()));
    TRY(read_own_frames(info));
    return close_frames(cpu.port, own_frames);
}

Result<void> check_all(const BootInfo& info, const Cpu& cpu) {
    TRY(ram_map.fill(info.ram()));
    for (const FrameList::Run& run : own_frames.runs()) {
        if (!ram_map.contains(run.first_frame, run.frame_count)) {
            return fail(Error::BadAddress);
        }
    }
    TRY(check_initial_tables(frame_pool, read_cr3(), image_segments(), info.page_count(),
                             image_frames));
    TRY(vp_list.fill(info.vp_indices(), cpu.vp_index));
    offline_vp_count = info.header().offline_vp_count;
    return check_vtl0_overlays(cpu.port);
}

// Memory of VTL1's own that it keeps: at least `count` objects that are right when all zero.
template <class T>
Result<std::span<T>> take_array(u64 count) {
    const u64 page_count = (count * sizeof(T) + page_size - 1) / page_size;
    const FrameIndex first = TRY(frame_pool.take(page_count, FrameUse::Data));
    const Hva start = address_of(frame_pool.page(first).data());
    // SAFETY: frames taken together are neighbours in the pool, zero, and used for nothing else.
#pragma clang unsafe_buffer_usage begin
    return std::span{pointer_to<T>(start), page_count * page_size / sizeof(T)};
#pragma clang unsafe_buffer_usage end
}

// For each frame of RAM one bit, whether it is confirmed, and one byte, its state.
Result<void> open_frame_ledger() {
    ram_map.use_confirmations(TRY(take_array<std::atomic<u64>>(ram_map.word_count())));
    frame_states.open(ram_map, TRY(take_array<std::atomic<u8>>(ram_map.frame_count())));
    frame_ledger.lock()->open();
    return {};
}

Cr4 cr4_for(const CpuFeatures& features) {
    return read_cr4()
        .with(Cr4::mce, features.has_machine_check)
        .with(Cr4::smep, features.has_smep)
        .with(Cr4::smap, features.has_smap)
        .with(Cr4::umip, features.has_umip);
}

Result<PageTables> build_address_space() {
    PageTables tables = TRY(PageTables::create(frame_pool));
    const auto segments = image_segments();
    TRY(map_image(tables, segments, image_frames));
    for (usize slot = 0; slot < vp_list.all().size(); ++slot) {
        cpus[slot] = TRY(make_cpu_area(frame_pool, tables, slot, vp_list.all()[slot]));
    }
    TRY(map_pool(tables, frame_pool));
    return tables;
}

Result<void> protect_after_boot(PageTables& tables) {
    const Segment segment = read_only_after_boot();
    for (u64 i = 0; i < segment.page_count; ++i) {
        const Hva page{segment.first.raw() + i * page_size};
        PageTableEntry* entry = TRY(tables.entry_of(page));
        *entry = PageTableEntry::page(entry->gpa(), PageRights::ReadOnly);
        invalidate_page(page);
    }
    return {};
}

// From here on the boot VP uses its own structure and stacks like any other.
Cpu& move_to_own_area(PageTables& tables, const CpuFeatures& features, const EntryFrame& frame) {
    write_cr3(tables.root());
    write_cr4(cr4_for(features));
    Cpu& cpu = *cpus.front();
    cpu.entry_frame() = frame;
    cpu.load();
    frame_pool.give_back_all(FrameUse::InitialTable);
    frame_pool.give_back_all(FrameUse::BootInfo);
    return cpu;
}

Result<void> enable_other_vps(const hv::HypercallPort& port, std::span<Cpu* const> all) {
    for (const Cpu* other : all.subspan(1)) {
        TRY(enable_vtl1_on(port, *other));
    }
    block_other_vps(port, vp_list.all());
    if (are_cpu_starts_intercepted()) {
        for (const Cpu* offline : all.last(offline_vp_count)) {
            start_vtl1_on(port, *offline);
        }
    }
    return {};
}

Result<void> go_online(Cpu& cpu, PageTables& tables, const CpuFeatures& features) {
    TRY(bring_online(cpu));
    TRY(open_witness_log(features.has_reference_time));
    const auto all = std::span{cpus}.first(vp_list.all().size());
    for (Cpu* each : all) {
        add_cpu(*each);
    }
    intercept_cpu_starts(cpu.port);
    TRY(protect_after_boot(tables));
    TRY(enable_other_vps(cpu.port, all));
    log("boot: VTL1 ", u64{version >> 24}, ".", u64{version >> 16 & 0xff}, ".",
        u64{version & 0xffff}, " on ", u64{all.size()}, " VPs, ", own_frames.frame_count(),
        " frames, ", frame_pool.free_count(), " free");
    return {};
}

// Until this is over VTL0's memory map is as it was, and VTL1 can be refused without a trace.
Result<void> look_around(Cpu& early) {
    early.vp_index = static_cast<u32>(read_msr<hv::VpIndexMsr>().raw());
    const BootInfo first_look = TRY(BootInfo::parse(boot_info_bytes()));
    TRY(read_own_frames(first_look));
    TRY(locate_pages(early));
    return open_hypervisor(early);
}

// Everything that the driver said, from memory that it cannot change any more.
Result<void> take_stock(const Cpu& early) {
    const BootInfo info = TRY(BootInfo::parse(boot_info_bytes()));
    test_seam::in_boot(info.header().vp_count);
    TRY(check_all(info, early));
    add_to_random(info.header().seed);
    crypto::start();
    return open_frame_ledger();
}

Result<EntryFrame*> boot(const CpuFeatures& features, const EntryFrame& frame) {
    Cpu& early = boot_cpu();
    TRY(look_around(early));
    TRY(close_memory(early));
    TRY(take_stock(early));
    PageTables tables = TRY(build_address_space());
    Cpu& cpu = move_to_own_area(tables, features, frame);
    // So far the lists of the closing hypercalls lay in a page that was open at first. Now they lie
    // in one that was closed and zeroed long before, and nothing stale is in the TLB.
    TRY(close_frames(cpu.port, own_frames));
    TRY(go_online(cpu, tables, features));
    return &cpu.entry_frame();
}

u8 mitigations_of(const CpuFeatures& features) {
    return static_cast<u8>((features.has_ibpb ? MITIGATE_IBPB : 0) |
                           (features.has_verw ? MITIGATE_VERW : 0));
}

}  // namespace

}  // namespace vtl1

// The canary changes while this runs, so this function has none. What must be at hand before
// anything can fail comes first: tables for exceptions, a way back to VTL0.
[[gnu::no_stack_protector]] vtl1::EntryFrame* vtl1_boot(vtl1::EntryFrame* frame) {
    vtl1::prepare_interrupt_table();
    vtl1::Cpu& early = vtl1::boot_cpu();
    vtl1::prepare_boot_cpu();
    vtl1::set_guest_os_id();
    const vtl1::CpuFeatures features = vtl1::CpuFeatures::read();
    vtl1::set_raw_return(features.is_intel);
    vtl1::enable_failure_reports(features.has_crash_msrs);
    vtl1_mitigations = vtl1::mitigations_of(features);

    const auto canary = vtl1::hardware_random(features.has_rdseed, features.has_rdrand);
    if (!canary.has_value() ||
        !vtl1::seed_random(features.has_rdseed, features.has_rdrand).has_value()) {
        vtl1::end_service(VTL_STATUS_NO_ENTROPY);
        vtl1::leave_to_vtl0(early);
    }
    vtl1::set_canary(*canary);

    const vtl1::Result<vtl1::EntryFrame*> booted = vtl1::boot(features, *frame);
    if (!booted.has_value()) {
        vtl1::end_service(vtl1::to_status(booted.error()));
        vtl1::leave_to_vtl0(vtl1::this_cpu());
    }
    return *booted;
}
