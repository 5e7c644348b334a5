# Programs and tests that others have written, with libmn in place of the system's
# threads. They are the distribution's source packages, fetched by apt.
#
#   ONLY     tests and programs whose name contains this
#   SECONDS  time limit of a test
#   FOREIGN_SOURCES  where the packages lie unpacked; what is missing there is fetched

FOREIGN := $(ROOT)/test/foreign
FOREIGN_SOURCES ?= $(BUILD)/foreign/sources
FOREIGN_SUITE := posixtestsuite
FOREIGN_PROGRAMS := xz-utils pbzip2

.PHONY: foreign

foreign: ## others' threaded programs, and the Open POSIX Test Suite; fetches sources
	$(call TREE,plain) lib
	@$(FOREIGN)/fetch $(FOREIGN_SOURCES) $(FOREIGN_SUITE)
	@$(FOREIGN)/fetch $(FOREIGN_SOURCES) $(FOREIGN_PROGRAMS) || true
	@ONLY='$(ONLY)' CC='$(CC)' $(FOREIGN)/programs $(FOREIGN_SOURCES) $(BUILD)/plain $(BUILD)/foreign/programs
	@ONLY='$(ONLY)' CC='$(CC)' SECONDS='$(SECONDS)' \
		$(FOREIGN)/suite $(FOREIGN_SOURCES)/$(FOREIGN_SUITE) $(BUILD)/plain $(BUILD)/foreign/suite
