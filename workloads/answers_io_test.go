package workloads

func init() {
	closedForms["echo"] = func(p map[string]uint64) Answer {
		a := Answer{Units: p["connections"] * p["rounds"]}
		for i := range p["connections"] {
			for k := uint64(2); k <= p["words"]; k++ {
				a.Answer += p["rounds"] * advance(k, i)
			}
			for round := range p["rounds"] {
				a.Answer += advance(round+1, i)
			}
		}
		return a
	}
	closedForms["files"] = func(p map[string]uint64) Answer {
		a := Answer{Units: p["threads"] * p["reads"]}
		for i := range p["threads"] {
			for read := range p["reads"] {
				block := advance(read+1, i) >> 32 * p["blocks"] >> 32
				for k := uint64(0); k < p["words"]; k += 64 {
					a.Answer += advance(block*p["words"]+k+1, 1)
				}
			}
		}
		return a
	}
	closedForms["blocking"] = func(p map[string]uint64) Answer {
		a := Answer{Units: p["threads"] * p["chunks"]}
		for i := range p["threads"] {
			a.Answer ^= advance(p["chunks"]*p["steps"], i)
		}
		a.Answer += p["blockers"] * p["calls"]
		return a
	}
	closedForms["pipes"] = func(p map[string]uint64) Answer {
		more := p["words"] - 1
		ring := upTo(p["hops"]) + p["hops"]*upTo(more) // of ring 0
		return Answer{
			Units:  p["rings"] * p["hops"],
			Answer: p["rings"]*ring + upTo(p["rings"]-1)*more*p["hops"],
		}
	}
}
