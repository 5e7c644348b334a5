package main

import (
	"flag"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// args is the cell that is asked for, and how often.
type args struct {
	workload   *workload
	params     params
	workers    int
	warmup     int
	iterations int
	seed       uint64 // for workloads that draw random numbers
	slow       uint64 // percent
	serial     bool
}

// usageError is a command line that makes no sense.
type usageError struct{ reason string }

func (e usageError) Error() string { return e.reason }

// parseRun reads what follows "run".
func parseRun(argv []string) (*args, error) {
	if len(argv) == 0 || strings.HasPrefix(argv[0], "-") {
		return nil, usageError{"run: no workload given"}
	}
	w, ok := registry[argv[0]]
	if !ok {
		return nil, usageError{fmt.Sprintf("unknown workload %q; there is %s", argv[0], strings.Join(workloadIDs(), ", "))}
	}
	a := &args{workload: w, params: params{}, workers: 1, iterations: 1}
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Func("workers", "", count(&a.workers, 1))
	flags.Func("warmup", "", count(&a.warmup, 0))
	flags.Func("iterations", "", count(&a.iterations, 1))
	flags.Func("seed", "", func(text string) (err error) {
		a.seed, err = number(text, 0, math.MaxUint64)
		return err
	})
	flags.Func("mode", "", func(text string) error {
		a.serial = text == "serial"
		if !a.serial && text != "parallel" {
			return fmt.Errorf("want parallel or serial")
		}
		return nil
	})
	flags.Func("param", "", a.assign)
	if err := flags.Parse(argv[1:]); err != nil {
		return nil, usageError{"run: " + err.Error()}
	}
	if flags.NArg() > 0 {
		return nil, usageError{fmt.Sprintf("run: unexpected %q", flags.Arg(0))}
	}
	if a.serial && a.workers != 1 {
		return nil, usageError{fmt.Sprintf("run: serial mode has 1 worker, not %d", a.workers)}
	}
	for _, p := range w.params {
		if _, ok := a.params[p.name]; !ok && !slices.Contains(optional[w.id], p.name) {
			return nil, usageError{fmt.Sprintf("run: parameter %s is missing: give --param %s=NUMBER", p.name, p.name)}
		}
	}
	return a, nil
}

// assign takes one NAME=NUMBER.
func (a *args) assign(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("want NAME=NUMBER")
	}
	for _, p := range a.workload.params {
		if p.name != name {
			continue
		}
		if _, twice := a.params[name]; twice {
			return fmt.Errorf("%s is given twice", name)
		}
		v, err := number(value, p.min, math.MaxUint64)
		a.params[name] = v
		return err
	}
	return fmt.Errorf("%s has no parameter %q", a.workload.id, name)
}

// count makes a flag that holds a whole number of at least min.
func count(into *int, min uint64) func(string) error {
	return func(text string) error {
		v, err := number(text, min, math.MaxInt32)
		*into = int(v)
		return err
	}
}

func number(text string, min, max uint64) (uint64, error) {
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil || v < min || v > max {
		return 0, fmt.Errorf("want a whole number from %d to %d", min, max)
	}
	return v, nil
}
