# SPDX-License-Identifier: MIT
# Compilers and flags. Freestanding flags are explained in CONTRIBUTING.md.

CXX := clang++-19
CC := gcc
LD := ld.lld-19
AR := llvm-ar-19
NM := llvm-nm-19
OBJCOPY := llvm-objcopy-19
libcxx := /usr/lib/llvm-19/include/c++/v1

includes := -iquote .

warnings := -Wall -Wextra -Werror -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast \
	-Wcast-qual -Wcast-align -Wimplicit-fallthrough -Wswitch-enum -Wnull-dereference -Wundef -Wvla \
	-Wglobal-constructors -Wexit-time-destructors -Wthread-safety -Wunsafe-buffer-usage

# -msoft-float with -mno-sse -mno-mmx, not -mgeneral-regs-only: libc++'s headers name long double.
freestanding_flags := -std=c++23 -ffreestanding -nostdlib -fno-exceptions -fno-rtti \
	-fno-threadsafe-statics -fno-pic -mno-red-zone -mno-sse -mno-mmx -msoft-float \
	-ftrivial-auto-var-init=zero -fstack-protector-strong -mstack-protector-guard=global \
	-fcf-protection=branch -fsanitize=kcfi -fno-omit-frame-pointer -O2 -g \
	-ffile-prefix-map=$(CURDIR)=. \
	-nostdinc++ -isystem $(libcxx) -D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_EXTENSIVE \
	$(warnings) $(includes)

assembler_flags := -ffreestanding -fno-pic -g -ffile-prefix-map=$(CURDIR)=. -Wall -Werror $(includes)

link_flags := -nostdlib -static --no-dynamic-linker -z noexecstack -z max-page-size=4096 \
	--build-id=none --fatal-warnings --no-undefined

hypervisor_flags := -mcmodel=small
vtl1_flags := -mcmodel=kernel -mretpoline $(mbedtls_flags)

host_flags := -std=c++23 -stdlib=libc++ -O1 -g -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_EXTENSIVE -DREDOUBT_HOST_TEST=1 \
	$(filter-out -Wglobal-constructors -Wexit-time-destructors -Wunsafe-buffer-usage,$(warnings)) $(includes)

guest_flags := -std=gnu11 -static -O2 -g -Wall -Wextra -Werror $(includes)

# Every file of some kinds below a folder, without tests: $(call sources,folder,extension...)
sources = $(shell find $(1) -type f \( -false $(foreach kind,$(2),-o -name '*.$(kind)') \) \
	! -name '*_test.cpp' 2>/dev/null | LC_ALL=C sort)
