# How the tests, the benchmark and the examples are built and run.
#
# A test is one file, found by the folder it lies in: unit/, unit/ARCH/,
# stress/, fault/. unit and stress tests are run under every setting that
# tool/settings.c prints; fault tests, and those that say TEST_ONCE, once.
# Each sanitizer has an object tree of its own, with the library in it:
# BUILD/plain, BUILD/asan, BUILD/tsan. BUILD/perturb holds a library with random
# delays between its steps (tool/perturb.h), BUILD/strict one under TSan in which
# only what mn.h promises orders threads (core/sanitize.h).
#
#   ONLY     tests whose path contains this, as ONLY=unit/join; all
#   SCALE    how much longer than usual a stress test goes on
#   SECONDS  time limit of a test
#   MINUTES  soak: how long
#   PERTURB  the seed of the delays in BUILD/perturb
#   RUN      a program to run tests by, as "qemu-aarch64 -L /usr/aarch64-linux-gnu"
#   HOSTCC   the compiler for the program that runs the tests

TEST := $(ROOT)/test
HOSTCC ?= cc
MINUTES ?= 30
RUN ?=
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
CFLAGS_plain := -O2 -g $(WARN)
CFLAGS_asan := -O1 -g $(WARN) -fsanitize=address,undefined -fno-sanitize-recover=undefined
CFLAGS_perturb := -O2 -g $(WARN) -include $(TEST)/tool/perturb.h
CFLAGS_tsan := -O1 -g $(WARN) -Wno-tsan -Wno-unused-function -fsanitize=thread
CFLAGS_strict := $(CFLAGS_tsan) -DMNI_SAN_STRICT
CORE_CFLAGS_strict := -fno-sanitize=thread

.PHONY: test test-deep bench bench-scale test-million soak examples tree-plain tree-asan tree-tsan tree-perturb tree-strict test-programs

# --- what one tree holds; BUILD is the tree's folder here ---

TEST_FLAGS = -std=gnu11 -pthread -I$(TEST) -I$(ROOT)/include -I$(ROOT) -I$(ROOT)/arch/$(ARCH) \
	-I$(ROOT)/platform/$(PLATFORM)
TEST_NAMES := $(foreach d,unit unit/$(ARCH) stress fault,\
	$(patsubst $(TEST)/%.c,%,$(sort $(wildcard $(TEST)/$(d)/*.c))))
EXAMPLE_NAMES := $(patsubst $(ROOT)/%.c,%,$(sort $(wildcard $(ROOT)/examples/*.c)))

# The calls into the system that fault/faults.h can make fail.
FAULTY := mmap munmap madvise mprotect malloc calloc realloc free pthread_create pthread_join \
	pthread_getattr_np timer_create timer_delete syscall
# The same for fault/io_faults.h.
FAULTY_IO := syscall mmap close epoll_create1 epoll_ctl epoll_wait eventfd socket socketpair connect accept4 \
	recv send recvmsg sendmsg getsockopt setsockopt readv writev preadv pwritev \
	fstat open openat fsync pipe2 timerfd_create dup poll
COMMA := ,
$(BUILD)/fault/%: TEST_LINK = $(FAULTY:%=-Wl$(COMMA)--wrap=%)
$(BUILD)/fault/io_%: TEST_LINK = $(FAULTY_IO:%=-Wl$(COMMA)--wrap=%)
$(BUILD)/fault/block_rings: TEST_LINK = $(FAULTY_IO:%=-Wl$(COMMA)--wrap=%)
$(BUILD)/fault/block_wake: TEST_LINK = -Wl$(COMMA)--wrap=close

# Programs under their own names, as a program on POSIX threads is compiled.
$(BUILD)/examples/pthread_%: TEST_FLAGS += -include mn_pthread.h

# The library with the names that its files share, which some tests use.
$(BUILD)/inner.a: $(BUILD)/mn.o
	@rm -f $@
	@$(AR) rcs $@ $<

$(BUILD)/%: $(TEST)/%.c $(BUILD)/inner.a
	@mkdir -p $(@D)
	@$(CC) $(TEST_FLAGS) $(CFLAGS) -MMD -MP $< $(BUILD)/inner.a $(TEST_LINK) -lm -o $@

$(BUILD)/examples/%: $(ROOT)/examples/%.c $(BUILD)/libmn.a
	@mkdir -p $(@D)
	@$(CC) $(TEST_FLAGS) $(CFLAGS) -MMD -MP $< $(BUILD)/libmn.a -o $@

-include $(addprefix $(BUILD)/,$(TEST_NAMES:=.d) $(EXAMPLE_NAMES:=.d) tool/settings.d bench.d)

ONLY_NAMES = $(foreach n,$(TEST_NAMES) $(EXAMPLE_NAMES),$(if $(findstring $(ONLY),$(n)),$(n)))

# The same tests linked with the shared library: those of preemption, which asks what text it meets.
SHARED_NAMES = $(addprefix shared/,$(filter unit/preempt_% unit/$(ARCH)/preempt_%,$(ONLY_NAMES)))

$(BUILD)/shared/%: $(TEST)/%.c $(BUILD)/libmn.so
	@mkdir -p $(@D)
	@$(CC) $(TEST_FLAGS) $(CFLAGS) -MMD -MP $< -L$(BUILD) -lmn -Wl,-rpath,$(BUILD) -lm -o $@

ifeq ($(notdir $(BUILD)),plain)
test-programs: $(addprefix $(BUILD)/,$(SHARED_NAMES))
endif
test-programs: $(addprefix $(BUILD)/,$(if $(ONLY),$(ONLY_NAMES),$(TEST_NAMES) $(EXAMPLE_NAMES)) tool/settings)

BENCH_SOURCES := $(sort $(wildcard $(TEST)/bench/*.c))

$(BUILD)/mn-bench: $(BENCH_SOURCES) $(wildcard $(TEST)/bench/*.h) $(BUILD)/libmn.a
	@$(CC) $(TEST_FLAGS) $(CFLAGS) $(BENCH_SOURCES) $(BUILD)/libmn.a -lm -o $@

SCALE_SOURCES := $(sort $(wildcard $(TEST)/scale/*.c))

$(BUILD)/mn-scale: $(SCALE_SOURCES) $(wildcard $(TEST)/scale/*.h) $(BUILD)/libmn.a
	@$(CC) $(TEST_FLAGS) $(CFLAGS) $(SCALE_SOURCES) $(BUILD)/libmn.a -lm -o $@

# --- the trees ---

# All CPUs, unless this make was told how many.
TREE = +@$(MAKE) -s --no-print-directory -C $(ROOT) $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc)) \
	BUILD=$(BUILD)/$(1) CFLAGS="$(CFLAGS_$(1))" CORE_CFLAGS="$(CORE_CFLAGS_$(1))" ONLY='$(ONLY)'

tree-plain tree-asan tree-tsan tree-perturb tree-strict: tree-%:
	$(call TREE,$*) test-programs

# --- running ---

$(BUILD)/runner: $(TEST)/tool/runner.c
	@mkdir -p $(@D)
	@$(HOSTCC) -O2 -g $(WARN) $< -o $@

PLAN = SCALE=$(1) PERTURB=$(or $(PERTURB),$(2),1) RUN='$(RUN)' ONLY='$(ONLY)' $(TEST)/tool/plan $(BUILD)
RUNNER = $(BUILD)/runner -t $(or $(SECONDS),$(1)) -l $(BUILD)/logs -p $(BUILD)/ -x '$(RUN)'

test: tree-plain $(BUILD)/runner ## unit, stress and fault tests, examples
	@$(call PLAN,$(or $(SCALE),1)) plain:unit plain/shared:unit plain:stress plain:fault plain:examples | $(call RUNNER,60)

test-million: ## a million threads at once, parked, asleep, not started; 6 GB of memory, some minutes
	$(call TREE,plain) $(BUILD)/plain/unit/memory_given_back $(BUILD)/plain/unit/sleepers
	MN_TEST_THREADS=1000000 $(BUILD)/plain/unit/memory_given_back
	MN_TEST_THREADS=1000000 $(BUILD)/plain/unit/sleepers

test-deep: tree-asan tree-tsan tree-strict tree-perturb $(BUILD)/runner ## unit and stress tests under ASan, UBSan, TSan, perturbation; tool/plan says what is left out
	@$(call PLAN,$(or $(SCALE),1)) asan:unit asan:stress asan:fault tsan:unit tsan:stress \
		strict:unit strict:stress perturb:unit perturb:stress | $(call RUNNER,120)

soak: tree-plain tree-asan tree-tsan tree-strict tree-perturb $(BUILD)/runner ## stress tests over and over, for MINUTES=30 or until one fails
	@end=$$(($$(date +%s) + $(MINUTES) * 60)); \
	while [ $$(date +%s) -lt $$end ]; do \
		$(call PLAN,$(or $(SCALE),50),$$(date +%s)) plain:stress asan:stress tsan:stress strict:stress \
			perturb:unit perturb:stress | $(call RUNNER,600) || exit; \
	done

bench: ## what the runtime's operations cost, beside the floors
	$(call TREE,plain) $(BUILD)/plain/mn-bench
	@$(BUILD)/plain/mn-bench $(ARGS)

bench-scale: ## what a million threads cost: memory, time, how late sleepers wake; ARGS='THREADS ROUNDS'
	$(call TREE,plain) $(BUILD)/plain/mn-scale
	@$(BUILD)/plain/mn-scale $(ARGS)

examples: $(addprefix $(BUILD)/,$(EXAMPLE_NAMES)) ## the programs of examples/, into BUILD/examples
