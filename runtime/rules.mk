# How libmn is built. No file lists: a source is found by the folder it lies in.
#
#   ROOT   this folder       BUILD   where everything made goes
#   CC AR OBJCOPY  the toolchain
#   CFLAGS         optimisation and warnings; the rest is fixed
#   CORE_CFLAGS    added to them for all but sync/ and posix/

OBJCOPY ?= objcopy

ARCH ?= $(shell $(CC) -dumpmachine | cut -d- -f1)
PLATFORM ?= linux
CFLAGS ?= -O2 -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-tsan $(WERROR)

# -mno-red-zone and omitted frame pointers: see arch/x86_64/arch.h. -fno-plt, which
# takes -fPIC on AArch64: a call to libc must not pass through the program's own text.
ARCHFLAGS_x86_64 = -mno-red-zone
FIXED = -std=gnu11 -pthread -fno-strict-aliasing -fvisibility=hidden -fPIC -fno-plt \
	$(ARCHFLAGS_$(ARCH)) -I$(ROOT)/include -I$(ROOT) -I$(ROOT)/arch/$(ARCH) -I$(ROOT)/platform/$(PLATFORM) \
	-I$(ROOT)/platform/$(PLATFORM)/$(ARCH)

FOLDERS = core sched sync preempt io posix arch/$(ARCH) platform/$(PLATFORM) platform/$(PLATFORM)/$(ARCH)
SOURCES = $(foreach f,$(FOLDERS),$(wildcard $(ROOT)/$(f)/*.c $(ROOT)/$(f)/*.S))
OBJECTS = $(patsubst $(ROOT)/%,$(BUILD)/obj/%.o,$(SOURCES))

define COMPILE
@mkdir -p $(@D)
$(CC) $(FIXED) $(CFLAGS) $(if $(filter $(ROOT)/sync/% $(ROOT)/posix/%,$<),,$(CORE_CFLAGS)) -MMD -MP -c $< -o $@
endef

$(BUILD)/obj/%.c.o: $(ROOT)/%.c
	$(COMPILE)

$(BUILD)/obj/%.S.o: $(ROOT)/%.S
	$(COMPILE)

# All of the runtime's text goes into one section: a thread is never preempted
# inside (platform/linux/tick.c). That has to hold for what the compiler calls of
# its own accord too, so those helpers are linked in here, under local names.
$(BUILD)/mn.o: $(OBJECTS) $(ROOT)/text.ld
	$(CC) -r -nostdlib -Wl,-T,$(ROOT)/text.ld $(OBJECTS) $(shell $(CC) -print-libgcc-file-name) -o $@.all
	@$(OBJCOPY) --wildcard --localize-symbol='__*' $@.all $@
	@rm $@.all

$(BUILD)/libmn.a: $(BUILD)/mn.o
	@rm -f $@
	$(AR) rcs $@ $<

-include $(OBJECTS:.o=.d)
