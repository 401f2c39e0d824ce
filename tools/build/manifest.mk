# SPDX-License-Identifier: MIT
# The operator's key, made once and kept, and a signed manifest for each kernel.

manifest_sources := $(filter-out %_test.py,$(wildcard tools/redoubt_manifest/*.py))

# The private key may be the operator's own, put there by hand.
build/keys/operator.pem:
	@echo "  KEY     $@"
	@tools/manifest keygen $(@D)

build/keys/operator.pub build/keys/operator_key.h &: build/keys/operator.pem tools/redoubt_manifest/signing.py
	@tools/manifest keygen $(@D)

build/manifests/%/redoubt-manifest.bin: build/kernels/%/version $(manifest_sources) build/keys/operator.pem
	@echo "  MANIF   $@"
	@tools/manifest make build/kernels/$* --key build/keys/operator.pem --out $@

.PHONY: built-manifests
built-manifests: $(foreach name,$(kernels),build/manifests/$(name)/redoubt-manifest.bin)

built: built-manifests
