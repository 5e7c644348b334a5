package workloads

func init() {
	closedForms["sleepers"] = func(p map[string]uint64) Answer {
		units := p["threads"] * p["rounds"]
		return Answer{units, units}
	}
	closedForms["hog"] = func(p map[string]uint64) Answer {
		a := Answer{p["ticks"], p["ticks"]}
		for i := uint64(1); i <= p["hogs"]; i++ {
			a.Answer += advance(p["steps"], i)
		}
		return a
	}
	closedForms["fairness"] = func(p map[string]uint64) Answer {
		a := Answer{Units: p["threads"] * p["chunks"]}
		for i := range p["threads"] {
			a.Answer += advance(p["chunks"]*p["steps"], i)
		}
		return a
	}
	closedForms["openloop"] = func(p map[string]uint64) Answer {
		a := Answer{Units: p["requests"]}
		for i := range p["requests"] {
			steps := p["short"]
			if advance(2*i+2, 1)>>32*1000>>32 < 5 {
				steps = p["long"]
			}
			a.Answer += advance(steps, i)
		}
		return a
	}
	closedForms["wakeup"] = func(p map[string]uint64) Answer {
		a := Answer{p["rounds"], p["rounds"]}
		for i := range p["hogs"] {
			a.Answer += advance(p["steps"], i)
		}
		return a
	}
	closedForms["migrate"] = func(p map[string]uint64) Answer {
		a := Answer{Units: p["threads"] * p["rounds"]}
		for word := range p["threads"] * (p["bytes"] / 64) {
			a.Answer += advance(p["rounds"], word)
		}
		return a
	}
}
