// SPDX-License-Identifier: MIT
#include "vtl1/seal/seal.h"

#include <algorithm>
#include <optional>

#include "hvcall/abi/tlfs_msr.h"
#include "hvcall/abi/tlfs_register.h"
#include "hvcall/vp_registers.h"
#include "hvcall/vsm_registers.h"
#include "policies/table_check.h"
#include "vtl1/arch/cpu_list.h"
#include "vtl1/arch/port.h"
#include "vtl1/crypto/operator_key.h"
#include "vtl1/crypto/sha2.h"
#include "vtl1/lock.h"
#include "vtl1/log/log.h"
#include "vtl1/mm/memory.h"
#include "vtl1/mm/vtl0_memory.h"
#include "vtl1/seal/claims.h"
#include "vtl1/seal/executable_pages.h"
#include "vtl1/seal/manifest.h"
#include "vtl1/seal/regions.h"
#include "vtl1/seal/verify.h"
#include "vtl1/vtl/phase.h"

namespace vtl1 {

namespace {

constexpr WantedPage wanted_none = ~u64{0};
constexpr usize records_in_one = 4096;  // of the manifest's tables

/// What the next step does.
enum class Step : u8 { Tables, Locate, Freeze, Verify, Account, Close, Check, Done };

/// All that is known on the way to the seal.
struct Sealing {
    Manifest manifest;
    crypto::Digest<crypto::Sha2::Sha384> header_digest{};
    Step step = Step::Tables;
    std::optional<policies::TableCheck> tables;
    std::optional<KernelRegions> regions;
    ExecutablePages executable;
    bool is_accounting = false;
};

constinit Locked<Sealing, LockRank::Seal> sealing;

WantedPage wanted_page(const Manifest& manifest) {
    const std::optional<ManifestPlace> place = manifest.wanted();
    return place ? u64{place->section} << 32 | place->page : wanted_none;
}

policies::KernelTables tables_of(const Manifest& manifest) {
    return {
        .link_base = manifest.header().link_base(),
        .image_bytes = manifest.header().image_bytes(),
        .symbols = manifest.table<manifest_symbol>(MANIFEST_SECTION_SYMBOLS),
        .regions = manifest.table<manifest_region>(MANIFEST_SECTION_REGIONS),
        .digests = manifest.table<u8>(MANIFEST_SECTION_DIGESTS),
        .relocations64 = manifest.table<u32>(MANIFEST_SECTION_RELOC64),
        .relocations32 = manifest.table<u32>(MANIFEST_SECTION_RELOC32),
        .inverse32 = manifest.table<u32>(MANIFEST_SECTION_INVERSE32),
        .sites = manifest.table<manifest_site>(MANIFEST_SECTION_SITES),
        .values = manifest.table<u8>(MANIFEST_SECTION_VALUES),
        .targets = manifest.table<manifest_target>(MANIFEST_SECTION_TARGETS),
        .keys = manifest.table<manifest_key>(MANIFEST_SECTION_KEYS),
        .masks = manifest.table<manifest_mask>(MANIFEST_SECTION_MASKS),
    };
}

// Where it is there, every VP has it on (vtl1/boot/vp_setup.cpp). Without it, any page that a
// program may execute can be remapped and run as the kernel's.
Result<void> check_mbec() {
    const auto status =
        TRY(hv::get_register<hv::VsmPartitionStatus>(hypercall_port(), hv::Vtl::Vtl1));
    if (!status.get(hv::VsmPartitionStatus::vtl1_has_mbec)) {
        log("seal: the hypervisor has no MBEC: code would not be protected");
        return fail(Error::Refused);
    }
    return {};
}

/// What an earlier step has made.
template <class T>
Result<T*> made(std::optional<T>& one) {
    return one ? Result<T*>{&*one} : fail(Error::Refused);
}

// Each of these does a bounded part of its step, and returns true when it is over.

Result<bool> check_tables(Sealing& state) {
    if (!state.manifest.is_complete()) {
        log("seal: the manifest is not there yet");
        return fail(Error::Refused);
    }
    if (!state.tables) {
        TRY(check_mbec());
        state.tables.emplace(tables_of(state.manifest));
    }
    return state.tables->step(records_in_one);
}

Result<bool> locate(Sealing& state) {
    const policies::TableCheck* tables = TRY(made(state.tables));
    const policies::KernelImage image = TRY(tables->image());
    const Result<KernelLocation> location = locate_kernel(hypercall_port(), image);
    if (!location.has_value()) {
        log("seal: this is not the kernel of the manifest, or it does not lie in RAM");
        return fail(location.error());
    }
    log("seal: kernel at ", base::Hex{location->address_of(0).raw()}, ", frame ",
        base::Hex{location->gpa_of(0).raw()});
    const SealedKernel kernel{
        .text = {.image = image, .slide = location->slide(), .trampolines = {}},
        .location = *location};
    publish_sealed_kernel(kernel);
    state.regions.emplace(kernel);
    return true;
}

// VTL0's tables, and who asks, may be others after an error: it begins again.
Result<bool> account(Sealing& state) {
    if (!state.is_accounting) {
        const auto page =
            TRY(hv::get_vp_register(hypercall_port(), hv::Vtl::Vtl0, TLFS_REG_HYPERCALL));
        state.executable.begin(TRY(read_vtl0_paging(hypercall_port())),
                               Gpa{page.low & TLFS_PAGE_MSR_ADDRESS});
        state.is_accounting = true;
    }
    const Result<void> done = state.executable.step();
    state.is_accounting = done.has_value();
    TRY(done);
    return state.executable.is_done();
}

Result<bool> close(Sealing& /*state*/) {
    return TRY(frame_ledger.lock()->close_kernel_execution()) == 0;
}

Result<bool> check_all(Sealing& state) {
    const CpuTotals cpus = cpu_totals();
    if (const u32 unguarded = cpu_count() - cpus.pinned - cpus.waiting; unguarded != 0) {
        log("seal: ", u64{unguarded}, " VPs are not pinned");
        return fail(Error::Refused);
    }
    const VerifyTotals& totals = TRY(made(state.regions))->totals();
    const u64 open_frames = frame_ledger.lock()->totals().of(policies::FrameState::Open);
    if (open_frames != 0) {
        log("seal: ", open_frames, " frames under overlay pages stay open");
    }
    log("seal: unproved pages: ", state.executable.unproved_modules(), " of modules, ",
        state.executable.unproved_start_code(), " of start-up code");
    log("seal: sealed; ", totals.pages, " pages and ", totals.sites, " sites verified, ",
        totals.masked_bytes, " bytes masked");
    publish_seal_facts({.verified = totals,
                        .location = sealed_kernel()->location,
                        .manifest_version = state.manifest.header().version(),
                        .manifest_release = state.manifest.header().release()});
    enter_sealed_phase();
    return true;
}

Result<bool> run_step(Sealing& state) {
    switch (state.step) {
        case Step::Tables:
            return check_tables(state);
        case Step::Locate:
            return locate(state);
        case Step::Freeze:
            return TRY(made(state.regions))->freeze();
        case Step::Verify:
            return TRY(made(state.regions))->verify();
        case Step::Account:
            return account(state);
        case Step::Close:
            return close(state);
        case Step::Check:
            return check_all(state);
        case Step::Done:
            break;
    }
    return fail(Error::TooLate);
}

}  // namespace

Result<WantedPage> take_manifest_header(const manifest_header& copy) {
    const auto bytes = std::as_bytes(std::span{&copy, 1});
    const auto digest = crypto::sha384(bytes.first(MANIFEST_SIGNED_BYTES));
    auto state = sealing.lock();
    if (state->manifest.has_header()) {
        return digest == state->header_digest ? Result<WantedPage>{wanted_page(state->manifest)}
                                              : fail(Error::TooLate);
    }
    // Cheap, and spares VTL1 the work of a signature for what is none by mistake.
    if (!ManifestHeader::is_one(copy)) {
        return fail(Error::BadArgument);
    }
    if (const Result<void> good = crypto::verify_operator(digest, copy.signature);
        !good.has_value()) {
        if (good.error() != Error::Busy) {
            log("manifest: refused, not signed by the operator");
        }
        return fail(good.error());
    }
    const Result<ManifestHeader> header = ManifestHeader::parse(copy);
    if (!header.has_value()) {
        log("manifest: refused, malformed");
        return fail(header.error());
    }
    if (header->version() < crypto::manifest_version_floor) {
        log("manifest: refused, version ", u64{header->version()}, " is below ",
            u64{crypto::manifest_version_floor});
        return fail(Error::Refused);
    }
    TRY(state->manifest.begin(*header, frame_pool));
    state->header_digest = digest;
    return wanted_page(state->manifest);
}

Result<WantedPage> take_manifest_page(Gpa page, const ManifestPlace& place) {
    auto state = sealing.lock();
    PageBytes* own = TRY(state->manifest.next_page(place));
    TRY(copy_from_vtl0(page, *own));
    const Result<void> accepted = state->manifest.accept_page();
    if (!accepted.has_value()) {
        log("manifest: refused, section ", u64{place.section}, " is not what was signed");
        return fail(accepted.error());
    }
    return wanted_page(state->manifest);
}

bool are_unproved_modules_allowed() {
    auto state = sealing.lock();
    return state->manifest.has_header() &&
           state->manifest.header().minimum_mode(MANIFEST_POLICY_MODULES) != MANIFEST_MODE_ENFORCE;
}

Result<u64> seal_step() {
    auto state = sealing.lock();
    if (TRY(run_step(*state))) {
        state->step = static_cast<Step>(static_cast<u8>(state->step) + 1);
    }
    return static_cast<u64>(Step::Done) - static_cast<u64>(state->step);
}

}  // namespace vtl1
