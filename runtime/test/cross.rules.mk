# The other architecture, and the freestanding build.
#
#   CROSS       prefix of the cross tools
#   QEMU        the emulator of a Linux program
#   CROSS_ROOT  where the C library for it lies

CROSS ?= aarch64-linux-gnu-
QEMU ?= qemu-aarch64
CROSS_ROOT ?= /usr/aarch64-linux-gnu
CROSS_PACKAGES := gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
HAVE_CROSS = $(shell command -v $(CROSS)gcc)
HAVE_QEMU = $(and $(HAVE_CROSS),$(wildcard $(CROSS_ROOT)/lib/libc.so.6),$(shell command -v $(QEMU)))

.PHONY: test-aarch64 cross-packages freestanding

cross-packages:
	@echo $(CROSS_PACKAGES)

# MN_TEST_EMULATED tells the tests that programs cannot be executed from within,
# and that there are no more than 32 timers. Branch protection is on, as
# distributions build their packages, so that unit/aarch64/guarded.c has something to check.
test-aarch64: ## unit, stress and fault tests for AArch64, emulated
ifneq ($(HAVE_QEMU),)
	+@MN_TEST_EMULATED=1 $(MAKE) --no-print-directory -C $(ROOT) test ARCH=aarch64 BUILD=$(BUILD)/aarch64 \
		CC='$(CROSS)gcc -mbranch-protection=standard' AR=$(CROSS)ar OBJCOPY=$(CROSS)objcopy \
		RUN='$(QEMU) -L $(CROSS_ROOT)' SECONDS=$(or $(SECONDS),300)
else
	@echo "test-aarch64: skipped: there is no $(CROSS)gcc with its C library, or no $(QEMU); apt has them as $(CROSS_PACKAGES)"
	@echo "0 passed, 0 failed, 1 skipped"
endif

# The lazily bound part of a program's linkage table has no landing pads.
$(BUILD)/unit/aarch64/guarded: TEST_LINK = -Wl,-z,now

# For this compiler and, where it is there, for AArch64.
freestanding: ## check that core/ sched/ sync/ preempt/ need no C library
	@$(TEST)/tool/freestanding $(BUILD)/freestanding $(CC) $(and $(HAVE_CROSS),$(CROSS)gcc)
ifeq ($(HAVE_CROSS),)
	@echo "freestanding: not for AArch64: there is no $(CROSS)gcc"
endif

ifeq ($(RUN),)
test: freestanding
endif
