package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/mnbench/mnbench/internal/host"
	"github.com/mnbench/mnbench/internal/protocol"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

// reference is an answer to hold samples against.
type reference struct {
	workloads.Answer
	source string // "" when nothing is known and agreement is all there is
	from   string // unverified: the runtime that said it first
}

// judge names what came of a task: the gravest first. ref may be nil. The
// detail's first line is a sentence; lines after it are the driver's stderr.
func judge(t Task, o *Outcome, ref *reference) (results.Status, string) {
	switch {
	case o.StartErr != nil:
		return results.Failed, "the driver cannot be started: " + o.StartErr.Error()
	case o.TimedOut:
		return results.Timeout, withStderr(fmt.Sprintf("not done after %v, with %d of %d samples", t.Timeout, len(o.Samples), t.Expect.Warmup+t.Expect.Iterations), o)
	case o.Culled:
		return results.Protocol, withStderr(o.OutputErr.Error(), o)
	case o.Signal != 0:
		return results.Crash, withStderr("ended by signal: "+o.Signal.String(), o)
	case o.ExitCode == protocol.ExitUnsupported:
		return results.Unsupported, reason(o, "the driver does not do this (exit code 77)")
	case o.ExitCode != protocol.ExitDone:
		return results.Failed, withStderr(fmt.Sprintf("exit code %d", o.ExitCode), o)
	case o.OutputErr != nil:
		return results.Protocol, withStderr(o.OutputErr.Error(), o)
	case o.Config == nil:
		return results.Protocol, withStderr(protocol.ErrSilence.Error(), o)
	}
	if status, detail := checkAnswers(o, ref); status != results.OK {
		return status, detail
	}
	if wrong := checkClock(o); wrong != "" {
		return results.BadClock, wrong
	}
	if slow := slowPercent(o.Config); slow != t.Slow {
		return results.Unequal, fmt.Sprintf("the driver slows itself down by %d%%, and was told %d%% (%s)", slow, t.Slow, SlowVariable)
	}
	if o.Config.Workers != t.Workers {
		return results.Unequal, fmt.Sprintf("the driver was told to use %d workers and says it uses %d", t.Workers, o.Config.Workers)
	}
	if out := outside(o.Seen.CPUs, t.CPUs); len(out) > 0 {
		return results.Unequal, fmt.Sprintf("a thread of the driver was allowed on CPUs %s, beyond its %s", host.FormatCPUs(out), host.FormatCPUs(t.CPUs))
	}
	if o.Limit != nil {
		return results.Limit, clean(o.Limit.What)
	}
	return results.OK, ""
}

// SlowVariable makes drivers that know it slow themselves down, by so many
// percent: for trying whether a gate finds that. They say in config that they do.
const SlowVariable = "MNBENCH_SLOW_PERCENT"

// slowPercent is by how much a driver says it slows itself down.
func slowPercent(c *protocol.Config) int {
	v, _ := c.Settings["slow_percent"].(json.Number)
	n, _ := strconv.Atoi(v.String())
	return n
}

func checkAnswers(o *Outcome, ref *reference) (results.Status, string) {
	if ref == nil {
		return results.OK, ""
	}
	for i := range o.Samples {
		s := &o.Samples[i]
		if s.Answer != ref.Answer.Answer {
			return results.WrongAnswer, fmt.Sprintf("%s sample %d: answer %d, %s", s.Phase, s.Index, s.Answer, ref.says(ref.Answer.Answer))
		}
		if s.Units != ref.Units {
			return results.WrongUnits, fmt.Sprintf("%s sample %d: %d units of work, %s", s.Phase, s.Index, s.Units, ref.says(ref.Units))
		}
	}
	return results.OK, ""
}

func (r *reference) says(v uint64) string {
	if r.source == "" {
		return fmt.Sprintf("but %s said %d and nobody knows who is right", r.from, v)
	}
	return fmt.Sprintf("want %d (%s)", v, r.source)
}

// outside returns the CPUs seen that are not among those allowed.
func outside(seen, allowed []int) []int {
	return slices.DeleteFunc(slices.Clone(seen), func(cpu int) bool { return slices.Contains(allowed, cpu) })
}

// withStderr adds what the driver said: the first line of it to the sentence,
// all of it below when there is more.
func withStderr(sentence string, o *Outcome) string {
	said := clean(o.Stderr)
	if said == "" {
		return sentence
	}
	first, rest, _ := strings.Cut(said, "\n")
	if rest == "" {
		return sentence + ": " + first
	}
	return sentence + ": " + first + "\n" + said
}

// reason is the driver's own first line, or a sentence where it said nothing.
func reason(o *Outcome, otherwise string) string {
	first, _, _ := strings.Cut(clean(o.Stderr), "\n")
	if first == "" {
		return otherwise
	}
	return first
}

// clean makes a driver's words safe to print: valid text, no terminal codes.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, s)
	return strings.TrimSpace(s)
}
