package competitors

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Version is a dotted version number; "" means none. In JSON it is a string
// or a whole number.
type Version string

var versionForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*$`)

// UnmarshalJSON reads 21 and "1.22".
func (v *Version) UnmarshalJSON(data []byte) error {
	var n uint32
	if err := json.Unmarshal(data, &n); err == nil {
		*v = Version(strconv.FormatUint(uint64(n), 10))
		return nil
	}
	var s string
	if err := json.Unmarshal(data, &s); err != nil || !versionForm.MatchString(s) {
		return fmt.Errorf("min: want a whole number or a string such as \"1.22\", have %s", data)
	}
	*v = Version(s)
	return nil
}

// AtLeast compares number by number; missing ones count as 0.
func (v Version) AtLeast(min Version) bool { return v.compare(min) >= 0 }

func (v Version) compare(w Version) int {
	a, b := strings.Split(string(v), "."), strings.Split(string(w), ".")
	for i := 0; i < max(len(a), len(b)); i++ {
		if d := number(a, i) - number(b, i); d != 0 {
			return d
		}
	}
	return 0
}

// number is part i, or 0; what does not fit counts as very large.
func number(parts []string, i int) int {
	if i >= len(parts) || parts[i] == "" {
		return 0
	}
	n, err := strconv.Atoi(parts[i])
	if err != nil || n > 1<<30 {
		return 1 << 30
	}
	return n
}

var firstNumber = regexp.MustCompile(`([0-9]+(?:\.[0-9]+)*)`)

// versionIn finds the version in a tool's output; "" when there is none.
func versionIn(output, pattern string) Version {
	re := firstNumber
	if pattern != "" {
		re = regexp.MustCompile(pattern) // checked when the manifest was loaded
	}
	m := re.FindStringSubmatch(output)
	if m == nil || !versionForm.MatchString(m[1]) {
		return ""
	}
	return Version(m[1])
}
