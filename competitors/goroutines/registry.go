package main

import "sort"

// workload is what one file of this driver brings.
type workload struct {
	id     string
	params []paramSpec
	// setup makes the state of one iteration: everything that is allocated or
	// filled in before the clock starts.
	setup func(params) state
}

// paramSpec is a parameter that must be given. Smaller values than min are
// refused.
type paramSpec struct {
	name string
	min  uint64
}

// params are the parameters by name, all of those that the workload declares.
type params map[string]uint64

// state is one iteration of a workload.
type state interface {
	parallel() // with goroutines; timed
	serial()   // as plain sequential code with the same answer and units; timed
	result() (units, answer uint64)
}

// acquirer is a state that gets from the system what there is little of, such
// as sockets: before the clock starts, and not in serial mode.
type acquirer interface {
	acquire() error // a *limit when the system has no more of it
}

// releaser is a state that gives back to the system what it got, however much
// that is; in both modes.
type releaser interface {
	release()
}

// observer is a state that has seen events which are a distribution, such as
// latencies. What timed iterations observe is printed as histograms.
type observer interface {
	observe(event func(name, unit string, value uint64))
}

// residence is a state that has read the memory in use at the moment that
// counts: that of the sample, instead of what it is at the end; 0: it has not.
type residence interface {
	resident() (bytes uint64)
}

var registry = map[string]*workload{}

// optional are the parameters of each workload that are 0 when they are not given.
var optional = map[string][]string{}

// register is called by the init function of each workload's file; it names the
// parameters that need not be given.
func register(w workload, mayLack ...string) {
	if _, dup := registry[w.id]; dup {
		panic("workload " + w.id + " is registered twice")
	}
	registry[w.id], optional[w.id] = &w, mayLack
}

func workloadIDs() []string {
	ids := []string{}
	for id := range registry {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}
