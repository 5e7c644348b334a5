package workloads

import (
	"errors"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"fib", "imbalanced", "pingpong", "prodcons", "spawn", "yield"}
	for _, tc := range []struct{ name, want string }{
		{"spwan", "spawn"},
		{"Spawn", "spawn"},
		{"yeild", "yield"},
		{"fibb", "fib"},
		{"fi", "fib"},
		{"unbalanced", "imbalanced"},
		{"imb", "imbalanced"},
		{"prod", "prodcons"},
		{"p", ""},
		{"heat", ""},
		{"", ""},
	} {
		if got := Nearest(tc.name, names); got != tc.want {
			t.Errorf("Nearest(%q) = %q, want %q", tc.name, got, tc.want)
		}
	}
	if got := Nearest("mnx-", []string{"mnx-global", "mnx-local"}); got != "" {
		t.Errorf("a beginning that two names share is near to neither, have %q", got)
	}
}

func TestUnknown(t *testing.T) {
	for _, tc := range []struct {
		name string
		have []string
		want string
	}{
		{"spwan", []string{"fib", "spawn"}, `unknown workload "spwan"; did you mean "spawn"?`},
		{"heat", []string{"fib", "spawn"}, `unknown workload "heat"; there is fib, spawn`},
		{"heat", nil, `unknown workload "heat"; there is none`},
	} {
		err := Unknown("workload", tc.name, tc.have)
		if err.Error() != tc.want {
			t.Errorf("%q, want %q", err, tc.want)
		}
		var unknown *UnknownError
		if !errors.As(err, &unknown) || unknown.Name != tc.name {
			t.Errorf("%v is no UnknownError for %s", err, tc.name)
		}
	}
}
