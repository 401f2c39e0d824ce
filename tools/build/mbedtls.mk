# SPDX-License-Identifier: MIT
# Mbed TLS, from the sources that tools/setup unpacks, as one archive for each image and one for the
# host. Which parts of it there are says vtl1/crypto/mbedtls_config.h.

mbedtls := build/third_party/mbedtls
mbedtls_config := vtl1/crypto/mbedtls_config.h

# A source that one of the supported versions does not have is left out.
mbedtls_parts := asn1parse asn1write bignum bignum_core constant_time ecdsa ecp ecp_curves hmac_drbg md \
	platform_util sha256 sha512

# For what includes its headers: vtl1/crypto/mbedtls.h.
mbedtls_flags := -isystem $(mbedtls)/include

# Flags of ours for C++ as they are for C. Its warnings are its authors'.
as_c = -std=gnu11 $(filter-out -W% -std=% -fno-rtti -fno-exceptions -fno-threadsafe-statics -nostdinc++ \
	-stdlib=% -D_LIBCPP_% -isystem $(libcxx) $(mbedtls_flags),$(1)) -w $(mbedtls_flags) \
	-isystem $(mbedtls)/library -DMBEDTLS_CONFIG_FILE='"$(mbedtls_config)"'

$(mbedtls)/version:
	@tools/setup 1>&2

# $(call mbedtls_rules,folder for results,C flags)
define mbedtls_rules
$(1)/mbedtls.a: $(mbedtls)/version $(mbedtls_config) $$(wildcard vtl1/crypto/freestanding/*.h) \
		tools/build/mbedtls.mk tools/build/toolchain.mk
	@mkdir -p $(1)/mbedtls
	@echo "  CC      $$@"
	@rm -f $$@ $(1)/mbedtls/*.o
	@for part in $(mbedtls_parts); do \
		[ ! -f $(mbedtls)/library/$$$$part.c ] || \
		$(CXX:clang++%=clang%) $(2) -c $(mbedtls)/library/$$$$part.c -o $(1)/mbedtls/$$$$part.o || exit 1; \
	done
	@$(AR) rcs $$@ $(1)/mbedtls/*.o
endef
