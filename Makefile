# SPDX-License-Identifier: MIT
# What a person types. The rules that build things are in tools/build/ and in each folder's build.mk.

SMP ?= 2
MEM ?= 1G
KERNEL ?= 6.12
FLAVOUR ?= cloud
QEMU ?=
APPEND ?=
HV_APPEND ?=
CMD ?=
GDB_PORT ?= 0
WAIT ?=
SEAL ?= yes
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60

kernel := $(KERNEL)-$(FLAVOUR)
kernels ?= $(kernel)
PYTHON := /usr/bin/python3

# The command as typed: neither make nor the shell between here and the guest expands it.
export REDOUBT_CMD := $(value CMD)
export PYTHONDONTWRITEBYTECODE := 1
export PYTHONPATH := tools

.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-builtin-variables --no-print-directory

# Builds go through one inner make with all processors, unless -j was given. What they print goes to
# stderr, so that stdout holds what was asked for.
build = $(MAKE) $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS)) 1>&2
setup = tools/setup 1>&2
setup_vm = $(setup) --new-qemu
vm_options = --kernel $(KERNEL) --flavour $(FLAVOUR) --smp $(SMP) --memory $(MEM) \
	$(if $(QEMU),--qemu '$(QEMU)') $(if $(APPEND),--append='$(APPEND)') \
	$(if $(HV_APPEND),--hv-append='$(HV_APPEND)') $(if $(filter no,$(SEAL)),,--seal)

.PHONY: help all hypervisor vtl1 driver cli setup run debug test test-all check fuzz lint format bench
.PHONY: docs clean

help: ## this list
	@echo 'Redoubt: a stock Debian kernel at VTL0, a secure kernel at VTL1.'
	@echo
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20
	@echo
	@echo "Variables of run: SMP=$(SMP) MEM=$(MEM) KERNEL=$(KERNEL) (6.1|6.12) FLAVOUR=$(FLAVOUR) (cloud|full)"
	@echo "  QEMU=PATH APPEND='kernel options' HV_APPEND='hypervisor options' CMD='command for VTL0'"
	@echo "  SEAL=no (VTL0 stays trusted: its kernel is not sealed)"
	@echo "  of debug: GDB_PORT=PORT (a free one) WAIT=1 (stop before the first instruction); of all: JOBS=$(JOBS)"

setup: ## install what is missing (the others do so themselves)
	@$(setup) --kernel $(kernel)

all: ## everything that runs: hypervisor, VTL1, driver, guest programs
	@$(setup) --kernel $(kernel)
	@+$(build) built

hypervisor: ## build/hypervisor/hypervisor.elf32
	@$(setup)
	@+$(build) built-hypervisor

vtl1: ## build/vtl1/vtl1.elf
	@$(setup)
	@+$(build) built-vtl1

driver: ## redoubt.ko for KERNEL and FLAVOUR
	@$(setup) --kernel $(kernel)
	@+$(build) built-driver

cli: ## build/guest/redoubt, the command
	@$(setup)
	@+$(build) built-guest

run: ## boot it: a shell in VTL0, or CMD='...' there
	@$(setup_vm) --kernel $(kernel)
	@+$(build) built
	@tools/vm run $(vm_options)

debug: ## run, with gdb from a second terminal
	@$(setup_vm) --debugger --kernel $(kernel)
	@+$(build) built
	@tools/vm run $(vm_options) --gdb $(GDB_PORT) $(if $(WAIT),--gdb-wait)

test: ## what every change must pass: check, lint, VM tests
	@$(setup_vm) --kernel 6.12-cloud --optional-kernel 6.1-cloud
	@tools/test --tier ci

test-all: ## test, and everything that takes long; resumes where it was stopped
	@$(setup_vm) --debugger --kernel 6.12-cloud $(addprefix --optional-kernel ,6.1-cloud 6.12-full 6.1-full)
	@tools/test --tier all

check: ## unit tests on this machine
	@$(setup)
	@tools/test --only check

fuzz: ## random input to the hypervisor on this machine: each fuzzer FUZZ_SECONDS
	@$(setup)
	@tools/test --only fuzz --fuzz-seconds $(FUZZ_SECONDS)

lint: ## format, clang-tidy and our own rules
	@$(setup)
	@tools/test --only lint

format: ## apply clang-format
	@$(setup)
	@tools/lint/run --fix-format

bench: ## measure against the budgets; writes build/bench.json
	@$(setup_vm) --kernel $(kernel)
	@+$(build) built
	@tools/bench $(vm_options)

docs: ## Documentation/ as HTML under build/docs
	@tools/setup 1>&2 --docs
	@sphinx-build -W --keep-going -q -b html Documentation build/docs/html
	@echo 'build/docs/html/index.html'

clean: ## remove what was built; downloads, keys and the fuzzers' inputs stay
	rm -rf build/manifests build/hypervisor build/vtl1 build/vtl1-selftest build/driver build/guest build/host \
		build/lint build/docs build/vm build/results build/fuzz/obj build/fuzz/*_fuzz build/fuzz/*.a

include tools/build/mbedtls.mk
include tools/build/toolchain.mk
include tools/build/image.mk
include $(wildcard */build.mk)
include tools/build/manifest.mk
include tools/build/fuzz.mk
include tools/build/host.mk
