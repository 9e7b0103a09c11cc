package acd

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTree does random things to a tree and to a sorted list and compares them.
func TestTree(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 7))
		var tr tree[string]
		var list []rank
		by := func(a, b rank) int { return a.compare(b) }
		for range 2000 {
			at := rank{int64(rng.IntN(20) - 10), int64(rng.IntN(5)), uint64(rng.IntN(40))}
			i, found := slices.BinarySearchFunc(list, at, by)
			switch {
			case rng.IntN(5) < 2:
				if got := tr.remove(at); got != found {
					t.Fatalf("seed %d: remove %v = %t", seed, at, got)
				}
				if found {
					list = slices.Delete(list, i, i+1)
				}
			case !found:
				tr.insert(at, fmt.Sprint(at))
				list = slices.Insert(list, i, at)
			}
			if tr.len() != len(list) || tr.before(at) != i {
				t.Fatalf("seed %d: %d of %d, %d before %v, want %d", seed, tr.len(), len(list), tr.before(at), at, i)
			}
			first, v, ok := tr.first()
			if ok != (len(list) > 0) || ok && (first != list[0] || v != fmt.Sprint(list[0])) {
				t.Fatalf("seed %d: first %v %q %t", seed, first, v, ok)
			}
			if n := len(list); n > 0 {
				if k := rng.IntN(n); tr.kth(k) != fmt.Sprint(list[k]) {
					t.Fatalf("seed %d: the %d-th is %q", seed, k, tr.kth(k))
				}
			}
		}
	}
}

// TestTreeShape: the shape follows from the content alone, and stays flat.
func TestTreeShape(t *testing.T) {
	const n = 1 << 14
	order := rand.New(rand.NewPCG(1, 2)).Perm(n)
	var up, any tree[int]
	for i := range n {
		up.insert(rank{int64(i), 0, uint64(i)}, i)
		any.insert(rank{int64(order[i]), 0, uint64(order[i])}, order[i])
	}
	for i := range n / 2 {
		up.remove(rank{int64(2 * i), 0, uint64(2 * i)})
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(mix(uint64(a)), mix(uint64(b))) })
	for _, i := range order {
		if i%2 == 0 {
			any.remove(rank{int64(i), 0, uint64(i)})
		}
	}
	if !sameShape(up.root, any.root) {
		t.Error("the shape depends on the order of the work")
	}
	if d := depth(up.root); d > 40 {
		t.Errorf("depth %d for %d values", d, up.len())
	}
}

func sameShape(a, b *treeNode[int]) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.value == b.value && a.size == b.size && sameShape(a.left, b.left) && sameShape(a.right, b.right)
}

func depth(n *treeNode[int]) int {
	if n == nil {
		return 0
	}
	return 1 + max(depth(n.left), depth(n.right))
}
