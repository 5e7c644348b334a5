package results

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/mnbench/mnbench/results/stat"
)

// FormatNS writes a time for people with three significant digits and the
// unit that suits it: "98.1 ns", "2.90 µs", "1.23 s".
func FormatNS(ns float64) string {
	if math.IsNaN(ns) || math.IsInf(ns, 0) {
		return "?"
	}
	scale, unit := unitFor(ns)
	return threeDigits(ns/scale) + " " + unit
}

// unitFor returns the unit of time that suits ns, and what it is in ns.
func unitFor(ns float64) (scale float64, unit string) {
	scale, unit = 1, "ns"
	for _, next := range []string{"µs", "ms", "s"} {
		if math.Abs(ns/scale) < 999.5 {
			break
		}
		scale, unit = scale*1000, next
	}
	return scale, unit
}

// FormatRatio writes a ratio for people: "1.00x", "14.2x", "1230x".
func FormatRatio(r float64) string {
	if math.IsNaN(r) || math.IsInf(r, 0) {
		return "?"
	}
	return threeDigits(r) + "x"
}

// FormatSpread writes the interval of a time beside its median: the larger
// side as a share of the median, "±3%", or the bounds in the median's unit,
// "1.8-5.1", where that share is no longer small. "±?" when nothing is known.
func FormatSpread(i stat.Interval) string {
	if !i.Bounded() || !(i.Median > 0) {
		return "±?"
	}
	side := 100 * math.Max(i.Hi-i.Median, i.Median-i.Lo) / i.Median
	switch {
	case side < 0.95:
		return fmt.Sprintf("±%.1f%%", side)
	case side < 99.5:
		return fmt.Sprintf("±%.0f%%", side)
	}
	scale, _ := unitFor(i.Median)
	return twoDigits(i.Lo/scale) + "-" + twoDigits(i.Hi/scale)
}

// FormatPercent writes a share for people: "97%", "6.7%".
func FormatPercent(share float64) string {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return "?"
	}
	if p := 100 * share; p < 9.95 {
		return fmt.Sprintf("%.1f%%", p)
	}
	return fmt.Sprintf("%.0f%%", 100*share)
}

// FormatWorkers writes "1 worker", "2 workers".
func FormatWorkers(n int) string { return FormatCount(n, "worker") }

// FormatCount writes "1 sample", "2 samples".
func FormatCount(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// FormatStatus says in a few words why a cell has no result: "limit at
// 32754", "timeout". It is "" for a cell that has one.
func (c *CellSummary) FormatStatus() string {
	switch {
	case c.HasResult():
		return ""
	case c.Status == OK:
		return "no data"
	case c.Status == Limit && c.Reached > 0:
		return "limit at " + strconv.FormatUint(c.Reached, 10)
	case c.Status == Limit:
		if _, at, ok := cutLast(c.Detail, " at "); ok {
			if _, err := strconv.ParseUint(at, 10, 64); err == nil {
				return "limit at " + at
			}
		}
		return "limit"
	case c.Status == NotRun:
		return "not run"
	}
	return strings.ReplaceAll(Printable(string(c.Status)), "-", " ")
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// threeDigits writes v with three significant digits, two below 1, and no
// exponent below a million.
func threeDigits(v float64) string {
	switch a := math.Abs(v); {
	case a == 0:
		return "0"
	case a >= 999999.5:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case a >= 99.95:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 0.1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}

func twoDigits(v float64) string {
	if v >= 9.95 && v < 999999.5 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}

// Printable makes text from a record fit for a terminal or a page: on one line,
// without control characters that could move the cursor, change colours or
// turn the reading direction.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < 0x20 || (r >= 0x7f && r < 0xa0) || r == '\u2028' || r == '\u2029' || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069') || r == '\ufffe' || r == '\uffff':
			return '?'
		}
		return r
	}, s)
}
