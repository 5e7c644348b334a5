package host

import (
	"sync"
	"time"
)

// spinSteps makes one spin last 1 to 2 ms on a CPU of 3 GHz: a multiplication
// and an addition that wait for each other, 4 to 5 cycles a step.
const spinSteps = 1 << 20

var spinSink sync.Map // keeps the compiler from dropping the loop

// Spin does a fixed piece of arithmetic on each of the CPUs at once and
// returns the time of the slowest. It touches no memory; what else runs there
// makes it longer.
func Spin(cpus []int) (time.Duration, error) {
	times := make([]time.Duration, len(cpus))
	errs := make([]error, len(cpus))
	var wg sync.WaitGroup
	for i, cpu := range cpus {
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[i] = OnCPUs([]int{cpu}, func() error {
				start := time.Now()
				x := spin(uint64(cpu))
				times[i] = time.Since(start)
				spinSink.Store(cpu, x)
				return nil
			})
		}()
	}
	wg.Wait()
	var slowest time.Duration
	for i, d := range times {
		if errs[i] != nil {
			return 0, errs[i]
		}
		slowest = max(slowest, d)
	}
	return slowest, nil
}

func spin(x uint64) uint64 {
	for range spinSteps {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}
