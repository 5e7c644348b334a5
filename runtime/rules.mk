# How libmn is built. No file lists: a source is found by the folder it lies in.
#
#   ROOT   this folder       BUILD   where everything made goes
#   CC AR OBJCOPY  the toolchain
#   CFLAGS         optimisation and warnings; the rest is fixed

OBJCOPY ?= objcopy

ARCH ?= $(shell $(CC) -dumpmachine | cut -d- -f1)
PLATFORM ?= linux
CFLAGS ?= -O2 -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-tsan $(WERROR)

# -mno-red-zone and omitted frame pointers: see arch/x86_64/arch.h.
ARCHFLAGS_x86_64 = -mno-red-zone
FIXED = -std=gnu11 -pthread -fno-strict-aliasing -fvisibility=hidden \
	$(ARCHFLAGS_$(ARCH)) -I$(ROOT)/include -I$(ROOT) -I$(ROOT)/arch/$(ARCH) -I$(ROOT)/platform/$(PLATFORM) \
	-I$(ROOT)/platform/$(PLATFORM)/$(ARCH)

FOLDERS = core sched sync preempt posix arch/$(ARCH) platform/$(PLATFORM) platform/$(PLATFORM)/$(ARCH)
SOURCES = $(foreach f,$(FOLDERS),$(wildcard $(ROOT)/$(f)/*.c $(ROOT)/$(f)/*.S))
OBJECTS = $(patsubst $(ROOT)/%,$(BUILD)/obj/%.o,$(SOURCES))

# All of the runtime's text goes into one section, whose bounds the linker then
# names: a thread is never preempted inside (platform/linux/tick.c).
define COMPILE
@mkdir -p $(@D)
$(CC) $(FIXED) $(CFLAGS) -MMD -MP -c $< -o $@
@$(OBJCOPY) --rename-section .text=mn_text --rename-section .text.unlikely=mn_text \
	--rename-section .text.startup=mn_text --rename-section .text.hot=mn_text $@
endef

$(BUILD)/obj/%.c.o: $(ROOT)/%.c
	$(COMPILE)

$(BUILD)/obj/%.S.o: $(ROOT)/%.S
	$(COMPILE)

$(BUILD)/libmn.a: $(OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $(OBJECTS)

-include $(OBJECTS:.o=.d)
