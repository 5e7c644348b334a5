package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestCodeOf(t *testing.T) {
	plain := errors.New("x")
	for _, tt := range []struct {
		err  error
		want int
	}{
		{nil, exitOK},
		{plain, exitUsage},
		{withCode(exitInvalid, plain), exitInvalid},
		{fmt.Errorf("more: %w", withCode(exitNothing, plain)), exitNothing},
		{fmt.Errorf("more: %w", errInterrupted), exitInterrupted},
	} {
		if have := codeOf(tt.err); have != tt.want {
			t.Errorf("codeOf(%v) = %d, want %d", tt.err, have, tt.want)
		}
	}
}

// TestExitTable: every code once, and each with a meaning.
func TestExitTable(t *testing.T) {
	seen := map[int]bool{}
	for _, row := range exitTable {
		if seen[row.code] || row.meaning == "" {
			t.Errorf("code %d: twice, or without a meaning", row.code)
		}
		seen[row.code] = true
	}
	for _, code := range []int{exitOK, exitRegression, exitUsage, exitInvalid, exitInconclusive, exitNothing, exitInterrupted} {
		if !seen[code] {
			t.Errorf("code %d is not in the table", code)
		}
	}
}

// TestRunAfterInterrupt: a context that has ended is an interrupt, whoever
// notices it.
func TestRunAfterInterrupt(t *testing.T) {
	t.Setenv("MNBENCH_CACHE", t.TempDir())
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errInterrupted)
	for _, args := range [][]string{{"doctor"}, {"run", "smoke", "--out", t.TempDir() + "/x.jsonl"}, {"verify"}} {
		if have := run(ctx, args, discard(t)); have != exitInterrupted {
			t.Errorf("%v: exit code %d, want %d", args, have, exitInterrupted)
		}
	}
}
