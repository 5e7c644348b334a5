package results

import (
	"bytes"
	"strings"
	"testing"
)

func TestSpeedup(t *testing.T) {
	m := newMade()
	for _, rt := range []struct {
		id    string
		ns    [2]int64
		tried uint64
	}{{"mn", [2]int64{10100, 5100}, 400}, {"mn-nosteal", [2]int64{10000, 10000}, 0}, {"pthreads", [2]int64{12000, 0}, 0}} {
		m.steady(rt.id+"/serial", 1, 10000)
		m.steady(rt.id, 1, rt.ns[0])
		if rt.ns[1] == 0 {
			m.inv(m.cell(rt.id, 2), Limit, "pthread_create: EAGAIN at 900")
			continue
		}
		m.steady(rt.id, 2, rt.ns[1])
		for i := range m.Invocations[len(m.Invocations)-6:] {
			inv := &m.Invocations[len(m.Invocations)-6+i]
			inv.Counters = map[string]uint64{"steal_attempts": rt.tried, "steal_hits": rt.tried / 4}
		}
	}
	var b bytes.Buffer
	if err := WriteSpeedup(&b, m.summarise(t, Options{}), TableOptions{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/speedup.txt", b.Bytes())

	m = newMade()
	m.steady("mn", 1, 100)
	if err := WriteSpeedup(&b, m.summarise(t, Options{}), TableOptions{}); err == nil || !strings.Contains(err.Error(), "no speed-up") {
		t.Errorf("a record without sequential code: error %v", err)
	}
}
