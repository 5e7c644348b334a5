package host

import (
	"strings"
	"testing"
)

// TestPerfEvents: whatever the machine allows, a refusal says by whom. Hardware
// events without software ones make no sense.
func TestPerfEvents(t *testing.T) {
	software, hardware := PerfEvents()
	for _, err := range []error{software, hardware} {
		if err != nil && !strings.HasPrefix(err.Error(), "perf_event_open: ") {
			t.Errorf("%v does not say what was refused", err)
		}
	}
	if software != nil && hardware == nil {
		t.Errorf("hardware events are allowed, software events are not: %v", software)
	}
}
