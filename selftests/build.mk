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
