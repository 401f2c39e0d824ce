# SPDX-License-Identifier: MIT
# Unit tests for this machine. Included last: from here on prerequisites are expanded twice.
#
# Each *_test.cpp is one program. A line `// test-with: path/a.cpp path/b.cpp` among its first 16 names
# the sources that are linked to it. selftests/host/ has stand-ins for what the host lacks, to be named
# there too. The word `hypervisor-world` names all that a test above hypervisor_world.h needs, the word
# `mbedtls` the library and what VTL1 has below it.

host_tests := $(shell find base hvcall hypervisor vtl1 policies libos_core vtl0_driver tools selftests/host \
	-name '*_test.cpp' 2>/dev/null | LC_ALL=C sort)
host_programs := $(patsubst %.cpp,build/host/%,$(host_tests))
googletest := /usr/src/googletest/googletest

hypervisor_world := $(patsubst %,hypervisor/%.cpp,apic/vtl1_apic apic/vtl1_ipi boot/memory_map npt/frame_pool \
	npt/page_table platform/door svm/permission_map svm/vmcb_state svm/vp tlfs/cpuid_leaves tlfs/cr_intercept \
	tlfs/crash_report tlfs/enable_vtl tlfs/flush_tlb tlfs/hypercall tlfs/hypercall_input \
	tlfs/modify_protection tlfs/overlay tlfs/page_view tlfs/partition tlfs/synic tlfs/synthetic_msr \
	tlfs/synthetic_timers tlfs/vp_registers tlfs/vsm_registers tlfs/xcr0) \
	$(patsubst %,selftests/host/%.cpp,hypervisor_world lock_ranks panic) base/text.cpp

host_mbedtls := $(patsubst %,vtl1/crypto/%.cpp,arena chacha20 drbg mbedtls known_answers p384 sha2) selftests/host/mbedtls.cpp

named = $(shell sed -n '1,16s|^// *test-with:||p' $(1))
subjects = $(sort $(foreach word,$(call named,$(1)),$(if $(filter hypervisor-world,$(word)),$(hypervisor_world),\
	$(if $(filter mbedtls,$(word)),$(host_mbedtls) build/host/mbedtls.a,$(word)))))

$(eval $(call mbedtls_rules,build/host,$(call as_c,$(host_flags))))

# They include the library's headers.
build/host/obj/vtl1/crypto/%: private host_flags += $(mbedtls_flags)
build/host/obj/selftests/host/evidence_test.o: private host_flags += $(mbedtls_flags) \
	-DMBEDTLS_CONFIG_FILE='"$(mbedtls_config)"'
$(patsubst %.cpp,build/host/obj/%.o,$(wildcard vtl1/crypto/*.cpp) selftests/host/evidence_test.cpp): | $(mbedtls)/version

build/host/googletest.o: $(googletest)/src/gtest-all.cc
	@mkdir -p $(@D)
	@echo "  CXX     [host] googletest"
	@$(CXX) $(filter-out -W%,$(host_flags)) -I$(googletest) -isystem $(googletest)/include -c $< -o $@

build/host/googletest_main.o: $(googletest)/src/gtest_main.cc
	@mkdir -p $(@D)
	@$(CXX) $(filter-out -W%,$(host_flags)) -isystem $(googletest)/include -c $< -o $@

build/host/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(host_flags)' | cmp -s - $@ || echo '$(host_flags)' >$@

# GoogleTest's header, parsed once: it is most of what compiling a small test costs.
build/host/gtest.pch: build/host/flags
	@mkdir -p $(@D)
	@echo '#include <gtest/gtest.h>' >build/host/gtest.h
	@$(CXX) $(host_flags) -isystem $(googletest)/include -x c++-header build/host/gtest.h -o $@

build/host/obj/%_test.o: %_test.cpp build/host/flags build/host/gtest.pch
	@mkdir -p $(@D)
	@echo "  CXX     [host] $<"
	@$(CXX) $(host_flags) -isystem $(googletest)/include -include-pch build/host/gtest.pch -MMD -MP -c $< -o $@

build/host/obj/%.o: %.cpp build/host/flags
	@mkdir -p $(@D)
	@echo "  CXX     [host] $<"
	@$(CXX) $(host_flags) -MMD -MP -c $< -o $@

.SECONDEXPANSION:
$(host_programs): build/host/%: build/host/obj/%.o build/host/googletest.o build/host/googletest_main.o \
		$$(patsubst $$(percent).cpp,build/host/obj/$$(percent).o,$$(call subjects,$$*.cpp))
	@mkdir -p $(@D)
	@$(CXX) $(host_flags) -fuse-ld=lld-19 -o $@ $^
	@echo '$^' >$@.inputs

percent := %

.PHONY: built-host host-programs
built-host: $(host_programs)

# For the test runner and the lint: what built-host would have built, and how sources are compiled.
.PHONY: flags-hypervisor flags-vtl1 flags-host
flags-hypervisor:
	@echo '$(CXX) $(freestanding_flags) $(hypervisor_flags)'
flags-vtl1:
	@echo '$(CXX) $(freestanding_flags) $(vtl1_flags)'
flags-host:
	@echo '$(CXX) $(host_flags) -isystem $(googletest)/include'

host-programs:
	@printf '%s\n' $(host_programs)

-include $(shell find build/host/obj -name '*.d' 2>/dev/null)
