package competitors_test

import (
	"context"
	"io/fs"
	"testing"

	"github.com/mnbench/mnbench"
	"github.com/mnbench/mnbench/competitors"
	"github.com/mnbench/mnbench/results"
	"github.com/mnbench/mnbench/workloads"
)

// TestEveryCellIsImplementedOrDeclined builds every embedded competitor and
// holds what its driver lists against the catalogue: each workload is either
// listed or declined in the manifest with a reason, and not both. A competitor
// whose tools are missing here is only held to naming its cure.
func TestEveryCellIsImplementedOrDeclined(t *testing.T) {
	dir, err := fs.Sub(mnbench.Sources, "workloads")
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := workloads.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	all, err := competitors.Load(mnbench.Sources)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no competitor is embedded")
	}
	b := &competitors.Builder{Cache: t.TempDir()}
	ready, absent, err := b.Prepare(context.Background(), all, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range absent {
		if !a.Missing() {
			t.Errorf("%s: %v", a.Variant.ID, a.Err)
		} else if a.Record().Hint == "" {
			t.Errorf("%s: tools are missing and nothing says how to get them: %v", a.Variant.ID, a.Err)
		}
	}
	if len(ready) == 0 {
		t.Error("no competitor can be built here")
	}
	for _, e := range ready {
		holdAgainst(t, catalogue, e)
	}
}

func holdAgainst(t *testing.T, catalogue *workloads.Catalogue, e *competitors.Entrant) {
	for _, w := range catalogue.Workloads {
		_, declined := e.Competitor.Declined(e.ID(), w.ID)
		switch listed := e.Describe.Has(w.ID); {
		case !listed && !declined:
			t.Errorf("%s x %s is neither implemented nor declined: write it, or say in competitors/%s/competitor.json why not",
				e.ID(), w.ID, e.Competitor.ID)
		case listed && declined:
			t.Errorf("%s x %s is both implemented and declined", e.ID(), w.ID)
		}
	}
	for _, id := range e.Describe.Workloads {
		if _, err := catalogue.Workload(id); err != nil {
			t.Errorf("%s lists a workload that the catalogue does not have: %v", e.ID(), err)
		}
	}
	for _, d := range e.Competitor.Declines {
		if _, err := catalogue.Workload(d.Workload); err != nil {
			t.Errorf("%s declines a workload that the catalogue does not have: %v", e.Competitor.ID, err)
		}
	}
	if !e.Describe.HasMode(string(results.Parallel)) {
		t.Errorf("%s has no parallel mode", e.ID())
	}
	if e.ID() == "goroutines" && !e.Describe.HasMode(string(results.Serial)) {
		t.Errorf("%s has no serial mode: it gives the reference answers", e.ID())
	}
}
