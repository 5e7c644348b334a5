package main

import (
	"encoding/json"
	"fmt"
	"os"
)

type describeLine struct {
	Protocol  int      `json:"protocol"`
	Runtime   string   `json:"runtime"`
	Version   string   `json:"version"`
	Language  string   `json:"language"`
	Model     string   `json:"model"`
	Workloads []string `json:"workloads"`
	Modes     []string `json:"modes"`
}

type configLine struct {
	Type       string `json:"type"`
	PID        int    `json:"pid"`
	Workers    int    `json:"workers"`
	GOMAXPROCS int    `json:"gomaxprocs"`
	CPUs       int    `json:"cpus"`
	GOGC       string `json:"gogc"`
	Slow       uint64 `json:"slow_percent,omitempty"`
}

type sampleLine struct {
	Type     string            `json:"type"`
	Phase    string            `json:"phase"`
	Index    int               `json:"index"`
	NS       int64             `json:"ns"`
	Units    uint64            `json:"units"`
	Answer   uint64            `json:"answer,string"`
	SetupNS  int64             `json:"setup_ns"`
	RSSBytes uint64            `json:"rss_bytes,omitempty"`
	Counters map[string]uint64 `json:"counters"`
}

type limitLine struct {
	Type    string `json:"type"`
	What    string `json:"what"`
	Reached uint64 `json:"reached"`
}

type endLine struct {
	Type string `json:"type"`
}

// emit writes one line to stdout, at once.
func emit(line any) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	if _, err := os.Stdout.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("stdout: %w", err)
	}
	return nil
}
