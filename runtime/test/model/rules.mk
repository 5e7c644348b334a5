# The model: see model.h. Built from the shipped sources and this folder alone.

MODEL = $(ROOT)/test/model
MODEL_BUILD = $(BUILD)/model
MODEL_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(WERROR)
MODEL_INCLUDE = -I$(MODEL) -I$(MODEL)/shim -I$(ROOT)/include -I$(ROOT)

# Explored code keeps nothing in registers across calls, so that its stack says all (explore.c).
MODEL_SAVED_x86_64 = rbx rbp r12 r13 r14 r15
MODEL_SAVED_aarch64 = x19 x20 x21 x22 x23 x24 x25 x26 x27 x28
MODEL_FIXED = $(patsubst %,-ffixed-%,$(MODEL_SAVED_$(ARCH))) -fomit-frame-pointer

# It calls us before each plain access (plain.c), and is not told that it does.
MODEL_EXPLORED = $(MODEL_FIXED) -fsanitize=thread -U__SANITIZE_THREAD__ -O1 -ffunction-sections -fdata-sections -Wno-unused-value

# The shipped sources that are explored, but for headers and those that a scenario includes.
MODEL_SHIPPED = core/timer sched/steal preempt/preempt

MODEL_ENGINE = memory late plain explore fiber futex trace mutate survey pool main
MODEL_SCENARIOS = $(patsubst $(MODEL)/%.c,%,$(wildcard $(MODEL)/litmus.c $(MODEL)/scenario_*.c $(MODEL)/explored_*.c))

MODEL_OBJECTS = $(patsubst %,$(MODEL_BUILD)/%.o,$(MODEL_ENGINE) $(MODEL_SCENARIOS) $(MODEL_SHIPPED))

$(MODEL_BUILD)/%.o: $(MODEL)/%.c
	@mkdir -p $(@D)
	$(CC) $(MODEL_CFLAGS) $(MODEL_INCLUDE) -MMD -MP -c $< -o $@

$(MODEL_BUILD)/%.o: $(ROOT)/%.c
	@mkdir -p $(@D)
	$(CC) $(MODEL_CFLAGS) $(MODEL_INCLUDE) -MMD -MP -c $< -o $@

$(patsubst %,$(MODEL_BUILD)/%.o,$(MODEL_SCENARIOS) $(MODEL_SHIPPED)): MODEL_CFLAGS += $(MODEL_EXPLORED)

# What shipped sources call and no scenario reaches: a function that says its name.
$(MODEL_BUILD)/missing.c: $(MODEL_OBJECTS)
	@nm -P $^ | awk '$$2 == "U" { u[$$1] } $$2 != "U" { d[$$1] } \
		END { print "_Noreturn void model_missing(const char *);"; \
		      for (s in u) if (s ~ /^mni?_/ && !(s in d)) \
		              print "void " s "(void);\nvoid " s "(void) { model_missing(\"" s "\"); }" }' >$@

$(MODEL_BUILD)/missing.o: $(MODEL_BUILD)/missing.c
	$(CC) $(MODEL_CFLAGS) -c $< -o $@

$(MODEL_BUILD)/model: $(MODEL_OBJECTS) $(MODEL_BUILD)/missing.o
	$(CC) -no-pie -Wl,--gc-sections -o $@ $^

.PHONY: model model-mutations

ifeq ($(ONLY),)
test-deep: model
endif

model: $(MODEL_BUILD)/model ## explore the lock-free code under C11's weak memory
	@$<

model-mutations: $(MODEL_BUILD)/model ## weaken each order in it; the exploration must find it
	@$< --mutations $(MODEL)/survivors.txt

-include $(MODEL_OBJECTS:.o=.d)
