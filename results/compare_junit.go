package results

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"

	"github.com/mnbench/mnbench/results/stat"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"timestamp,attr,omitempty"`
	Host     string      `xml:"hostname,attr,omitempty"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string      `xml:"classname,attr"`
	Name    string      `xml:"name,attr"`
	Failure *junitCause `xml:"failure"`
	Error   *junitCause `xml:"error"`
	Skipped *junitCause `xml:"skipped"`
	Out     string      `xml:"system-out,omitempty"`
}

type junitCause struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
}

// WriteJUnit writes a comparison as JUnit XML: a suite for each workload, a
// test for each cell. Slower is a failure, a lost or invalid result an error,
// and what is not decided is skipped.
func WriteJUnit(w io.Writer, c *Comparison) error {
	all := junitSuites{Name: "mnbench compare"}
	for _, g := range c.groups() {
		s := junitSuite{Name: Block{Workload: g.cells[0].Workload, Params: g.cells[0].Params}.Title(), Host: c.Head.Run.Host.Name}
		if t := c.Head.Run.Time; !t.IsZero() {
			s.Time = t.UTC().Format("2006-01-02T15:04:05")
		}
		for _, p := range g.cells {
			k := c.junit(p, s.Name)
			s.Tests++
			switch {
			case k.Failure != nil:
				s.Failures++
			case k.Error != nil:
				s.Errors++
			case k.Skipped != nil:
				s.Skipped++
			}
			s.Cases = append(s.Cases, k)
		}
		all.Tests, all.Failures, all.Errors, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors, all.Skipped+s.Skipped
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (c *Comparison) junit(p *CellComparison, class string) junitCase {
	how := FormatWorkers(p.Workers)
	if p.Mode == Serial {
		how = "sequential"
	}
	k := junitCase{Class: class, Name: p.Runtime + ", " + how, Out: string(p.Verdict)}
	if r := ratioText(p.Test.Ratio); r != "" {
		k.Out = fmt.Sprintf("%s: base %s, head %s, ratio %s (%s), p %s, sees %s", p.Verdict, timeOf(p.Base), timeOf(p.Head), r,
			rangeText(p.Test.Ratio), pText(p.Decision.P), mdeText(p.MDE))
	}
	cause := &junitCause{Message: k.Out, Type: string(p.Verdict)}
	if p.Why != "" {
		cause.Message = p.Why + c.needs([]*CellComparison{p}) + " (" + k.Out + ")"
	}
	bad := slices.ContainsFunc(p.Head.Failures, func(f Failure) bool { return f.Status.Invalid() })
	switch {
	case bad || p.Verdict == Lost:
		k.Error = cause
		if p.Why == "" {
			cause.Message = failureText(p.Head.Failures)
		}
	case p.Verdict == stat.Slower:
		k.Failure = cause
	case p.Verdict == stat.Inconclusive || p.Verdict == Void:
		k.Skipped = cause
	}
	return k
}
