package workloads

func init() {
	closedForms["fanout"] = closedForms["spawn"]
	closedForms["idle"] = func(p map[string]uint64) Answer {
		return Answer{Units: p["threads"], Answer: upTo(p["threads"])}
	}
	closedForms["ring"] = func(p map[string]uint64) Answer {
		return Answer{Units: p["hops"], Answer: upTo(p["hops"])}
	}
	closedForms["handoff"] = func(p map[string]uint64) Answer {
		return Answer{Units: p["pairs"] * p["items"], Answer: p["pairs"] * upTo(p["items"])}
	}
	closedForms["skynet"] = func(p map[string]uint64) Answer {
		leaves, threads := uint64(1), uint64(0)
		for range p["depth"] {
			leaves *= 10
			threads += leaves
		}
		return Answer{Units: threads, Answer: upTo(leaves - 1)}
	}
}
