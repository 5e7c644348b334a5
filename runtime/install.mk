# Installing: make install PREFIX=/usr/local [DESTDIR=], and uninstall.
#
#   PREFIX      where it is to be found
#   DESTDIR     put before it while it is copied, as packagers do
#   LIBDIR      PREFIX/lib     INCLUDEDIR  PREFIX/include     DATADIR  PREFIX/share

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
INSTALL ?= install

.PHONY: install uninstall

HEADERS := $(notdir $(wildcard $(ROOT)/include/*.h))
INSTALLED = $(addprefix $(INCLUDEDIR)/,$(HEADERS)) $(LIBDIR)/pkgconfig/mn.pc \
	$(DATADIR)/libmn/libmn.py $(addprefix $(LIBDIR)/,libmn.a libmn.so $(SONAME) libmn.so.$(VERSION))

# By other folders another file: it is made each time.
.PHONY: $(BUILD)/mn.pc
$(BUILD)/mn.pc:
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'includedir=$(INCLUDEDIR)' '' \
		'Name: mn' 'Description: green threads, many on few kernel threads' 'Version: $(VERSION)' \
		'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -lmn' 'Libs.private: -pthread' >$@

install: lib $(BUILD)/mn.pc ## install into PREFIX=/usr/local: libraries, headers, mn.pc for pkg-config
	@mkdir -p '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(INCLUDEDIR)' '$(DESTDIR)$(DATADIR)/libmn'
	$(INSTALL) -m 644 $(addprefix $(ROOT)/include/,$(HEADERS)) '$(DESTDIR)$(INCLUDEDIR)'
	$(INSTALL) -m 644 $(BUILD)/libmn.a '$(DESTDIR)$(LIBDIR)'
	$(INSTALL) -m 755 $(BUILD)/libmn.so.$(VERSION) '$(DESTDIR)$(LIBDIR)'
	@ln -sf libmn.so.$(VERSION) '$(DESTDIR)$(LIBDIR)/$(SONAME)'
	@ln -sf $(SONAME) '$(DESTDIR)$(LIBDIR)/libmn.so'
	$(INSTALL) -m 644 $(ROOT)/gdb/libmn.py '$(DESTDIR)$(DATADIR)/libmn'
	$(INSTALL) -m 644 $(BUILD)/mn.pc '$(DESTDIR)$(LIBDIR)/pkgconfig'
	@[ -n '$(DESTDIR)' ] || [ "$$(id -u)" != 0 ] || ! command -v ldconfig >/dev/null || ldconfig

uninstall: ## remove what install has put there
	rm -f $(foreach f,$(INSTALLED),'$(DESTDIR)$(f)')
