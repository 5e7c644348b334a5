package stat

import "fmt"

// Warning qualifies a number and travels with it: the number stands, but it
// says less than it seems to.
type Warning struct {
	Code Code   `json:"code"` // for programs
	Text string `json:"text"` // for people
}

// Code names a kind of warning.
type Code string

// Warnings about an interval.
const (
	NoData         Code = "no-data"         // no sample: there is no number
	OneSample      Code = "one-sample"      // a single sample: no interval
	OneInvocation  Code = "one-invocation"  // variation between processes unknown
	FewInvocations Code = "few-invocations" // too few for the confidence asked for
	Identical      Code = "identical"       // all samples equal: the clock is coarser than the work
	BadSamples     Code = "bad-samples"     // samples left out: not a positive number
	Pooled         Code = "pooled"          // samples were taken for independent
	FewInTail      Code = "few-in-tail"     // too few samples to bound a percentile
)

// Has reports whether one of the warnings has the code.
func Has(ws []Warning, code Code) bool {
	for _, w := range ws {
		if w.Code == code {
			return true
		}
	}
	return false
}

// Warn makes a warning.
func Warn(code Code, format string, args ...any) Warning {
	return Warning{Code: code, Text: fmt.Sprintf(format, args...)}
}
