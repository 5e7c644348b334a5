package host

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// PerfEvents says whether this process may count its own events with
// perf_event_open(2): software ones (context switches) and hardware ones
// (instructions). nil: it may.
func PerfEvents() (software, hardware error) {
	return perfOpen(unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_CONTEXT_SWITCHES),
		perfOpen(unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_INSTRUCTIONS)
}

// perfOpen tries one event of the calling thread, counted in user mode only.
func perfOpen(kind uint32, event uint64) error {
	attr := unix.PerfEventAttr{
		Type: kind, Config: event,
		Size: uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
		Bits: unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv | unix.PerfBitDisabled,
	}
	fd, err := unix.PerfEventOpen(&attr, 0, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("perf_event_open: %w", err)
	}
	return unix.Close(fd)
}
