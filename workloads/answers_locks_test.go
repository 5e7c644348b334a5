package workloads

func init() {
	closedForms["mutex"] = func(p map[string]uint64) Answer {
		units := p["threads"] * p["rounds"]
		a := Answer{Units: units, Answer: units + advance(units*p["inside"], 0)}
		for i := range p["threads"] {
			a.Answer += advance(p["rounds"]*p["outside"], i)
		}
		return a
	}
	closedForms["rwlock"] = func(p map[string]uint64) Answer {
		writes := uint64(0)
		for i := range p["threads"] {
			for round := range p["rounds"] {
				if (37*round+11*i)%100 >= p["read_percent"] {
					writes++
				}
			}
		}
		return Answer{Units: p["threads"] * p["rounds"], Answer: writes * p["words"]}
	}
	closedForms["barrier"] = func(p map[string]uint64) Answer {
		// Everybody's slot is read once in each round, by its other neighbour.
		a := Answer{Units: p["threads"] * p["rounds"], Answer: p["threads"] * upTo(p["rounds"])}
		for i := range p["threads"] {
			for round := uint64(1); round <= p["rounds"]; round++ {
				a.Answer += advance(round*p["work"], i)
			}
		}
		return a
	}
	closedForms["channel"] = closedForms["prodcons"]
	closedForms["philosophers"] = func(p map[string]uint64) Answer {
		units := p["threads"] * p["rounds"]
		a := Answer{Units: units, Answer: 2 * units}
		for i := range p["threads"] {
			a.Answer += advance(p["rounds"]*(p["eat"]+p["think"]), i)
		}
		return a
	}
}
