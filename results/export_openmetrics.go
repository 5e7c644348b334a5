package results

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/mnbench/mnbench/results/stat"
)

// writeOpenMetrics writes OpenMetrics 1.0 text. Samples have no timestamps,
// which collectors of files refuse; when the run was stands in
// mnbench_run_timestamp_seconds.
func writeOpenMetrics(w io.Writer, _ *Record, s *Summary) error {
	out := bufio.NewWriter(w)
	family := func(name, kind, unit, help string) {
		fmt.Fprintf(out, "# TYPE %s %s\n", name, kind)
		if unit != "" {
			fmt.Fprintf(out, "# UNIT %s %s\n", name, unit)
		}
		fmt.Fprintf(out, "# HELP %s %s\n", name, help)
	}
	cells := s.results()
	gauge := func(name, unit, help string, value func(c *CellSummary) *float64) {
		family(name, "gauge", unit, help)
		for _, c := range cells {
			if v := value(c); v != nil {
				fmt.Fprintf(out, "%s{%s} %s\n", name, labels("runtime", c.Runtime, "workload", c.Workload, "params", c.Params.String(),
					"workers", strconv.Itoa(c.Workers), "mode", string(c.Mode), "unit", c.Unit), strconv.FormatFloat(*v, 'g', -1, 64))
			}
		}
	}
	seconds := func(ns float64) *float64 { return stat.Finite(ns / 1e9) }
	gauge("mnbench_time_per_unit_seconds", "seconds", "Median time per unit of work.",
		func(c *CellSummary) *float64 { return seconds(c.NSPerUnit.Median) })
	gauge("mnbench_time_per_unit_low_seconds", "seconds", "Lower end of the interval of the median.",
		func(c *CellSummary) *float64 { return seconds(c.NSPerUnit.Lo) })
	gauge("mnbench_time_per_unit_high_seconds", "seconds", "Upper end of the interval of the median.",
		func(c *CellSummary) *float64 { return seconds(c.NSPerUnit.Hi) })
	gauge("mnbench_invocations", "", "Invocations with a result.",
		func(c *CellSummary) *float64 { return stat.Finite(float64(c.Invocations)) })
	gauge("mnbench_resident_bytes", "bytes", "Largest resident set of an invocation, median over them.", func(c *CellSummary) *float64 {
		if c.RSSBytes == 0 {
			return nil
		}
		return stat.Finite(float64(c.RSSBytes))
	})
	family("mnbench_run_timestamp_seconds", "gauge", "seconds", "When the run began, since the epoch.")
	if !s.Run.Time.IsZero() {
		fmt.Fprintf(out, "mnbench_run_timestamp_seconds %d\n", s.Run.Time.Unix())
	}
	family("mnbench_run", "info", "", "The run that all of this is from.")
	fmt.Fprintf(out, "mnbench_run_info{%s} 1\n", labels("id", s.Run.ID, "suite", s.Run.Plan.Suite, "host", s.Run.Host.Name,
		"cpu", s.Run.Host.CPUModel, "kernel", s.Run.Host.Kernel, "version", s.Run.Tool.Version))
	out.WriteString("# EOF\n")
	return out.Flush()
}

// labels writes name="value" pairs; those without a value are left out, which
// means the same.
func labels(pairs ...string) string {
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		if v := Printable(strings.ToValidUTF8(pairs[i+1], "\ufffd")); v != "" {
			parts = append(parts, pairs[i]+`="`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v)+`"`)
		}
	}
	return strings.Join(parts, ",")
}
