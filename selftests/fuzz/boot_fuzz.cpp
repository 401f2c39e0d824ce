// SPDX-License-Identifier: MIT
// What is read at boot: the loader's information, a kernel image, texts.
#include "hypervisor/boot/command_line.h"
#include "hypervisor/boot/linux_image.h"
#include "hypervisor/boot/multiboot.h"
#include "selftests/fuzz/fake_cpu.h"
#include "selftests/fuzz/input.h"
#include "selftests/fuzz/seeds.h"

namespace {

using namespace hypervisor;  // NOLINT: a fuzzer's own namespace
using base::u8;
using fake_cpu::finding;

constexpr u64 window_first = 0x1000;

template <class T>
bool lies_within(const T& part, std::span<const std::byte> whole) {
    const auto* const first = reinterpret_cast<const std::byte*>(part.data());
    return part.empty() ||
           (first >= whole.data() && first + part.size() <= whole.data() + whole.size());
}

/// Sorted, apart, never empty.
void check_map(const MemoryMap& memory) {
    u64 last = 0;
    for (const MemoryEntry& entry : memory.entries()) {
        if (entry.first < last || entry.end <= entry.first) {
            finding("entries that overlap, or are empty", entry.first);
        }
        last = entry.end;
        const bool is_ram = entry.kind == MemoryKind::Ram;
        if (memory.is_ram({entry.first, entry.end}) != is_ram) {
            finding("RAM that is none", entry.first);
        }
    }
}

void check_holes(MemoryMap memory, fuzz::Input& input) {
    const MemoryExtent taken{input.take<u32>(), u64{input.take<u32>()} << 4};
    if (!memory.reserve(taken)) {
        return;
    }
    check_map(memory);
    const HoleRequest request{.size = u64{input.take<base::u16>()} << 8,
                              .alignment = u64{1} << input.take() % 24,
                              .below = input.take<u64>(),
                              .avoid = {&taken, 1}};
    const auto hole = memory.highest_fit(request);
    if (hole && (*hole % request.alignment != 0 || *hole + request.size > request.below ||
                 !memory.is_ram({*hole, *hole + request.size}) ||
                 MemoryExtent{*hole, *hole + request.size}.overlaps(taken))) {
        finding("a hole that is none", *hole);
    }
}

void read_loader(fuzz::Input& input, std::span<const u8> bytes) {
    const auto whole = std::as_bytes(bytes);
    const auto info = parse_multiboot({window_first, whole}, window_first);
    if (!info) {
        return;
    }
    check_map(info->memory);
    if (!lies_within(info->command_line, whole) || info->modules().size() > 4) {
        finding("a text outside of the window");
    }
    for (const MultibootModule& module : info->modules()) {
        if (!lies_within(module.text, whole) || module.extent.end < module.extent.first) {
            finding("a module that is none");
        }
    }
    check_holes(info->memory, input);
}

void read_image(std::span<const u8> bytes) {
    const auto whole = std::as_bytes(bytes);
    const auto image = parse_linux_image(whole);
    if (!image) {
        return;
    }
    if (!lies_within(image->setup_header, whole) || !lies_within(image->protected_mode, whole) ||
        image->init_size < image->protected_mode.size() ||
        image->protected_mode.size() <= LinuxImage::entry_64_offset) {
        finding("an image that is none");
    }
    std::array<std::byte, boot_params_bytes> params{};
    static_cast<void>(build_boot_params(params, *image, {}, MemoryMap{}));
}

void read_text(std::span<const u8> bytes) {
    std::string_view rest{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    while (!first_word(rest).empty()) {
        const std::string_view next = without_first_word(rest);
        if (next.size() >= rest.size() || first_word(rest).contains(' ')) {
            finding("a word without an end", rest.size());
        }
        rest = next;
    }
}

template <class T>
void put(fuzz::Seed& seed, usize at, T value) {
    seed.resize(std::max(seed.size(), at + sizeof(value)));
    std::memcpy(&seed[at], &value, sizeof(value));
}

/// Choice and parameters of the hole come first; then a text, a module and a map of one entry.
fuzz::Seed loader_seed() {
    constexpr usize start = 1 + 19;
    fuzz::Seed seed(start);
    put<u32>(seed, start, 0x4d);
    put<u32>(seed, start + 16, window_first + 100);
    put<u32>(seed, start + 20, 1);
    put<u32>(seed, start + 24, window_first + 110);
    put<u32>(seed, start + 44, 24);
    put<u32>(seed, start + 48, window_first + 56);
    put<u32>(seed, start + 56, 20);
    put<u64>(seed, start + 68, 0x4000'0000);
    put<u32>(seed, start + 76, 1);
    put<u64>(seed, start + 100, 0x6120'6261);
    put<u32>(seed, start + 114, 0x2000);
    put<u64>(seed, start + 118, 0);
    put<u32>(seed, 9, 0x10'0000);
    return seed;
}

/// @source Linux, Documentation/arch/x86/boot.rst
fuzz::Seed image_seed() {
    fuzz::Seed seed(1 + 1024 + 1024);
    seed[0] = 1;
    put<base::u16>(seed, 1 + 0x1fe, 0xaa55);
    put<u8>(seed, 1 + 0x1f1, 1);
    put<u8>(seed, 1 + 0x201, 0x6a);
    put<u32>(seed, 1 + 0x202, 0x5372'6448);
    put<base::u16>(seed, 1 + 0x206, 0x20f);
    put<u8>(seed, 1 + 0x211, 1);
    put<u32>(seed, 1 + 0x230, 0x20'0000);
    put<base::u16>(seed, 1 + 0x236, 3);
    put<u32>(seed, 1 + 0x260, 0x10'0000);
    return seed;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    const std::array seeds{loader_seed(), image_seed(),
                           fuzz::Seed{2, 'a', ' ', ' ', 'b', '=', 'c'}};
    fuzz::write_seeds(*argc, *argv, seeds);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const base::u8* data, base::usize size) {
    fuzz::Input input{{data, size}};
    switch (input.take() % 3) {
        case 0: {
            fuzz::Input parameters{input.take_bytes(19)};
            read_loader(parameters, input.take_all());
            break;
        }
        case 1:
            read_image(input.take_all());
            break;
        default:
            read_text(input.take_all());
            break;
    }
    return 0;
}
