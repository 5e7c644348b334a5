package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The test binary is also mnbench itself, through the real main, and the
// driver that misbehaves on request: scripts call them by name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"mnbench":    main,
		"fakedriver": fakeDriver,
	})
}
