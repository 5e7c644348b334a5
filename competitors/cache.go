package competitors

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The cache is a folder with
//
//	NAME/          a built driver: src, out, and stamp, touched at every use
//	NAME.lock      held while NAME is built, used for the first time, or removed
//	NAME.log       what the last build printed
//	tmp-NAME-*/    a build in progress
//
// where NAME is ID-KEY. An entry comes into being by one rename, so it is
// whole or not there; two mnbench that want the same one wait for each other.
const (
	stampName = "stamp"
	keepFor   = 30 * 24 * time.Hour
	keepTmp   = 24 * time.Hour
)

// DefaultCache is MNBENCH_CACHE, or mnbench in the user's cache folder.
func DefaultCache() (string, error) {
	if dir := os.Getenv("MNBENCH_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for built drivers: %w; set MNBENCH_CACHE to one", err)
	}
	return filepath.Join(dir, "mnbench"), nil
}

// lockPoll is how often a lock that someone else holds is tried again.
const lockPoll = 50 * time.Millisecond

// lock takes the lock file, waiting until the context ends. waiting is called
// once if someone else holds it.
func lock(ctx context.Context, file string, waiting func()) (unlock func(), err error) {
	for tries := 0; ; {
		f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|syscall.O_CLOEXEC, 0o666)
		if err != nil {
			return nil, err
		}
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil && stillThere(f, file) {
			return func() { f.Close() }, nil // closing gives the lock back
		}
		f.Close()
		if err == nil || errors.Is(err, unix.EINTR) {
			continue // removed by a prune between open and lock: try the new one
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if tries++; tries == 1 && waiting != nil {
			waiting()
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

// stillThere reports whether the name still leads to the locked file.
func stillThere(f *os.File, name string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(name)
	return err == nil && os.SameFile(a, b)
}

// prune removes entries unused for 30 days and what killed builds left. What
// it cannot remove it leaves: the next build tries again.
func prune(cache string, now time.Time) {
	list, err := os.ReadDir(cache)
	if err != nil {
		return
	}
	for _, e := range list {
		path := filepath.Join(cache, e.Name())
		switch {
		case e.IsDir() && strings.HasPrefix(e.Name(), "tmp-"):
			if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > keepTmp {
				os.RemoveAll(path)
			}
		case e.IsDir():
			if unused(path, now) {
				pruneEntry(path, now)
			}
		}
	}
}

func unused(entry string, now time.Time) bool {
	info, err := os.Stat(filepath.Join(entry, stampName))
	return err == nil && now.Sub(info.ModTime()) > keepFor
}

// pruneEntry removes an entry under its lock, unless someone has it.
func pruneEntry(entry string, now time.Time) {
	ctx, cancel := context.WithCancel(context.Background())
	unlock, err := lock(ctx, entry+".lock", cancel)
	cancel()
	if err != nil {
		return
	}
	defer unlock()
	if !unused(entry, now) {
		return
	}
	// Renamed first, so that a removal that is cut short leaves no half entry.
	gone, err := os.MkdirTemp(filepath.Dir(entry), "tmp-gone-")
	if err != nil {
		return
	}
	if os.Rename(entry, filepath.Join(gone, "entry")) == nil {
		os.Remove(entry + ".log")
		os.Remove(entry + ".lock")
	}
	os.RemoveAll(gone)
}
