package main

// busy is the computing that workloads do: steps of a linear congruential
// generator (Knuth's MMIX).
func busy(steps, x uint64) uint64 {
	for range steps {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}
