# How libmn is built. No file lists: a source is found by the folder it lies in.
#
#   ROOT   this folder       BUILD   where everything made goes
#   CC AR  the toolchain     CFLAGS  optimisation and warnings; the rest is fixed

ARCH ?= $(shell $(CC) -dumpmachine | cut -d- -f1)
PLATFORM ?= linux
CFLAGS ?= -O2 -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-tsan $(WERROR)

# -mno-red-zone and omitted frame pointers: see arch/x86_64/arch.h.
ARCHFLAGS_x86_64 = -mno-red-zone
FIXED = -std=gnu11 -pthread -fno-strict-aliasing -fvisibility=hidden \
	$(ARCHFLAGS_$(ARCH)) -I$(ROOT)/include -I$(ROOT) -I$(ROOT)/arch/$(ARCH) -I$(ROOT)/platform/$(PLATFORM)

FOLDERS = core sched sync posix arch/$(ARCH) platform/$(PLATFORM)
SOURCES = $(foreach f,$(FOLDERS),$(wildcard $(ROOT)/$(f)/*.c $(ROOT)/$(f)/*.S))
OBJECTS = $(patsubst $(ROOT)/%,$(BUILD)/obj/%.o,$(SOURCES))

$(BUILD)/obj/%.c.o: $(ROOT)/%.c
	@mkdir -p $(@D)
	$(CC) $(FIXED) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/obj/%.S.o: $(ROOT)/%.S
	@mkdir -p $(@D)
	$(CC) $(FIXED) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/libmn.a: $(OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $(OBJECTS)

-include $(OBJECTS:.o=.d)
