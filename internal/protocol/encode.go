package protocol

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strconv"
)

// Write formats one line of a run and writes it, newline included, in one call.
func Write(w io.Writer, line Line) error {
	data, err := encode(line)
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

func encode(line Line) ([]byte, error) {
	switch l := line.(type) {
	case *Config:
		all := maps.Clone(l.Settings)
		if all == nil {
			all = map[string]any{}
		}
		all["type"] = "config"
		all["workers"] = l.Workers
		if l.PID != 0 {
			all["pid"] = l.PID
		}
		return json.Marshal(all)
	case *Sample:
		answer := strconv.FormatUint(l.Answer, 10)
		return json.Marshal(wireSample{
			Type: "sample", Phase: &l.Phase, Index: &l.Index, NS: &l.NS, Units: &l.Units, Answer: &answer,
			SetupNS: l.SetupNS, RSSBytes: l.RSSBytes, Counters: l.Counters,
		})
	case *Histogram:
		return json.Marshal(struct {
			Type string `json:"type"`
			*Histogram
		}{"histogram", l})
	case *Limit:
		return json.Marshal(struct {
			Type string `json:"type"`
			*Limit
		}{"limit", l})
	case *End:
		return []byte(`{"type":"end"}`), nil
	}
	return nil, fmt.Errorf("protocol: cannot write a %T", line)
}
