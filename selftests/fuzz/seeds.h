// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "base/types.h"

namespace fuzz {

using Seed = std::vector<base::u8>;

/// Puts the seeds into the corpus that the command line names, so that the fuzzer begins with them.
inline void write_seeds(int argc, char** argv, std::span<const Seed> seeds) {
    for (const char* argument : std::span{argv, static_cast<base::usize>(argc)}.subspan(1)) {
        if (argument[0] == '-') {
            continue;
        }
        for (base::usize i = 0; i < seeds.size(); ++i) {
            const std::string name = std::string{argument} + "/seed-" + std::to_string(i);
            if (std::FILE* const file = std::fopen(name.c_str(), "wb"); file != nullptr) {
                std::fwrite(seeds[i].data(), 1, seeds[i].size(), file);
                std::fclose(file);
            }
        }
        return;
    }
}

}  // namespace fuzz
