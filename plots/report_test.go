package plots

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/mnbench/mnbench/results"
)

func renderReport(t *testing.T, s *results.Summary, o ReportOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteReport(&b, s, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReport(t *testing.T) {
	page := renderReport(t, sample(t, results.Options{}), ReportOptions{About: map[string]string{"spawn": "creates & joins"}})
	for _, want := range []string{
		"<title>Threading runtimes compared: quick</title>", "1 June 2025, 12:00 UTC, on example",
		"Some invocations crashed", "Example CPU @ 2.0GHz", "2, of which used: 0, 1", "8.0 GiB",
		"<td class=\"none first\" colspan=\"4\">limit at 32754</td>", "<td class=\"none first\" colspan=\"4\">timeout</td>",
		"<b>tokio</b>: not measured: no cargo found; to include it: apt-get install cargo",
		"<b>!</b> <b>loom, prodcons, 2 workers</b>: 1 of its invocations ended in crash",
		"mnbench run quick --out out/run.jsonl", "seed 7", "creates &amp; joins", "cost at 1", "efficiency at 2",
		"was run in 3 processes of its own, each with 1 untimed execution and 5 timed ones",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	if n := strings.Count(page, "<svg "); n != 10 {
		t.Errorf("%d charts", n)
	}
	if n := strings.Count(page, "creates &amp; joins"); n != 1 {
		t.Errorf("spawn is described %d times", n)
	}
	selfContained(t, page)
}

// selfContained fails when a page could load anything or run a script.
func selfContained(t *testing.T, page string) {
	t.Helper()
	plain := strings.NewReplacer(`xmlns="http://www.w3.org/2000/svg"`, "", `xmlns:xlink="http://www.w3.org/1999/xlink"`, "").Replace(page)
	for _, bad := range []string{`<script`, `<link`, `<img`, `<iframe`, ` src=`, `url(`, `@import`, `http://`, `https://`, `javascript:`} {
		if strings.Contains(strings.ToLower(plain), bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if on := regexp.MustCompile(`<[^>]*\son[a-z]+=`).FindString(plain); on != "" {
		t.Errorf("the page has an event handler: %s", on)
	}
	for _, tag := range []string{"svg", "table", "section", "figure", "ul", "dl", "div"} {
		if open, closed := strings.Count(plain, "<"+tag), strings.Count(plain, "</"+tag+">"); open != closed {
			t.Errorf("%d <%s>, %d closed", open, tag, closed)
		}
	}
}

// TestReportEscapes: a record from anywhere can put nothing but text into the
// page.
func TestReportEscapes(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>` + "\x00\x1b"
	s := summary(t, evil, map[string]int64{evil + " 1": 100, "mn 1": 3000, evil + "crash 2": 0})
	run := &s.Run
	s.Name, run.ID, run.Args = evil, evil, []string{"mnbench", evil, "it's"}
	run.Plan.Suite = evil
	run.Tool = results.Tool{Version: evil, Commit: evil}
	run.Host = results.Host{Name: evil, CPUModel: evil, Kernel: evil, Governor: evil, Cgroup: map[string]string{evil: evil}}
	run.Runtimes = []results.Runtime{{ID: evil, Version: evil, Language: evil, Model: evil, Toolchain: evil}}
	s.Unavailable = []results.Unavailable{{Runtime: evil, Reason: evil, Hint: evil}}
	s.Warnings = []results.Warning{{Code: "x", Text: evil}}
	for i := range s.Cells {
		s.Cells[i].Unit, s.Cells[i].Detail = evil, evil
	}
	page := renderReport(t, s, ReportOptions{Title: evil, About: map[string]string{evil: evil}})
	if !strings.Contains(page, "&lt;script&gt;") {
		t.Error("the text is not there at all")
	}
	selfContained(t, strings.ReplaceAll(page, "&lt;img src=x onerror=", ""))
	if strings.ContainsAny(page, "\x00\x1b") {
		t.Error("control characters in the page")
	}
	if !strings.Contains(page, `&#39;it&#39;\&#39;&#39;s&#39;`) {
		t.Error("arguments are not quoted for a shell")
	}
}

func TestReportOfOddSummaries(t *testing.T) {
	for name, s := range map[string]*results.Summary{
		"empty":        {},
		"only crashes": summary(t, "w", map[string]int64{"a 1": 0}),
		"one cell":     summary(t, "w", map[string]int64{"a 1": 5}),
	} {
		t.Run(name, func(t *testing.T) {
			page := renderReport(t, s, ReportOptions{})
			selfContained(t, page)
			if name == "empty" && !strings.Contains(page, "There is no result to draw.") {
				t.Error("nothing is said of the missing chart")
			}
		})
	}
}

// broken is a disk that is full.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, fmt.Errorf("no space left on device") }

func TestReportTellsWriteErrors(t *testing.T) {
	if err := WriteReport(broken{}, sample(t, results.Options{}), ReportOptions{}); err == nil || !strings.Contains(err.Error(), "report: no space left") {
		t.Errorf("error %v", err)
	}
}
