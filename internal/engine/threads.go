package engine

import (
	"runtime"
	"sync"
)

// spare is how many kernel threads are made beforehand: what Go's runtime may want
// while a driver runs, for a timer, a collection of garbage, a progress line.
const spare = 16

// spareThreads makes sure, once, that this process has spare kernel threads. Go
// keeps threads that it has made; so it is enough to need them all at once.
var spareThreads = sync.OnceFunc(func() {
	var here sync.WaitGroup
	enough := make(chan struct{})
	for range spare {
		here.Add(1)
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			here.Done()
			<-enough
		}()
	}
	here.Wait()
	close(enough)
})
