// Package competitors knows the runtimes that take part: their manifests, the
// tools that they need, and how their drivers are built and started.
//
// A competitor is one folder with a competitor.json. Nothing else lists it.
package competitors

import (
	"io/fs"
	"slices"
)

// Competitor is a manifest, competitor.json. Unknown keys are errors.
//
// Placeholders in fetch, build, run, args and env values: {NAME} of a tool in needs
// (or of a program beside it) is its path, {src} the source tree, {out} the
// folder for build results, {workers} the number of workers (not in fetch or build).
// {src} of an embedded competitor is a copy of the embedded tree below which
// its sources lie ("{src}/competitors/c/main.c"); {src} of an external one
// (--competitor DIR) is DIR itself.
type Competitor struct {
	ID       string `json:"id"` // the name of its folder: a-z, 0-9, "-"
	Summary  string `json:"summary"`
	Model    string `json:"model"`    // "1:1", "N:1", "M:N" or "async"
	Language string `json:"language"` // of the workloads' code

	Needs []Need `json:"needs,omitempty"`

	// Sources are the folders and files that the build reads, relative to
	// {src}: they are hashed for the cache and extracted for the build.
	// Default: the competitor's own folder. Names that begin with "." or "_"
	// are left out, as go:embed does.
	Sources []string `json:"sources,omitempty"`

	// Fetch brings what the build needs from outside, before it.
	Fetch *Fetch `json:"fetch,omitempty"`

	// Build holds one argument list per command, run in order without a shell,
	// in {src}. An argument with "*" stands for the files that match, sorted,
	// Go tests (_test.go) left out; nothing that matches is an error.
	Build [][]string `json:"build,omitempty"`
	// BuildEnv is set while building, besides a few variables that are passed
	// on (see env.go): no CFLAGS or GOFLAGS leak in.
	BuildEnv map[string]string `json:"build_env,omitempty"`

	// Run starts the driver; the variant's args and then "describe" or
	// "run ..." are appended.
	Run []string `json:"run"`
	// Env is set for the driver, besides PATH, HOME, TMPDIR and LC_ALL=C.
	Env map[string]string `json:"env,omitempty"`

	// Variants are settings that take part as entrants of their own; the
	// first is the default. None: one variant with the competitor's id.
	Variants []Variant `json:"variants,omitempty"`

	// Trace says how the driver is made to write a trace; nil: it cannot.
	Trace *Trace `json:"trace,omitempty"`

	// Floor marks what is no runtime but a limit under them: it is shown beside
	// them, drawn as a line, and has no rank.
	Floor bool `json:"floor,omitempty"`

	// Declines names the workloads that this competitor does not do.
	Declines []Decline `json:"declines,omitempty"`

	dir      string // external: its folder, absolute; embedded: ""
	tree     fs.FS  // sources are relative to its root
	manifest []byte
}

// Fetch is a command that brings what the build needs from a package registry.
// When it fails and the build does, too, the competitor is left out as one
// whose tools are missing: nothing is wrong with it. The build must not look
// for anything outside itself, so that a failed fetch is noticed once.
type Fetch struct {
	What    string   `json:"what"` // it brings: "the crates"
	Command []string `json:"command"`
	Hint    string   `json:"hint"` // what to do where it fails
}

// Need is a tool without which the driver cannot be built or run. It is
// searched in this order: the environment variable, PATH, the folders. The
// first that is there and new enough is taken.
type Need struct {
	Tool string `json:"tool"` // what placeholders and messages call it
	// Names are the program's names; default: Tool.
	Names []string `json:"names,omitempty"`
	// Env is a variable such as JAVA_HOME. With Path it holds a folder below
	// which the program lies at one of Path; without, the program itself.
	Env  string   `json:"env,omitempty"`
	Path []string `json:"path,omitempty"`
	// Dirs are further folders, "*" and "~/" allowed, searched like Env's. Of the
	// folders that match one pattern the newest version is taken.
	Dirs []string `json:"dirs,omitempty"`
	// Version are the arguments that make the tool print its version, whose
	// first number (or what Pattern's first group matches) is compared with
	// Min.
	Version []string `json:"version,omitempty"`
	Pattern string   `json:"pattern,omitempty"`
	Min     Version  `json:"min,omitempty"` // 21 or "1.22"
	// Beside are programs that must lie in the same folder (links followed)
	// and are placeholders too: ["java"] for javac.
	Beside []string `json:"beside,omitempty"`
	// Check, instead of a search, is a command that succeeds when the need is
	// met: ["{gcc}", "-fsyntax-only", "-include", "pthread.h", "-x", "c", "/dev/null"].
	Check []string `json:"check,omitempty"`

	// Apt are the Debian packages that bring it. "newer|older" is the first of
	// these that the system has.
	Apt  string `json:"apt,omitempty"`
	Hint string `json:"hint,omitempty"` // what to do where apt does not know them
}

// Trace names the variables of its environment by which a driver is told to
// write a trace of what its workers do (PROTOCOL.md): the file, and how many
// events of each worker to keep.
type Trace struct {
	Env       string `json:"env"`
	EventsEnv string `json:"events_env,omitempty"`
}

// Variant is one setting of a competitor.
type Variant struct {
	ID      string            `json:"id"`
	Summary string            `json:"summary,omitempty"`
	Model   string            `json:"model,omitempty"` // default: the competitor's
	Args    []string          `json:"args,omitempty"`
	Env     map[string]string `json:"env,omitempty"`
	// Optional variants take part only where they are asked for: by name on the
	// command line, or by a suite.
	Optional bool `json:"optional,omitempty"`
	// MaxWorkers is set where no more kernel threads can be used than this.
	MaxWorkers int `json:"max_workers,omitempty"`
}

// Decline says that a workload is not implemented, and why.
type Decline struct {
	Workload string `json:"workload"`          // "*": all that the driver does not list
	Variant  string `json:"variant,omitempty"` // only this one; default: all
	Reason   string `json:"reason"`
}

// External reports whether the competitor was given with a folder of its own.
func (c *Competitor) External() bool { return c.dir != "" }

// Variant returns the variant with that id, or nil.
func (c *Competitor) Variant(id string) *Variant {
	if i := slices.IndexFunc(c.Variants, func(v Variant) bool { return v.ID == id }); i >= 0 {
		return &c.Variants[i]
	}
	return nil
}

// DeclinesRest stands for the workloads that the driver does not list. Only
// external competitors may say so: those of mnbench itself say each by name.
const DeclinesRest = "*"

// Declined returns the manifest's reason for not doing a workload, or for not
// doing DeclinesRest.
func (c *Competitor) Declined(variant, workload string) (reason string, yes bool) {
	for _, d := range c.Declines {
		if d.Workload == workload && (d.Variant == "" || d.Variant == variant) {
			return d.Reason, true
		}
	}
	return "", false
}
