package competitors

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestTwoBuildersBuildOnce(t *testing.T) {
	c, _, count := toy(t, describer)
	cache := t.TempDir()
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			// Builders of their own, as two processes have.
			_, errs[i] = (&Builder{Cache: cache}).Build(context.Background(), c)
		}()
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if got := builds(t, count); got != 1 {
		t.Errorf("%d builds, want 1", got)
	}
}

func TestWaitingForALockEndsWithTheContext(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.lock")
	unlock, err := lock(context.Background(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := lock(ctx, file, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want canceled", err)
	}
	unlock()
	unlock, err = lock(context.Background(), file, func() { t.Error("waited for a lock that was given back") })
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestCancelledBuildLeavesNothing(t *testing.T) {
	c, _, fifo := toy(t, describer, "echo built >>$COUNT", "echo begun >$COUNT; exec sleep 1000")
	if err := syscall.Mkfifo(fifo, 0o666); err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := (&Builder{Cache: cache}).Build(ctx, c)
		done <- err
	}()
	// Returns when the build is in its endless command.
	if data, err := os.ReadFile(fifo); err != nil || string(data) != "begun\n" {
		t.Fatalf("the build said %q, %v", data, err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want canceled", err)
	}
	left, _ := filepath.Glob(filepath.Join(cache, "t*", "*"))
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPrune(t *testing.T) {
	cache := t.TempDir()
	now := time.Now()
	put := func(name string, age time.Duration) {
		t.Helper()
		path := filepath.Join(cache, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{path, filepath.Dir(path)} {
			if err := os.Chtimes(p, now.Add(-age), now.Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
	}
	const day = 24 * time.Hour
	put("new-1/stamp", day)
	put("old-1/stamp", 31*day)
	put("busy-1/stamp", 31*day)
	put("tmp-x-1/file", 2*day)
	put("tmp-y-1/file", time.Hour)
	put("strange/file", 90*day)
	for _, name := range []string{"new-1.lock", "old-1.lock", "old-1.log"} {
		if err := os.WriteFile(filepath.Join(cache, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	unlock, err := lock(context.Background(), filepath.Join(cache, "busy-1.lock"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	prune(cache, now)
	list, err := os.ReadDir(cache)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	want := []string{"busy-1", "busy-1.lock", "new-1", "new-1.lock", "strange", "tmp-y-1"}
	if !slices.Equal(names, want) {
		t.Errorf("left: %q, want %q", names, want)
	}
}
