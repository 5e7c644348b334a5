package host

import (
	"os"
	"testing"
)

// BenchmarkObserve is what one look at a driver costs.
func BenchmarkObserve(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		if _, err := Observe(os.Getpid()); err != nil {
			b.Fatal(err)
		}
	}
}
