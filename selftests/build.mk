# SPDX-License-Identifier: MIT
# Programs for the guest.

guest_tests := $(patsubst selftests/vm/%.c,build/guest/tests/%,$(wildcard selftests/vm/*.c))

$(eval $(call mbedtls_rules,build/guest,$(call as_c,-O2 -g $(includes))))

build/guest/redoubt: $(wildcard tools/redoubt/*.c tools/redoubt/*.h hvcall/abi/*.h) build/guest/mbedtls.a
	@mkdir -p $(@D)
	@echo "  CC      [guest] $@"
	@$(CC) $(guest_flags) $(mbedtls_flags) -DMBEDTLS_CONFIG_FILE='"$(mbedtls_config)"' -o $@ $(filter %.c %.a,$^)

build/guest/tests/%: selftests/vm/%.c $(wildcard selftests/vm/*.h selftests/vm/module/*.h selftests/vtl1/*.h \
		selftests/bench/*.h \
		hvcall/abi/*.h)
	@mkdir -p $(@D)
	@echo "  CC      [guest] $@"
	@$(CC) $(guest_flags) -D_GNU_SOURCE -pthread -o $@ $<

built-guest: $(if $(wildcard tools/redoubt/*.c),build/guest/redoubt) $(guest_tests)

# What counts instructions inside VTL1: one plugin for each version of QEMU's plugin interface that
# matters (QEMU 7.2 knows 1; from 9.0 on it must be 2 or more).
bench_plugins := build/bench/vtl1_entries.1.so build/bench/vtl1_entries.2.so

build/bench/vtl1_entries.%.so: selftests/bench/vtl1_entries.c selftests/bench/marks.h hvcall/abi/boot.h hvcall/abi/types.h
	@mkdir -p $(@D)
	@echo "  CC      [bench] $@"
	@$(CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -DPLUGIN_VERSION=$* \
		$(includes) -o $@ $<

built-guest: $(bench_plugins)

# The conformance pair: VTL1's half as a flat image, VTL0's half as a module that holds it, programs.
pair_image := build/conformance/vtl1.bin
pair_vtl1_sources := $(wildcard selftests/conformance/vtl1/*.[cS])
pair_headers := $(wildcard selftests/conformance/*.h selftests/conformance/vtl1/*.h hvcall/abi/*.h)
pair_module_sources := $(addprefix selftests/conformance/module/,Kbuild \
	$(notdir $(wildcard selftests/conformance/module/*.[chS])))
pair_tests := $(patsubst selftests/conformance/%.c,build/guest/tests/conformance/%, \
	$(wildcard selftests/conformance/*.c))
pair_vtl1_flags := -std=gnu11 -O2 -g -Wall -Wextra -Werror -ffreestanding -nostdlib -fno-pic -no-pie \
	-mno-red-zone -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
	-fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables $(includes)

$(pair_image): $(pair_vtl1_sources) $(pair_headers) selftests/conformance/vtl1/image.ld
	@mkdir -p $(@D)
	@echo "  CC      [pair] $@"
	@$(CC) $(pair_vtl1_flags) -Wl,-T,selftests/conformance/vtl1/image.ld,--build-id=none,--no-warn-rwx-segments \
		-o $(@:.bin=.elf) $(pair_vtl1_sources)
	@$(OBJCOPY) -O binary $(@:.bin=.elf) $@

build/guest/tests/conformance/%: selftests/conformance/%.c $(pair_headers) $(wildcard selftests/vm/*.h \
		selftests/vm/module/*.h)
	@mkdir -p $(@D)
	@echo "  CC      [guest] $@"
	@$(CC) $(guest_flags) -D_GNU_SOURCE -pthread -o $@ $<

# $(call pair_rules,kernel)
define pair_rules
build/driver/$(1)-pair/built: $$(pair_module_sources) $$(pair_headers) $$(pair_image) \
		tools/build/kernel_module build/kernels/$(1)/version
	@+tools/build/kernel_module build/kernels/$(1) build/driver/$(1)-pair $$(pair_image) -- \
		$$(pair_module_sources)

built-guest: $(if $(filter $(1),$(kernels)),build/driver/$(1)-pair/built)
endef
$(foreach name,$(notdir $(patsubst %/,%,$(dir $(wildcard build/kernels/*/version)))),$(eval $(call pair_rules,$(name))))

built-guest: $(pair_tests)
