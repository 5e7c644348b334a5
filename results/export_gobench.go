package results

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/mnbench/mnbench/results/stat"
)

// writeGoBench writes the Go benchmark data format
// (golang.org/design/14313-benchmark-format): a line for each invocation with
// its median, since invocations are what varies independently. An "op" is a
// unit of work. `benchstat -col /runtime` sets the runtimes side by side.
func writeGoBench(w io.Writer, rec *Record, s *Summary) error {
	out := bufio.NewWriter(w)
	for _, kv := range [][2]string{
		{"goos", s.Run.Host.OS}, {"goarch", s.Run.Host.Arch}, {"pkg", "mnbench"}, {"cpu", s.Run.Host.CPUModel},
		{"host", s.Run.Host.Name}, {"kernel", s.Run.Host.Kernel}, {"suite", s.Run.Plan.Suite}, {"run", s.Run.ID},
	} {
		if kv[1] != "" {
			fmt.Fprintf(out, "%s: %s\n", kv[0], Printable(kv[1]))
		}
	}
	shown := map[string]bool{}
	for _, c := range s.results() {
		shown[c.Key()] = true
	}
	for i := range rec.Invocations {
		inv := &rec.Invocations[i]
		c := rec.Run.Plan.Cells[inv.Cell]
		if inv.Status != OK || inv.Invocation.Invocation < 0 || !shown[c.Key()] {
			continue
		}
		medians := stat.Sample{perUnit(inv.Timed)}.Medians()
		if len(medians) == 0 {
			continue
		}
		fmt.Fprintf(out, "%s\t%d\t%s ns/op", goName(c), len(inv.Timed), number(medians[0]))
		if rss := inv.rss(); rss > 0 {
			fmt.Fprintf(out, "\t%.0f peak-RSS-bytes", rss)
		}
		out.WriteByte('\n')
	}
	return out.Flush()
}

// goName is "BenchmarkFib/n=25/cutoff=0/runtime=mn/mode=parallel/workers=2".
func goName(c Cell) string {
	var b strings.Builder
	b.WriteString("Benchmark")
	name := []rune(goWord(c.Workload))
	name[0] = unicode.ToUpper(name[0])
	b.WriteString(string(name))
	for _, p := range c.Params {
		fmt.Fprintf(&b, "/%s=%d", goWord(p.Name), p.Value)
	}
	fmt.Fprintf(&b, "/runtime=%s/mode=%s/workers=%d", goWord(c.Runtime), goWord(string(c.Mode)), c.Workers)
	return b.String()
}

// goWord makes a part of a name: neither space, which ends it, nor slash,
// which divides it.
func goWord(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '/' || r == '\ufffd' {
			return '_'
		}
		return r
	}, Printable(s))
	if s == "" {
		return "_"
	}
	return s
}
