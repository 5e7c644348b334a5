package results

import (
	"fmt"
	"io"

	"github.com/mnbench/mnbench/results/stat"
)

// writeActionBenchmark writes the list that github-action-benchmark takes with
// tool: customSmallerIsBetter.
func writeActionBenchmark(w io.Writer, _ *Record, s *Summary) error {
	type bench struct {
		Name  string  `json:"name"`
		Unit  string  `json:"unit"`
		Value float64 `json:"value"`
		Range string  `json:"range,omitempty"`
		Extra string  `json:"extra"`
	}
	out := []bench{}
	for _, c := range s.results() {
		i := c.NSPerUnit
		b := bench{Name: label(c), Unit: "ns/" + unit(c), Value: i.Median, Extra: FormatCount(c.Invocations, "invocation")}
		if i.Bounded() {
			b.Range = FormatSpread(i)
			b.Extra += fmt.Sprintf("\n%.4g%% interval: %.6g to %.6g ns", 100*i.Confidence, i.Lo, i.Hi)
		}
		out = append(out, b)
	}
	return indented(w, out)
}

func unit(c *CellSummary) string {
	if c.Unit == "" {
		return "unit"
	}
	return Printable(c.Unit)
}

// writeBencher writes Bencher Metric Format: latency, in ns per unit of work,
// with the interval as its bounds.
func writeBencher(w io.Writer, _ *Record, s *Summary) error {
	type metric struct {
		Value float64  `json:"value"`
		Lower *float64 `json:"lower_value,omitempty"`
		Upper *float64 `json:"upper_value,omitempty"`
	}
	out := map[string]map[string]metric{}
	for _, c := range s.results() {
		i := c.NSPerUnit
		// Longer names are refused.
		name := []rune(label(c))
		out[string(name[:min(len(name), 1024)])] = map[string]metric{"latency": {i.Median, stat.Finite(i.Lo), stat.Finite(i.Hi)}}
	}
	return indented(w, out)
}
