package results

import (
	"bytes"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mnbench/mnbench/workloads"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const samplePath = "testdata/sample.jsonl"

// TestSampleRecord keeps testdata/sample.jsonl what the writer would write
// for an invented run: names are real, numbers are drawn.
func TestSampleRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sample.jsonl")
	writeSample(t, path)
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, samplePath, got)
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what is made now (go test -update rewrites it):\n%s", path, firstDifference(want, got))
	}
}

func firstDifference(want, got []byte) string {
	w, g := bytes.Split(want, []byte("\n")), bytes.Split(got, []byte("\n"))
	for i := range min(len(w), len(g)) {
		if !bytes.Equal(w[i], g[i]) {
			return "want " + string(w[i]) + "\nhave " + string(g[i])
		}
	}
	return "one is the beginning of the other"
}

// invented is a workload of the sample with what a unit costs each runtime
// at 1 and at 2 workers, in ns. Zero: a limit.
type invented struct {
	workload, unit string
	params         workloads.Params
	units, answer  uint64
	limit          string
	cost           map[string][2]float64
	serial         float64 // in C; 1.3 times that in Go, 1.6 in Java; 0: none
}

var sampleRuntimes = []Runtime{
	{ID: "mn", Competitor: "mn", Version: "0.1.0", Language: "c", Model: "M:N", Build: "3f1c", Toolchain: "gcc 12.2.0"},
	{ID: "pthreads", Competitor: "pthreads", Version: "glibc 2.36", Language: "c", Model: "1:1", Build: "91ab", Toolchain: "gcc 12.2.0"},
	{ID: "goroutines", Competitor: "goroutines", Version: "go1.26.1", Language: "go", Model: "M:N", Build: "77d0", Toolchain: "go1.26.1"},
	{ID: "loom", Competitor: "loom", Version: "25.0.1", Language: "java", Model: "M:N", Build: "c0de", Toolchain: "javac 25.0.1"},
	{ID: "loom-platform", Competitor: "loom", Version: "25.0.1", Language: "java", Model: "1:1", Build: "c0de", Toolchain: "javac 25.0.1"},
}

var sampleWork = []invented{
	{"spawn", "thread", params("n", 1000, "window", 1), 1000, 500500, "", map[string][2]float64{
		"mn": {98, 170}, "pthreads": {29000, 31000}, "goroutines": {742, 810}, "loom": {2900, 4100}, "loom-platform": {61000, 66000}}, 0},
	{"spawn", "thread", params("n", 100000, "window", 1000), 100000, 5000050000, "", map[string][2]float64{
		"mn": {61, 64}, "pthreads": {27000, 24000}, "goroutines": {540, 420}, "loom": {560, 430}, "loom-platform": {52000, 47000}}, 0},
	{"yield", "yield", params("threads", 16, "rounds", 10000), 160000, 160000, "", map[string][2]float64{
		"mn": {22, 14}, "pthreads": {1010, 620}, "goroutines": {140, 95}, "loom": {430, 350}, "loom-platform": {1030, 610}}, 0},
	{"pingpong", "hand-over", params("pairs", 4, "rounds", 5000), 40000, 40000, "", map[string][2]float64{
		"mn": {75, 92}, "pthreads": {2100, 6600}, "goroutines": {260, 300}, "loom": {1200, 2100}, "loom-platform": {2900, 7100}}, 0},
	{"fib", "thread", params("n", 18, "cutoff", 0), 4180, 2584, "pthread_create: EAGAIN at 32754", map[string][2]float64{
		"mn": {61, 38}, "pthreads": {0, 0}, "goroutines": {870, 510}, "loom": {2100, 1300}, "loom-platform": {0, 0}}, 5.1},
	{"imbalanced", "thread", params("n", 256, "heavy_percent", 10, "heavy", 100000, "light", 1000), 256, 0x8d1f2c53aa, "", map[string][2]float64{
		"mn": {8620, 4350}, "pthreads": {41000, 23000}, "goroutines": {8650, 4420}, "loom": {9900, 5600}, "loom-platform": {72000, 41000}}, 8500},
	{"prodcons", "item", params("producers", 2, "consumers", 2, "capacity", 64, "items", 20000), 20000, 200010000, "", map[string][2]float64{
		"mn": {48, 71}, "pthreads": {310, 640}, "goroutines": {105, 160}, "loom": {390, 800}, "loom-platform": {330, 900}}, 0},
}

func params(kv ...any) workloads.Params {
	var ps workloads.Params
	for i := 0; i < len(kv); i += 2 {
		ps = append(ps, workloads.Param{Name: kv[i].(string), Value: uint64(kv[i+1].(int))})
	}
	return ps
}

// samplePlan returns the cells of the sample and for each the cost of a unit.
func samplePlan() (cells []Cell, costs []float64, work []*invented) {
	for i := range sampleWork {
		w := &sampleWork[i]
		add := func(rt string, workers int, mode Mode, cost float64) {
			cells = append(cells, Cell{Runtime: rt, Workload: w.workload, Params: w.params, Workers: workers, Mode: mode})
			costs = append(costs, cost)
			work = append(work, w)
		}
		if w.serial > 0 {
			add("mn", 1, Serial, w.serial)
			add("pthreads", 1, Serial, w.serial)
			add("goroutines", 1, Serial, 1.3*w.serial)
			add("loom", 1, Serial, 1.6*w.serial)
		}
		for workers := 1; workers <= 2; workers++ {
			for _, rt := range sampleRuntimes {
				add(rt.ID, workers, Parallel, w.cost[rt.ID][workers-1])
			}
		}
	}
	return cells, costs, work
}

func writeSample(t *testing.T, path string) {
	t.Helper()
	start := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	cells, costs, work := samplePlan()
	units := map[string]string{}
	for _, w := range sampleWork {
		units[w.workload] = w.unit
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := Create(path, Run{
		ID: "20250601T120000Z-example", Time: start, Seed: 7,
		Tool: Tool{Version: "0.1.0", Go: "go1.26.1"},
		Args: []string{"mnbench", "run", "quick", "--out", "out/run.jsonl"},
		Plan: Plan{Suite: "quick", Cells: cells, Invocations: 3, Iterations: 5, Warmup: 1, CPUs: []int{0, 1}, Units: units},
		Host: Host{Name: "example", OS: "linux", Kernel: "6.1.0-example", Arch: "amd64", CPUModel: "Example CPU @ 2.0GHz",
			CPUs: 2, Governor: "performance", Hypervisor: "none", MemoryBytes: 8 << 30, Load1: 0.12},
		Runtimes: sampleRuntimes,
	})
	check(err)
	check(w.Unavailable(Unavailable{Runtime: "tokio", Reason: "no cargo found", Hint: "apt-get install cargo"}))
	rng := rand.New(rand.NewPCG(7, 7))
	order, now := 0, start
	for block := range 3 {
		for i, cell := range cells {
			inv := Invocation{Cell: i, Invocation: block, Order: order, Status: OK,
				Start:  now,
				Config: map[string]any{"workers": cell.Workers},
				Seen: Seen{Threads: cell.Workers + 1, CPUs: []int{0, 1}[:cell.Workers], UserNS: 9e7, SysNS: 1e6, Voluntary: 12, Involuntary: 3,
					MinorFaults: 400, MaxRSSBytes: int64(3+10*rng.IntN(3)) << 20, HarnessCPUNS: 2e5},
				Noise: Noise{BeforeNS: 1000000 + rng.Int64N(40000), AfterNS: 1000000 + rng.Int64N(40000)},
			}
			order++
			wall := int64(9.5e7)
			spread := 0.03
			if cell.Runtime == "loom" || cell.Runtime == "loom-platform" {
				spread = 0.12
			}
			effect := math.Exp(spread * rng.NormFloat64())
			switch {
			case cell.Mode == Parallel && costs[i] == 0:
				inv.Status, inv.Detail = Limit, work[i].limit
			case cell.Runtime == "loom-platform" && cell.Workload == "imbalanced" && cell.Workers == 1:
				inv.Status, inv.Detail = Timeout, "no end within 20s"
			case cell.Runtime == "loom" && cell.Workload == "prodcons" && cell.Workers == 2 && block == 1:
				inv.Status, inv.Detail = Crash, "ended by signal: segmentation fault"
			default:
				if cell.Workload == "yield" && cell.Runtime == "goroutines" && block == 2 {
					inv.Noise.AfterNS = 2100000
					effect *= 1.4
				}
				for k := range 6 {
					s := Sample{Cell: i, Invocation: block, Phase: Timed, Index: k - 1, Units: work[i].units, Answer: work[i].answer, RSSBytes: 3 << 20}
					if k == 0 {
						s.Phase, s.Index = Warmup, 0
					}
					s.NS = int64(costs[i] * effect * math.Exp(spread/2*rng.NormFloat64()) * float64(s.Units))
					if cell.Runtime == "mn" && cell.Mode == Parallel {
						s.Counters = map[string]uint64{"steals": rng.Uint64N(40)}
					}
					wall += s.NS
					check(w.Sample(s))
				}
			}
			inv.WallNS = wall
			now = now.Add(time.Duration(wall).Round(time.Millisecond) + 5*time.Millisecond)
			check(w.Invocation(inv))
		}
	}
	w.now = func() time.Time { return now }
	check(w.End(true))
	check(w.Close())
}
