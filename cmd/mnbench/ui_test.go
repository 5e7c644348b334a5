package main

import (
	"errors"
	"io/fs"
	"testing"

	"golang.org/x/sys/unix"
)

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestSticky(t *testing.T) {
	full := &sticky{w: failing{unix.ENOSPC}}
	if _, err := full.Write([]byte("x")); err == nil || !errors.Is(full.err, unix.ENOSPC) {
		t.Errorf("a full disk: %v, kept %v", err, full.err)
	}
	full.w = failing{nil}
	if _, err := full.Write([]byte("x")); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("after a full disk: %v", err)
	}
	closed := &sticky{w: failing{&fs.PathError{Op: "write", Path: "stdout", Err: unix.EPIPE}}}
	for range 2 {
		if n, err := closed.Write([]byte("x")); n != 1 || err != nil || closed.err != nil {
			t.Errorf("a reader that has gone: %d, %v, kept %v", n, err, closed.err)
		}
	}
}

func TestUTF8Locale(t *testing.T) {
	for _, tt := range []struct {
		all, ctype, lang string
		want             bool
	}{
		{"", "", "", false},
		{"", "", "de_DE.UTF-8", true},
		{"C", "", "de_DE.UTF-8", false},
		{"", "C.utf8", "C", true},
	} {
		t.Setenv("LC_ALL", tt.all)
		t.Setenv("LC_CTYPE", tt.ctype)
		t.Setenv("LANG", tt.lang)
		if have := utf8Locale(); have != tt.want {
			t.Errorf("%+v: %v", tt, have)
		}
	}
}

func TestWords(t *testing.T) {
	for _, tt := range []struct{ have, want string }{
		{quoted("a-b/c.jsonl"), "a-b/c.jsonl"},
		{quoted("it's mine.jsonl"), `'it'\''s mine.jsonl'`},
		{clock(41e9), "0:41"},
		{clock(3730e9), "1:02:10"},
		{count(1, "cell"), "1 cell"},
		{count(0, "cell"), "0 cells"},
		{fit("abcdef", 3), "abc"},
		{fit("ab", 4), "ab  "},
		{fit("ab", -1), ""},
	} {
		if tt.have != tt.want {
			t.Errorf("%q, want %q", tt.have, tt.want)
		}
	}
}
