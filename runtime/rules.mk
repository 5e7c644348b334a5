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
FIXED = -std=gnu11 -pthread -fno-strict-aliasing -fvisibility=hidden \
	-fno-semantic-interposition -fPIC -fno-plt \
	$(ARCHFLAGS_$(ARCH)) -I$(ROOT)/include -I$(ROOT) -I$(ROOT)/arch/$(ARCH) -I$(ROOT)/platform/$(PLATFORM) \
	-I$(ROOT)/platform/$(PLATFORM)/$(ARCH)

FOLDERS = core sched sync preempt io posix diag arch/$(ARCH) platform/$(PLATFORM) platform/$(PLATFORM)/$(ARCH)
SOURCES = $(foreach f,$(FOLDERS),$(wildcard $(ROOT)/$(f)/*.c $(ROOT)/$(f)/*.S))
OBJECTS = $(patsubst $(ROOT)/%,$(BUILD)/obj/%.o,$(SOURCES))

# Reports read what others are at: stacks in use, descriptors that change.
# The macros stay: structures look the same everywhere.
UNWATCHED = -fno-sanitize=all $(if $(findstring sanitize=address,$(CFLAGS)),-D__SANITIZE_ADDRESS__) \
	$(if $(findstring sanitize=thread,$(CFLAGS)),-D__SANITIZE_THREAD__)

define COMPILE
@mkdir -p $(@D)
$(CC) $(FIXED) $(CFLAGS) $(if $(filter $(ROOT)/diag/%,$<),$(UNWATCHED)) $(if $(filter $(ROOT)/sync/% $(ROOT)/posix/%,$<),,$(CORE_CFLAGS)) -MMD -MP -c $< -o $@
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

# What is hidden becomes local: a program may use all names that do not begin with mn_.
$(BUILD)/libmn.a: $(BUILD)/mn.o
	@rm -f $@
	@mkdir -p $(BUILD)/archive
	@$(OBJCOPY) --localize-hidden $< $(BUILD)/archive/mn.o
	$(AR) rcs $@ $(BUILD)/archive/mn.o

# Calls from the library to its own functions are bound here: bound by the loader, they could
# lead through the program's text (its linkage table), where a thread may be preempted.
# It is never unloaded, for threads of it run.
VERSION := $(shell sed -n 's/^.define MN_VERSION "\(.*\)"$$/\1/p' $(ROOT)/include/mn.h)
SONAME := libmn.so.$(firstword $(subst ., ,$(VERSION)))

$(BUILD)/libmn.so.$(VERSION): $(BUILD)/mn.o $(ROOT)/exports.ld
	$(CC) $(CFLAGS) -shared -pthread -Wl,-soname,$(SONAME) -Wl,-Bsymbolic -Wl,-z,nodelete -Wl,-z,now \
		-Wl,--version-script=$(ROOT)/exports.ld $< -o $@

$(BUILD)/libmn.so: $(BUILD)/libmn.so.$(VERSION)
	@ln -sf libmn.so.$(VERSION) $(BUILD)/$(SONAME)
	@ln -sf $(SONAME) $@

-include $(OBJECTS:.o=.d)
