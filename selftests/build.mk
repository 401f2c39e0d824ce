# SPDX-License-Identifier: MIT
# Programs for the guest.

guest_tests := $(patsubst selftests/vm/%.c,build/guest/tests/%,$(wildcard selftests/vm/*.c))

build/guest/redoubt: $(wildcard tools/redoubt/*.c tools/redoubt/*.h hvcall/abi/*.h)
	@mkdir -p $(@D)
	@echo "  CC      [guest] $@"
	@$(CC) $(guest_flags) -o $@ $(filter %.c,$^)

build/guest/tests/%: selftests/vm/%.c $(wildcard selftests/vm/*.h selftests/vm/module/*.h selftests/vtl1/*.h \
		hvcall/abi/*.h)
	@mkdir -p $(@D)
	@echo "  CC      [guest] $@"
	@$(CC) $(guest_flags) -D_GNU_SOURCE -pthread -o $@ $<

built-guest: $(if $(wildcard tools/redoubt/*.c),build/guest/redoubt) $(guest_tests)

# What counts instructions inside VTL1: one plugin for each version of QEMU's plugin interface that
# matters (QEMU 7.2 knows 1; from 9.0 on it must be 2 or more).
bench_plugins := build/bench/vtl1_entries.1.so build/bench/vtl1_entries.2.so

build/bench/vtl1_entries.%.so: selftests/bench/vtl1_entries.c hvcall/abi/boot.h hvcall/abi/types.h
	@mkdir -p $(@D)
	@echo "  CC      [bench] $@"
	@$(CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -DPLUGIN_VERSION=$* \
		$(includes) -o $@ $<

built-guest: $(bench_plugins)
