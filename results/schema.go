// Package results holds the record: the file that a run leaves, complete
// enough to redo every table and chart from it.
//
// A record is JSON Lines, append-only, in this order:
//
//	run         one line, first: what was asked, of what machine
//	unavailable one line per runtime that could not take part, with the cure
//	sample      one line per iteration of an invocation ...
//	invocation  ... followed by one line for the invocation itself, which
//	            commits its samples: samples without it are ignored
//	end         one line, last: absent when the run was killed
//
// The writer flushes after every invocation line, so a killed run loses at
// most the invocation in flight.
package results

import (
	"slices"
	"strconv"
	"time"

	"github.com/mnbench/mnbench/workloads"
)

// SchemaVersion is the version of the record format that this package writes.
const SchemaVersion = 1

// Cell is what gets measured: one variant doing one workload with one set of
// parameters on a number of workers.
type Cell struct {
	Runtime  string           `json:"runtime"` // variant id: "mn", "loom-platform"
	Workload string           `json:"workload"`
	Params   workloads.Params `json:"params"`
	Workers  int              `json:"workers"`
	Mode     Mode             `json:"mode"`
}

// Key identifies a cell: equal keys mean the same cell.
func (c Cell) Key() string {
	return c.Group() + "\x00" + c.Runtime
}

// String names the cell for people: "mn: fib n=25 cutoff=0, 2 workers".
func (c Cell) String() string {
	how := FormatWorkers(c.Workers)
	if c.Mode == Serial {
		how = "sequential"
	}
	return c.Runtime + ": " + Block{Workload: c.Workload, Params: c.Params}.Title() + ", " + how
}

// Mode says how the workload is executed.
type Mode string

const (
	Parallel Mode = "parallel" // with the runtime's threads
	Serial   Mode = "serial"   // as plain sequential code in that language
)

// Status is how an invocation ended. Everything but OK is a result too.
type Status string

const (
	OK          Status = "ok"
	Limit       Status = "limit"       // the runtime met a limit of the system and said so
	Unsupported Status = "unsupported" // declined, exit 77
	WrongAnswer Status = "wrong-answer"
	WrongUnits  Status = "wrong-units"
	Timeout     Status = "timeout"
	Crash       Status = "crash"     // ended by a signal
	Failed      Status = "failed"    // exit status other than 0 and 77
	Protocol    Status = "protocol"  // rubbish, a flood, or no end line
	BadClock    Status = "bad-clock" // the driver's clock disagrees with the wall
	Unequal     Status = "unequal"   // affinity or worker count was not as told
)

// These two never stand in a record: a summary gives them to planned cells
// that have no invocation.
const (
	NotRun Status = "not-run"     // the run ended before its turn came
	Absent Status = "unavailable" // its runtime could not take part
)

// Invalid reports whether a status makes the results of a run invalid
// (exit code 3), as opposed to a finding about the runtime.
func (s Status) Invalid() bool {
	switch s {
	case OK, Limit, Unsupported, NotRun, Absent:
		return false
	}
	return true
}

// severity orders statuses: what a cell without a result is said to be is the
// worst that happened to it. An unknown status is from a newer mnbench.
func (s Status) severity() int {
	order := []Status{OK, Absent, NotRun, Unsupported, Limit, Timeout, Unequal, BadClock, Protocol, Failed, Crash, WrongUnits, WrongAnswer}
	if i := slices.Index(order, s); i >= 0 {
		return i
	}
	return len(order)
}

// Run is the first line of a record.
type Run struct {
	Type     string    `json:"type"` // "run"
	Schema   int       `json:"schema"`
	ID       string    `json:"id"`
	Time     time.Time `json:"time"`
	Tool     Tool      `json:"tool"`
	Args     []string  `json:"args"`
	Seed     uint64    `json:"seed"`
	Plan     Plan      `json:"plan"`
	Host     Host      `json:"host"` // of a merged record: that of the first shard
	Runtimes []Runtime `json:"runtimes"`

	// Parts are the shards that a merged record was put together from, each
	// perhaps from a machine of its own.
	Parts []Part `json:"parts,omitempty"`
}

// Tool is the mnbench that made the record.
type Tool struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

// Plan is what the run set out to do.
type Plan struct {
	Suite       string `json:"suite,omitempty"`
	Cells       []Cell `json:"cells"`
	Invocations int    `json:"invocations"` // per cell
	Iterations  int    `json:"iterations"`  // timed, per invocation
	Warmup      int    `json:"warmup"`      // untimed, per invocation
	CPUs        []int  `json:"cpus"`        // the run's CPU set; w workers get the first w of it

	TimeoutNS int64  `json:"timeout_ns,omitempty"` // of one invocation
	BudgetNS  int64  `json:"budget_ns,omitempty"`  // Invocations is then the least; where they go is decided on the way
	Shard     *Shard `json:"shard,omitempty"`      // only this part of the cells is in the record

	// Units names the unit of work of each workload ("fib": "thread"), so that
	// a record can be shown without the catalogue that made it.
	Units map[string]string `json:"units,omitempty"`

	// Memory names the parameter that a workload's memory grows with ("idle":
	// "threads"), where that is what it measures.
	Memory map[string]string `json:"memory,omitempty"`
}

// Runtime is an entrant as it took part.
type Runtime struct {
	ID         string `json:"id"`         // variant
	Competitor string `json:"competitor"` // folder
	Version    string `json:"version"`
	Language   string `json:"language"`
	Model      string `json:"model"`
	Build      string `json:"build"` // content hash of sources and toolchain
	Toolchain  string `json:"toolchain"`
	Floor      bool   `json:"floor,omitempty"`    // a limit under the runtimes: shown, not ranked
	Revision   string `json:"revision,omitempty"` // of a gate: the commit or folder that it was built from
}

// Host is the machine. Unknown facts are empty.
type Host struct {
	Name        string            `json:"name"`
	OS          string            `json:"os"`
	Kernel      string            `json:"kernel"`
	Arch        string            `json:"arch"`
	CPUModel    string            `json:"cpu_model"`
	CPUs        int               `json:"cpus"`
	SMT         string            `json:"smt,omitempty"`
	Governor    string            `json:"governor,omitempty"`
	Turbo       string            `json:"turbo,omitempty"`
	Hypervisor  string            `json:"hypervisor,omitempty"`
	MemoryBytes uint64            `json:"memory_bytes"`
	Load1       float64           `json:"load1"`
	Cgroup      map[string]string `json:"cgroup,omitempty"`
	Mitigations map[string]string `json:"mitigations,omitempty"`
}

// Unavailable is a runtime that could not take part.
type Unavailable struct {
	Type    string `json:"type"` // "unavailable"
	Runtime string `json:"runtime"`
	Reason  string `json:"reason"`
	Hint    string `json:"hint,omitempty"` // the command that would bring it
}

// Sample is one execution inside an invocation.
type Sample struct {
	Type       string            `json:"type"` // "sample"
	Cell       int               `json:"cell"` // index into Plan.Cells
	Invocation int               `json:"invocation"`
	Phase      Phase             `json:"phase"`
	Index      int               `json:"index"`
	NS         int64             `json:"ns"`
	Units      uint64            `json:"units"`
	Answer     uint64            `json:"answer,string"`
	RSSBytes   uint64            `json:"rss_bytes,omitempty"`
	Counters   map[string]uint64 `json:"counters,omitempty"`
}

// Phase of a sample.
type Phase string

const (
	Warmup Phase = "warmup"
	Timed  Phase = "timed"
)

// Invocation is one driver process: how it ended and what was seen from
// outside while it ran.
type Invocation struct {
	Type       string         `json:"type"` // "invocation"
	Cell       int            `json:"cell"`
	Invocation int            `json:"invocation"` // -1: the check before timing
	Order      int            `json:"order"`      // position in the run; what was left out leaves a gap
	Status     Status         `json:"status"`
	Detail     string         `json:"detail,omitempty"`  // for people: what went wrong, or the limit's own words
	Reached    uint64         `json:"reached,omitempty"` // how far a limit let it come
	Start      time.Time      `json:"start"`
	WallNS     int64          `json:"wall_ns"`
	Config     map[string]any `json:"config,omitempty"` // what the driver says it applied
	Histograms []Histogram    `json:"histograms,omitempty"`
	Seen       Seen           `json:"seen"`
	Noise      Noise          `json:"noise"`
}

// Histogram is a distribution that the driver measured in its timed iterations,
// such as latencies. A bucket is a pair of inclusive upper bound and count;
// bounds ascend. Records of older versions have none.
type Histogram struct {
	Name    string      `json:"name"`
	Unit    string      `json:"unit"`
	Buckets [][2]uint64 `json:"buckets"`
}

// Seen is what the engine read from outside. Zero: not read.
type Seen struct {
	Threads      int   `json:"threads,omitempty"` // most kernel threads at once
	CPUs         []int `json:"cpus,omitempty"`    // affinity of the process
	UserNS       int64 `json:"user_ns"`
	SysNS        int64 `json:"sys_ns"`
	Voluntary    int64 `json:"voluntary_switches"`
	Involuntary  int64 `json:"involuntary_switches"`
	MinorFaults  int64 `json:"minor_faults"`
	MajorFaults  int64 `json:"major_faults"`
	MaxRSSBytes  int64 `json:"max_rss_bytes"`
	HarnessCPUNS int64 `json:"harness_cpu_ns"` // CPU time of mnbench itself meanwhile
}

// Noise is the time of one fixed spin on the run's CPUs, right before and
// right after the invocation. It flags, it never corrects.
type Noise struct {
	BeforeNS int64 `json:"before_ns"`
	AfterNS  int64 `json:"after_ns"`
}

// End is the last line.
type End struct {
	Type   string    `json:"type"` // "end"
	Time   time.Time `json:"time"`
	Status string    `json:"status"` // Complete or Interrupted
}

// How a run ended.
const (
	Complete    = "complete"
	Interrupted = "interrupted"
)

// Group identifies the cells that are compared with each other: all but the
// runtime.
func (c Cell) Group() string {
	return c.Workload + "\x00" + c.Params.String() + "\x00" + string(c.Mode) + "\x00" + strconv.Itoa(c.Workers)
}
