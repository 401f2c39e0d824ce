# SPDX-License-Identifier: MIT
# The hypervisor: ELF64, and the same as ELF32 because QEMU's multiboot loader refuses ELF64.

hypervisor_sources := $(call sources,base,cpp S) \
	$(call sources,hypervisor,cpp S)

$(eval $(call image_rules,hypervisor,build/hypervisor/hypervisor.elf,hypervisor/boot/layout.ld,$(hypervisor_sources),$(hypervisor_flags)))

build/hypervisor/hypervisor.elf32: build/hypervisor/hypervisor.elf
	@echo "  OBJCOPY $@"
	@$(OBJCOPY) -O elf32-i386 $< $@

# The same with guards that can be left out, for the tests of platform-surface.rst.
doors_sources := $(filter-out hypervisor/platform/door.cpp,$(hypervisor_sources)) \
	selftests/hypervisor/open_door.cpp

$(eval $(call image_rules,hypervisor-doors,build/hypervisor/hypervisor-doors.elf,hypervisor/boot/layout.ld,$(doors_sources),$(hypervisor_flags)))

build/hypervisor/hypervisor-doors.elf32: build/hypervisor/hypervisor-doors.elf
	@echo "  OBJCOPY $@"
	@$(OBJCOPY) -O elf32-i386 $< $@

built-hypervisor: build/hypervisor/hypervisor.elf32 build/hypervisor/hypervisor-doors.elf32
