# SPDX-License-Identifier: MIT
# Fuzzers for this machine: each selftests/fuzz/*_fuzz.cpp is one program. What it needs is taken from
# two archives, the stand-ins of selftests/fuzz/ first, then hypervisor and policies as shipped.

fuzzers := $(patsubst selftests/fuzz/%_fuzz.cpp,%,$(wildcard selftests/fuzz/*_fuzz.cpp))
fuzz_flags := $(host_flags) -fsanitize=fuzzer-no-link

# Players and judges are fast, and not what is looked at.
build/fuzz/obj/selftests/%: private fuzz_flags := $(host_flags) -O2 -fno-sanitize=all

# The fuzzing library of Debian is built with libstdc++.
fuzz_fakes := $(filter-out %_fuzz.cpp,$(wildcard selftests/fuzz/*.cpp))
fuzz_shipped := $(call sources,base hypervisor policies,cpp)

build/fuzz/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(fuzz_flags)' | cmp -s - $@ || echo '$(fuzz_flags)' >$@

build/fuzz/obj/%.o: %.cpp build/fuzz/flags
	@mkdir -p $(@D)
	@echo "  CXX     [fuzz] $<"
	@$(CXX) $(fuzz_flags) -MMD -MP -c $< -o $@

build/fuzz/fakes.a: $(fuzz_fakes:%.cpp=build/fuzz/obj/%.o)
build/fuzz/shipped.a: $(fuzz_shipped:%.cpp=build/fuzz/obj/%.o)
build/fuzz/fakes.a build/fuzz/shipped.a:
	@rm -f $@
	@$(AR) rcs $@ $^

build/fuzz/%_fuzz: build/fuzz/obj/selftests/fuzz/%_fuzz.o build/fuzz/fakes.a build/fuzz/shipped.a
	@$(CXX) $(fuzz_flags) -fsanitize=fuzzer -fuse-ld=lld-19 -o $@ $^ -l:libstdc++.so.6

.PHONY: built-fuzz fuzz-programs
built-fuzz: $(fuzzers:%=build/fuzz/%_fuzz)

fuzz-programs:
	@printf '%s\n' $(fuzzers:%=build/fuzz/%_fuzz)

-include $(shell find build/fuzz/obj -name '*.d' 2>/dev/null)
