package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// slowVariable is set by mnbench gate --self-test alone: every iteration takes
// so many percent longer, by real work on a CPU inside the timed stretch. The
// engine takes no result from a driver that does so unasked.
const slowVariable = "MNBENCH_SLOW_PERCENT"

func slowPercent() (uint64, error) {
	text, ok := os.LookupEnv(slowVariable)
	if !ok {
		return 0, nil
	}
	percent, err := strconv.ParseUint(text, 10, 64)
	if err != nil || percent > 1000 {
		return 0, usageError{fmt.Sprintf("%s=%s: want a whole number from 0 to 1000", slowVariable, text)}
	}
	return percent, nil
}

var slowSink uint64 // what the work came to, so that it is not optimised away

// slowDown works on for the percentage of the time that the iteration took, and
// returns what it took with that.
func slowDown(start time.Time, took time.Duration, percent uint64) time.Duration {
	until := took + took*time.Duration(percent)/100
	for took < until {
		for range 16 {
			slowSink = slowSink*6364136223846793005 + 1442695040888963407
		}
		took = time.Since(start)
	}
	return took
}
