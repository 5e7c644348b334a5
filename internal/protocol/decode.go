package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// decode parses one line of a run. Unknown keys are ignored, so that drivers
// may say more than this version knows; unknown line types are an error.
func decode(line []byte) (Line, error) {
	if !startsObject(line) {
		return nil, fmt.Errorf("not a JSON object: %s (a driver prints nothing else on stdout)", quote(line))
	}
	var head struct {
		Type *string `json:"type"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, fmt.Errorf("not JSON: %w: %s", err, quote(line))
	}
	if head.Type == nil {
		return nil, fmt.Errorf("no \"type\": %s", quote(line))
	}
	switch *head.Type {
	case "config":
		return decodeConfig(line)
	case "sample":
		return decodeSample(line)
	case "histogram":
		return decodeHistogram(line)
	case "limit":
		return decodeLimit(line)
	case "end":
		return &End{}, nil
	}
	return nil, fmt.Errorf("unknown type %q (known: config, sample, histogram, limit, end)", *head.Type)
}

func decodeConfig(line []byte) (Line, error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	var settings map[string]any
	if err := dec.Decode(&settings); err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	delete(settings, "type")
	for key, val := range settings {
		switch val.(type) {
		case string, bool, json.Number:
		default:
			return nil, fmt.Errorf("config: %s must be a string, a number or a bool", key)
		}
	}
	c := &Config{Settings: settings}
	var err error
	if _, ok := settings["workers"]; !ok {
		return nil, errors.New("config: workers is missing")
	}
	if c.Workers, err = small(settings, "workers"); err != nil {
		return nil, err
	}
	if _, ok := settings["pid"]; ok {
		if c.PID, err = small(settings, "pid"); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// small reads a setting that must be a whole number of at least 0.
func small(settings map[string]any, key string) (int, error) {
	num, ok := settings[key].(json.Number)
	if !ok {
		return 0, fmt.Errorf("config: %s must be a number", key)
	}
	n, err := strconv.ParseUint(num.String(), 10, 31)
	if err != nil {
		return 0, fmt.Errorf("config: %s must be a whole number of at least 0, have %s", key, num)
	}
	return int(n), nil
}

// wireSample has pointers where a key must be there.
type wireSample struct {
	Type     string            `json:"type"`
	Phase    *string           `json:"phase"`
	Index    *int              `json:"index"`
	NS       *int64            `json:"ns"`
	Units    *uint64           `json:"units"`
	Answer   *string           `json:"answer"`
	SetupNS  int64             `json:"setup_ns,omitempty"`
	RSSBytes uint64            `json:"rss_bytes,omitempty"`
	Counters map[string]uint64 `json:"counters,omitempty"`
}

func decodeSample(line []byte) (Line, error) {
	var w wireSample
	if err := json.Unmarshal(line, &w); err != nil {
		return nil, fmt.Errorf("sample: %w", err)
	}
	for _, k := range []struct {
		name    string
		missing bool
	}{
		{"phase", w.Phase == nil}, {"index", w.Index == nil}, {"ns", w.NS == nil},
		{"units", w.Units == nil}, {"answer", w.Answer == nil},
	} {
		if k.missing {
			return nil, fmt.Errorf("sample: %s is missing", k.name)
		}
	}
	if *w.Phase != Warmup && *w.Phase != Timed {
		return nil, fmt.Errorf("sample: phase must be %q or %q, have %q", Warmup, Timed, *w.Phase)
	}
	if w.SetupNS < 0 {
		return nil, fmt.Errorf("sample: setup_ns must be at least 0, have %d", w.SetupNS)
	}
	answer, err := strconv.ParseUint(*w.Answer, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("sample: answer must be an unsigned 64-bit number as a decimal string, have %q", *w.Answer)
	}
	return &Sample{
		Phase: *w.Phase, Index: *w.Index, NS: *w.NS, Units: *w.Units, Answer: answer,
		SetupNS: w.SetupNS, RSSBytes: w.RSSBytes, Counters: w.Counters,
	}, nil
}

func decodeHistogram(line []byte) (Line, error) {
	// encoding/json fills short arrays with zeroes and drops what is too much,
	// so pairs are read as slices and counted here.
	var w struct {
		Name    string     `json:"name"`
		Unit    string     `json:"unit"`
		Buckets [][]uint64 `json:"buckets"`
	}
	if err := json.Unmarshal(line, &w); err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	if w.Name == "" || w.Unit == "" {
		return nil, errors.New("histogram: name and unit must be given")
	}
	h := &Histogram{Name: w.Name, Unit: w.Unit, Buckets: make([][2]uint64, len(w.Buckets))}
	for i, b := range w.Buckets {
		if len(b) != 2 {
			return nil, fmt.Errorf("histogram: bucket %d must be a pair of upper bound and count, has %d numbers", i, len(b))
		}
		if i > 0 && b[0] <= w.Buckets[i-1][0] {
			return nil, fmt.Errorf("histogram: bucket %d: upper bound %d does not ascend", i, b[0])
		}
		h.Buckets[i] = [2]uint64{b[0], b[1]}
	}
	return h, nil
}

func decodeLimit(line []byte) (Line, error) {
	var l Limit
	if err := json.Unmarshal(line, &l); err != nil {
		return nil, fmt.Errorf("limit: %w", err)
	}
	if l.What == "" {
		return nil, errors.New("limit: what is missing (the system's own words, such as \"pthread_create: EAGAIN at 32754\")")
	}
	return &l, nil
}

// Describe is what `DRIVER describe` prints on one line.
type Describe struct {
	Protocol  int      `json:"protocol"`
	Runtime   string   `json:"runtime"`
	Version   string   `json:"version"`
	Language  string   `json:"language"`
	Model     string   `json:"model"`
	Workloads []string `json:"workloads"`
	Modes     []string `json:"modes"`
}

// Has reports whether the driver does the workload.
func (d Describe) Has(workload string) bool { return contains(d.Workloads, workload) }

// HasMode reports whether the driver knows the mode ("parallel", "serial").
func (d Describe) HasMode(mode string) bool { return contains(d.Modes, mode) }

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// ParseDescribe reads the output of `DRIVER describe`: one JSON object, at most
// 1 MiB. A driver of another protocol version is an error.
func ParseDescribe(r io.Reader) (Describe, error) {
	var d Describe
	data, err := io.ReadAll(io.LimitReader(r, maxLine+1))
	if err != nil {
		return d, fmt.Errorf("describe: %w", err)
	}
	if len(data) > maxLine {
		return d, fmt.Errorf("describe: more than %d bytes of output", maxLine)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return d, errors.New("describe: no output (want one JSON object)")
	}
	if !startsObject(data) {
		return d, fmt.Errorf("describe: not a JSON object: %s", quote(data))
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return Describe{}, fmt.Errorf("describe: not one JSON object: %w: %s", err, quote(data))
	}
	if d.Protocol != Version {
		return d, fmt.Errorf("describe: driver speaks protocol %d, this mnbench speaks %d", d.Protocol, Version)
	}
	if d.Runtime == "" {
		return d, errors.New("describe: runtime is missing")
	}
	if len(d.Workloads) == 0 {
		return d, errors.New("describe: workloads is missing or empty")
	}
	if len(d.Modes) == 0 {
		d.Modes = []string{"parallel"}
	}
	return d, nil
}

func startsObject(data []byte) bool {
	data = bytes.TrimLeft(data, " \t\r\n")
	return len(data) > 0 && data[0] == '{'
}

// quote shows the beginning of what a driver wrote, safe to print.
func quote(data []byte) string {
	const most = 80
	data = bytes.TrimSpace(data)
	if len(data) > most {
		return strconv.QuoteToASCII(string(data[:most])) + "..."
	}
	return strconv.QuoteToASCII(string(data))
}
