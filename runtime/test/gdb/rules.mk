# gdb/libmn.py, on a live process and on a core file.

.PHONY: test-gdb

$(BUILD)/gdb/program: $(TEST)/gdb/program.c $(BUILD)/libmn.a
	@mkdir -p $(@D)
	@$(CC) $(TEST_FLAGS) $(CFLAGS) $< $(BUILD)/libmn.a -o $@

test-gdb: ## check the GDB commands: info mn-threads, mn-bt, mn-frame (apt: gdb)
	$(call TREE,plain) $(BUILD)/plain/gdb/program
	@$(TEST)/gdb/check $(BUILD)/plain/gdb/program $(BUILD)/gdb

ifeq ($(RUN)$(ONLY),)
test-deep: test-gdb
endif
