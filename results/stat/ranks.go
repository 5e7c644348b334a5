package stat

import (
	"cmp"
	"math"
	"slices"

	"github.com/aclements/go-moremath/stats"
	"gonum.org/v1/gonum/stat/distuv"
)

// MannWhitney returns the two-sided p-value of the Mann-Whitney test of two
// independent samples: how likely ranks at least as uneven are when both come
// from one distribution, of which nothing is supposed. It is exact up to 50
// values a side (25 where values are equal) and the normal approximation with
// corrections for ties and continuity above. NaN: a side is empty. Where all
// values are equal nothing speaks for a difference: 1.
func MannWhitney(a, b []float64) float64 {
	if len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, math.IsNaN) || slices.ContainsFunc(b, math.IsNaN) {
		return math.NaN()
	}
	r, err := stats.MannWhitneyUTest(a, b, stats.LocationDiffers)
	if err != nil { // of what remains only that all are equal
		return 1
	}
	return r.P
}

// SignedRank returns the two-sided p-value of Wilcoxon's signed-rank test of
// paired differences (of logarithms, for ratios): how likely they are when
// they lie evenly around zero. Zeros are left out. It is exact up to 50
// differences that are all unlike each other in size, and the normal
// approximation with corrections for ties and continuity elsewhere. NaN: no
// difference was given; 1: all are zero.
func SignedRank(differences []float64) float64 {
	if len(differences) == 0 || slices.ContainsFunc(differences, math.IsNaN) {
		return math.NaN()
	}
	d := slices.DeleteFunc(slices.Clone(differences), func(v float64) bool { return v == 0 })
	if len(d) == 0 {
		return 1
	}
	slices.SortFunc(d, func(x, y float64) int { return cmp.Compare(math.Abs(x), math.Abs(y)) })
	n := float64(len(d))
	positive, ties := 0.0, 0.0
	for i := 0; i < len(d); {
		j := i
		for j < len(d) && math.Abs(d[j]) == math.Abs(d[i]) {
			j++
		}
		for _, v := range d[i:j] {
			if v > 0 {
				positive += float64(i+j+1) / 2 // the mean of the ranks that the equal ones share
			}
		}
		same := float64(j - i)
		ties += same*same*same - same
		i = j
	}
	less := math.Min(positive, n*(n+1)/2-positive)
	if ties == 0 && len(d) <= 50 {
		return math.Min(1, 2*signedRankTail(len(d), int(less)))
	}
	mean, sd := n*(n+1)/4, math.Sqrt(n*(n+1)*(2*n+1)/24-ties/48)
	return math.Min(1, 2*distuv.UnitNormal.CDF((less+0.5-mean)/sd))
}

// signedRankTail is the probability that the ranks 1 to n, each taken with
// probability 1/2, add up to at most most.
func signedRankTail(n, most int) float64 {
	ways := make([]float64, n*(n+1)/2+1)
	ways[0] = 1
	for rank := 1; rank <= n; rank++ {
		for s := len(ways) - 1; s >= rank; s-- {
			ways[s] += ways[s-rank]
		}
	}
	sum := 0.0
	for _, w := range ways[:most+1] {
		sum += w
	}
	return sum / math.Pow(2, float64(n))
}

// Holm corrects the p-values of a family of tests, so that the probability of
// calling anything significant at level a when nothing is, is at most a,
// however the tests depend on each other (Holm, A simple sequentially
// rejective multiple test procedure, Scandinavian Journal of Statistics 6,
// 1979). NaN, a test that could not be made, stays NaN and does not count.
func Holm(ps []float64) []float64 {
	out := make([]float64, len(ps))
	var order []int
	for i, p := range ps {
		out[i] = p
		if !math.IsNaN(p) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ps[a], ps[b]) })
	least := 0.0
	for k, i := range order {
		least = math.Max(least, math.Min(1, float64(len(order)-k)*ps[i]))
		out[i] = least
	}
	return out
}
