# SPDX-License-Identifier: MIT
# redoubt.ko, once per kernel and VTL1 image, and the tests' own module, each in a copy of the tree made
# of links: the kernel's build puts its objects beside the sources.

driver_sources = $(wildcard Kbuild vtl0_driver/Kbuild vtl0_driver/*.[chS])
test_module_sources = $(wildcard selftests/vm/module/Kbuild selftests/vm/module/*.[chS])
driver_headers = $(wildcard hvcall/abi/*.h)

# $(call module_rules,kernel,variant,image)
define module_rules
build/driver/$(1)$(2)/built: $$(driver_sources) $$(test_module_sources) $$(driver_headers) $(3) \
		tools/build/kernel_module build/kernels/$(1)/version
	@+tools/build/kernel_module build/kernels/$(1) build/driver/$(1)$(2) $(3) \
		$$(driver_sources) -- $$(test_module_sources)

built-driver: $(if $(filter $(1),$(kernels)),build/driver/$(1)$(2)/built)
endef

known_kernels := $(notdir $(patsubst %/,%,$(dir $(wildcard build/kernels/*/version))))
$(foreach name,$(known_kernels),$(eval $(call module_rules,$(name),,build/vtl1/vtl1.elf)))
$(foreach name,$(known_kernels),$(eval $(call module_rules,$(name),-selftest,build/vtl1/vtl1-selftest.elf)))
