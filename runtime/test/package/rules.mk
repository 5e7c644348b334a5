# The library as those meet it who install it, and under valgrind.

TEST_PACKAGES := g++ pkgconf valgrind gdb

.PHONY: package test-packages

test-packages:
	@echo $(TEST_PACKAGES)

package: | $(if $(filter test,$(MAKECMDGOALS)),tree-plain) ## install and check: names, headers in C and C++, pkg-config, README.md's program
	$(call TREE,plain) lib examples
	@CC='$(CC)' $(ROOT)/test/package/check $(BUILD)/plain $(BUILD)/package

ifeq ($(RUN)$(ONLY),)
test: package
endif
