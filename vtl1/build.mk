# SPDX-License-Identifier: MIT
# The secure kernel, and a variant of it with self-tests and fault injection built in.

vtl1_image_limit := 786432

vtl1_sources := $(call sources,base,cpp S) $(call sources,hvcall,cpp) $(call sources,policies,cpp) \
	$(call sources,vtl1,cpp S)
vtl1_selftest_sources := $(vtl1_sources) $(call sources,selftests/vtl1,cpp S)

vtl1_library := build/vtl1/mbedtls.a
vtl1_library_flags := $(call as_c,$(freestanding_flags) $(vtl1_flags)) -nostdlibinc -isystem vtl1/crypto/freestanding

$(eval $(call mbedtls_rules,build/vtl1,$(vtl1_library_flags)))
$(eval $(call image_rules,vtl1,build/vtl1/vtl1.unchecked.elf,vtl1/boot/layout.ld,$(vtl1_sources),$(vtl1_flags),$(vtl1_library)))
$(eval $(call image_rules,vtl1-selftest,build/vtl1/vtl1-selftest.unchecked.elf,vtl1/boot/layout.ld,$(vtl1_selftest_sources),$(vtl1_flags) -DREDOUBT_SELFTEST=1,$(vtl1_library)))

build/vtl1/obj/vtl1/crypto/operator_key.cpp.o build/vtl1-selftest/obj/vtl1/crypto/operator_key.cpp.o \
		build/host/obj/vtl1/crypto/operator_key.o: build/keys/operator_key.h

# They include the library's headers.
$(foreach image,vtl1 vtl1-selftest,$(patsubst %,build/$(image)/obj/%.o,$(wildcard vtl1/crypto/*.cpp))): | $(mbedtls)/version

# The driver loads what a person may inspect with the full file; the guest gets it without debug data.
build/vtl1/%.elf: build/vtl1/%.unchecked.elf tools/build/check_image.py
	@$(PYTHON) tools/build/check_image.py --limit $(vtl1_image_limit) $<
	@$(OBJCOPY) --strip-all $< $@

.PRECIOUS: build/vtl1/%.unchecked.elf

built-vtl1: build/vtl1/vtl1.elf build/vtl1/vtl1-selftest.elf
