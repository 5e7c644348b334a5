package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/mnbench/mnbench/competitors"
)

// Two runs that measure at the same time spoil each other's numbers, so a run
// holds a lock file (flock) in the cache folder from its first build to its
// last invocation. Others wait, or go on with a warning when told to. The file
// says who holds it; the lock itself ends with the process, however that ends.
const lockName = "measuring.lock"

// lockLook is how often a run that waits looks again: flock can wait on its
// own, but not until an interrupt.
const lockLook = 250 * time.Millisecond

// holder is what the lock file says.
type holder struct {
	PID   int       `json:"pid"`
	Args  []string  `json:"args"`
	Since time.Time `json:"since"`
}

func (h holder) String() string {
	if h.PID == 0 {
		return "another mnbench"
	}
	return fmt.Sprintf("another mnbench (process %d, %q, since %s)",
		h.PID, strings.Join(append([]string{"mnbench"}, h.Args...), " "), h.Since.Local().Format("15:04:05"))
}

func noWaitFlag(cmd *cobra.Command, noWait *bool) {
	cmd.Flags().BoolVar(noWait, "no-wait", false, "do not wait for another mnbench that is measuring on this machine")
}

// lockMachine takes the lock. While another run holds it, it waits; with wait
// false it warns and returns without it. unlock is never nil.
func lockMachine(ctx context.Context, u *ui, args []string, wait bool) (unlock func(), err error) {
	free := func() {}
	cache, err := competitors.DefaultCache()
	if err != nil {
		return free, err
	}
	if err := os.MkdirAll(cache, 0o777); err != nil {
		return free, fmt.Errorf("%s: no folder for built drivers: %w; set MNBENCH_CACHE to one that can be written", cache, err)
	}
	f, err := os.OpenFile(filepath.Join(cache, lockName), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return free, fmt.Errorf("%w; set MNBENCH_CACHE to a folder that can be written", err)
	}
	for first := true; ; first = false {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			sign(f, args)
			return func() { f.Close() }, nil
		case errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.EOPNOTSUPP):
			f.Close()
			return free, nil // a file system without locks: nothing to be told
		case !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR):
			f.Close()
			return free, fmt.Errorf("%s: %w", f.Name(), err)
		}
		if !wait {
			u.Warn("%s is measuring at the same time: expect its results and these to be disturbed", who(f))
			f.Close()
			return free, nil
		}
		if first {
			u.Say("waiting for %s to end, because running at the same time would spoil its results and these; --no-wait goes on at once", who(f))
		}
		select {
		case <-ctx.Done():
			f.Close()
			return free, ctx.Err()
		case <-time.After(lockLook):
		}
	}
}

// sign says in the file who holds the lock; it is for people only, so a full
// disk does not matter.
func sign(f *os.File, args []string) {
	data, err := json.Marshal(holder{os.Getpid(), args, time.Now()})
	if err == nil && f.Truncate(0) == nil {
		_, _ = f.WriteAt(data, 0)
	}
}

func who(f *os.File) holder {
	var h holder
	data, err := io.ReadAll(io.NewSectionReader(f, 0, 64<<10))
	if err != nil || json.Unmarshal(data, &h) != nil {
		return holder{} // it is just being written
	}
	return h
}
