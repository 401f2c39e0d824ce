// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "policies/text_poke.h"

// For a function that one tracer watches, Linux makes a routine of its own: a copy of ftrace_caller
// or ftrace_regs_caller, on pages of its own, that calls the tracer with its ftrace_ops (Linux:
// arch/x86/kernel/ftrace.c, create_trampoline). It may differ from the original in four places.
namespace policies {

enum class TrampolineKind : u8 { Plain, WithRegisters };

inline constexpr std::array trampoline_kinds{TrampolineKind::Plain, TrampolineKind::WithRegisters};
inline constexpr usize trampoline_bytes_max = 512;  // of the originals; 349 are used

/// The original: offsets in the image.
struct TrampolineTemplate {
    u32 begin = 0;
    u32 operand = 0;  // of the MOV that loads function_trace_op
    u32 call = 0;
    u32 end = 0;              // of what is copied; a return follows
    std::optional<u32> jump;  // 2 bytes, a NOP in copies

    constexpr u32 size_bytes() const { return end - begin; }
};

/// Where the original lies.
/// @return Error::NotFound if the manifest does not say it, or not in the right order
Result<TrampolineTemplate> trampoline_template(const KernelImage& image, TrampolineKind kind);

/// A page that may hold a copy.
struct TrampolinePage {
    Gva address;
    std::span<const std::byte> bytes;  // the whole page
};

/// Whether every byte of the page is explained. The copy begins with the page and equals the
/// original, but that
///
/// - the MOV loads the pointer behind the copy;
/// - the call leads to a function that ftrace may call, or is on the way there: a breakpoint
///   before a legal tail;
/// - a conditional jump is a NOP.
///
/// Behind it are a return, as a return site may be, or c3 cc; the pointer, which leads into the
/// image, behind its text; and zeros or breakpoints up to the end of the page.
///
/// Why the pointer stays in the image: its 8 bytes can be executed too, so VTL0 must not choose
/// them. A tracer that allocates its ftrace_ops is therefore refused.
///
/// @param original  the template's bytes as they are now
bool is_trampoline(const KernelText& text,
                   const TrampolineTemplate& shape,
                   std::span<const u8> original,
                   const TrampolinePage& page);

/// Where the call leads that a traced function's site would hold after this store, if that is
/// outside the image.
/// @param before  all of the site's bytes as they are now
std::optional<Gva> callee_of_poke(const KernelText& text,
                                  const manifest_site& site,
                                  std::span<const u8> before,
                                  const TextStore& store);

}  // namespace policies
