package results

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/mnbench/mnbench/results/stat"
)

// writeCSV writes a line for each cell. Numbers that are not known are empty.
func writeCSV(w io.Writer, _ *Record, s *Summary) error {
	out := csv.NewWriter(w)
	row := func(fields ...string) { _ = out.Write(fields) } // Flush has the error
	row("runtime", "workload", "params", "workers", "mode", "status", "unit", "median_ns", "lo_ns", "hi_ns", "confidence",
		"invocations", "samples", "rank", "tied", "ratio_to", "ratio", "ratio_lo", "ratio_hi", "rss_bytes", "detail")
	for i := range s.Cells {
		c := &s.Cells[i]
		rank, to := "", ""
		var ratio [3]string
		if c.Place.Rank > 0 {
			rank = strconv.Itoa(c.Place.Rank)
		}
		if c.Ratio != nil {
			to, ratio = c.Ratio.To, [3]string{number(c.Ratio.Median), number(c.Ratio.Lo), number(c.Ratio.Hi)}
		}
		rss := ""
		if c.RSSBytes > 0 {
			rss = strconv.FormatUint(c.RSSBytes, 10)
		}
		row(c.Runtime, c.Workload, c.Params.String(), strconv.Itoa(c.Workers), string(c.Mode), string(c.Status), c.Unit,
			number(c.NSPerUnit.Median), number(c.NSPerUnit.Lo), number(c.NSPerUnit.Hi), number(s.Confidence),
			strconv.Itoa(c.Invocations), strconv.Itoa(c.Samples), rank, strconv.FormatBool(c.Place.Tied), to, ratio[0], ratio[1], ratio[2], rss, c.Detail)
	}
	out.Flush()
	return out.Error()
}

// number writes a number so that it is read back as the same, or nothing.
func number(v float64) string {
	if stat.Finite(v) == nil {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// writeSamples writes a line for each sample in the order of the run, and one
// for each invocation without any.
func writeSamples(w io.Writer, rec *Record, _ *Summary) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"runtime", "workload", "params", "workers", "mode", "invocation", "order", "start", "status",
		"phase", "index", "ns", "units", "answer", "rss_bytes"}); err != nil {
		return err
	}
	for i := range rec.Invocations {
		inv := &rec.Invocations[i]
		c := rec.Run.Plan.Cells[inv.Cell]
		head := []string{c.Runtime, c.Workload, c.Params.String(), strconv.Itoa(c.Workers), string(c.Mode),
			strconv.Itoa(inv.Invocation.Invocation), strconv.Itoa(inv.Order), inv.Start.Format("2006-01-02T15:04:05.000Z07:00"), string(inv.Status)}
		none := len(inv.Warmup)+len(inv.Timed) == 0
		if none {
			if err := out.Write(append(head, "", "", "", "", "", "")); err != nil {
				return err
			}
		}
		for _, phase := range []struct {
			name   Phase
			points []Point
		}{{Warmup, inv.Warmup}, {Timed, inv.Timed}} {
			for k, p := range phase.points {
				err := out.Write(append(head[:len(head):len(head)], string(phase.name), strconv.Itoa(k), strconv.FormatInt(p.NS, 10),
					strconv.FormatUint(p.Units, 10), strconv.FormatUint(p.Answer, 10), strconv.FormatUint(p.RSSBytes, 10)))
				if err != nil {
					return err
				}
			}
		}
	}
	out.Flush()
	return out.Error()
}
