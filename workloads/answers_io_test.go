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
	closedForms["pipes"] = func(p map[string]uint64) Answer {
		more := p["words"] - 1
		ring := upTo(p["hops"]) + p["hops"]*upTo(more) // of ring 0
		return Answer{
			Units:  p["rings"] * p["hops"],
			Answer: p["rings"]*ring + upTo(p["rings"]-1)*more*p["hops"],
		}
	}
}
