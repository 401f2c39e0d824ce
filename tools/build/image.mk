# SPDX-License-Identifier: MIT
# How a freestanding image is made from sources found by folder.

# $(call image_rules,name,elf,linker script,sources,compiler flags,archives)
# Objects go to build/<name>/obj/; a change of flags or of the list of sources rebuilds.
define image_rules
$(1)_objects := $$(patsubst %,build/$(1)/obj/%.o,$(4))

build/$(1)/obj/%.cpp.o: %.cpp build/$(1)/flags
	@mkdir -p $$(@D)
	@echo "  CXX     [$(1)] $$<"
	@$$(CXX) $$(freestanding_flags) $(5) -MMD -MP -c $$< -o $$@

build/$(1)/obj/%.S.o: %.S build/$(1)/flags
	@mkdir -p $$(@D)
	@echo "  AS      [$(1)] $$<"
	@$$(CXX) -x assembler-with-cpp $$(assembler_flags) $(5) -MMD -MP -c $$< -o $$@

$(2): $$($(1)_objects) $(3) $(6) build/$(1)/flags
	@echo "  LD      $$@"
	@$$(LD) $$(link_flags) -T $(3) -Map $$@.map -o $$@ $$($(1)_objects) $(6)

build/$(1)/flags: FORCE
	@mkdir -p $$(@D)
	@echo '$$(freestanding_flags) $(5) $(4)' | cmp -s - $$@ || \
		echo '$$(freestanding_flags) $(5) $(4)' >$$@

-include $$($(1)_objects:.o=.d)
endef

.PHONY: FORCE built built-hypervisor built-vtl1 built-driver built-guest
FORCE:

built: built-hypervisor built-vtl1 built-driver built-guest
