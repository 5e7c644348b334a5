// Package protocol is the language between mnbench and a driver, version 1:
// what `DRIVER describe` and `DRIVER run` print. competitors/PROTOCOL.md
// defines it for people who write drivers; this package parses and formats it.
//
// Output comes from a program under test, so nothing in it is trusted: lines,
// their number and their total size are bounded, and every complaint names the
// line it is about.
package protocol

// Version is the protocol version that this package speaks.
const Version = 1

// Exit codes of a driver.
const (
	ExitDone        = 0
	ExitFailed      = 1  // the reason is on stderr
	ExitUsage       = 2  // unknown workload, parameter or option
	ExitUnsupported = 77 // this driver does not do this cell
)

// Phases of a sample.
const (
	Warmup = "warmup"
	Timed  = "timed"
)

// Line is one line of a run: *Config, *Sample, *Histogram, *Limit or *End.
type Line interface{ kind() string }

// Config says what the driver really applied. It is the first line of a run.
type Config struct {
	// PID of the process that does the work; 0 when the driver did not say.
	PID int
	// Workers is how many kernel threads run the runtime's threads, as the
	// driver understood it.
	Workers int
	// Settings is everything that the driver said, pid and workers included:
	// strings, json.Numbers and bools.
	Settings map[string]any
}

// Sample is one timed (or warm-up) execution of the workload.
type Sample struct {
	Phase string // Warmup or Timed
	Index int    // from 0 in each phase
	NS    int64  // nanoseconds on a monotonic clock
	Units uint64 // units of work done
	// Answer is written as a decimal string, so that no JSON reader rounds it.
	Answer uint64
	// SetupNS is optional: time spent outside the timed part since the line
	// before, for drivers that prepare a lot.
	SetupNS  int64
	RSSBytes uint64 // optional
	Counters map[string]uint64
}

// Histogram is a distribution: Buckets are pairs of inclusive upper bound and
// count, bounds strictly ascending.
type Histogram struct {
	Name    string      `json:"name"`
	Unit    string      `json:"unit"`
	Buckets [][2]uint64 `json:"buckets"`
}

// Limit says that the runtime could not go on and how far it got.
type Limit struct {
	What    string `json:"what"` // the system's own words
	Reached uint64 `json:"reached"`
}

// End is the last line of a run.
type End struct{}

func (*Config) kind() string    { return "config" }
func (*Sample) kind() string    { return "sample" }
func (*Histogram) kind() string { return "histogram" }
func (*Limit) kind() string     { return "limit" }
func (*End) kind() string       { return "end" }
