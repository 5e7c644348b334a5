package stat

import "slices"

// Place is a rank, from 1; 0: none. Tied: others share it.
type Place struct {
	Rank int
	Tied bool
}

// Rank orders costs by their median, lowest first, and gives those that
// cannot be told apart the same rank, in the sports manner: 1 1 3.
//
// "Cannot be told apart" (the interval of the ratio contains 1) is not
// transitive: a may tie with b and b with c where a is faster than c. The
// rule that makes ranks of it: walk from the fastest to the slowest. The
// first is the leader of a group. Whoever cannot be told apart from the
// leader joins the group; the first who can leads the next one. So
//
//   - ranks follow the medians;
//   - everyone is tied with the fastest of the group, and the fastest of each
//     group is told apart from the fastest of the group before;
//   - two in one group may still differ from each other, and two neighbours
//     of different groups may not: ask Ratio about a pair.
//
// Costs whose interval is not bounded (no sample, or a single one) get rank 0:
// nothing says where they stand. Intervals are not corrected for the number
// of comparisons: with many runtimes, expect a rank too many now and then.
func Rank(costs []*Resampled) []Place {
	places := make([]Place, len(costs))
	var order []int
	for i, c := range costs {
		if c.point.Bounded() {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch ma, mb := costs[a].point.Median, costs[b].point.Median; {
		case ma < mb:
			return -1
		case ma > mb:
			return 1
		}
		return 0
	})
	leader := -1
	for pos, i := range order {
		if leader >= 0 && costs[i].Ratio(costs[leader]).Contains(1) {
			places[i] = Place{places[leader].Rank, true}
			places[leader].Tied = true
			continue
		}
		leader = i
		places[i] = Place{Rank: pos + 1}
	}
	return places
}
