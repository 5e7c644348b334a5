package results

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Shard is one of several parts that a plan is divided into, to be run on a
// machine each.
type Shard struct {
	Index int `json:"index"` // from 1
	Of    int `json:"of"`
}

// Part is a shard as it stands in a merged record.
type Part struct {
	Shard
	ID   string    `json:"id"` // of its run
	Time time.Time `json:"time"`
	Host Host      `json:"host"`
}

// ParseShard reads "2/5".
func ParseShard(text string) (Shard, error) {
	index, of, _ := strings.Cut(text, "/")
	var s Shard
	var err1, err2 error
	s.Index, err1 = strconv.Atoi(index)
	s.Of, err2 = strconv.Atoi(of)
	if err1 != nil || err2 != nil || s.Index < 1 || s.Index > s.Of {
		return Shard{}, fmt.Errorf("%q: want I/N with I from 1 to N, such as 2/5", text)
	}
	return s, nil
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

// Takes says for each cell whether it is in the shard. Cells that are compared
// with each other (Group) stay together, so that they run on one machine;
// groups are dealt out one by one, in the order of the plan. A nil shard takes
// all.
func (s *Shard) Takes(cells []Cell) []bool {
	takes := make([]bool, len(cells))
	number := map[string]int{}
	for i, c := range cells {
		n, ok := number[c.Group()]
		if !ok {
			n = len(number)
			number[c.Group()] = n
		}
		takes[i] = s == nil || n%s.Of == s.Index-1
	}
	return takes
}
