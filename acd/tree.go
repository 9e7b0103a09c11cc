package acd

import "cmp"

// rank is a place in an order: a first, then b, then n. n is unique within a tree and never changes for its owner.
type rank struct {
	a, b int64
	n    uint64
}

func (r rank) compare(s rank) int {
	return cmp.Or(cmp.Compare(r.a, s.a), cmp.Compare(r.b, s.b), cmp.Compare(r.n, s.n))
}

// tree is an ordered set of T by rank that also answers "the k-th" and "how many before": a treap whose priorities are a hash
// of the rank's n, so that its shape depends on its content alone, not on the order of insertion. Every operation costs
// O(log size) on average. The zero tree is empty.
type tree[T any] struct{ root *treeNode[T] }

type treeNode[T any] struct {
	at          rank
	prio        uint64
	size        int
	left, right *treeNode[T]
	value       T
}

func (n *treeNode[T]) len() int {
	if n == nil {
		return 0
	}
	return n.size
}

func (n *treeNode[T]) resize() *treeNode[T] {
	n.size = n.left.len() + n.right.len() + 1
	return n
}

func (t *tree[T]) len() int { return t.root.len() }

// insert adds value at a rank that is not in the tree.
func (t *tree[T]) insert(at rank, value T) {
	t.root = t.root.insert(&treeNode[T]{at: at, prio: mix(at.n), size: 1, value: value})
}

func (n *treeNode[T]) insert(add *treeNode[T]) *treeNode[T] {
	switch {
	case n == nil:
		return add
	case add.prio > n.prio:
		add.left, add.right = n.split(add.at)
		return add.resize()
	case add.at.compare(n.at) < 0:
		n.left = n.left.insert(add)
	default:
		n.right = n.right.insert(add)
	}
	return n.resize()
}

// split cuts the tree into what lies before and what lies after at.
func (n *treeNode[T]) split(at rank) (before, after *treeNode[T]) {
	if n == nil {
		return nil, nil
	}
	if n.at.compare(at) < 0 {
		n.right, after = n.right.split(at)
		return n.resize(), after
	}
	before, n.left = n.left.split(at)
	return before, n.resize()
}

// remove takes the rank out, and says whether it was there.
func (t *tree[T]) remove(at rank) bool {
	before := t.root.len()
	t.root = t.root.remove(at)
	return t.root.len() < before
}

func (n *treeNode[T]) remove(at rank) *treeNode[T] {
	if n == nil {
		return nil
	}
	switch c := at.compare(n.at); {
	case c == 0:
		return merge(n.left, n.right)
	case c < 0:
		n.left = n.left.remove(at)
	default:
		n.right = n.right.remove(at)
	}
	return n.resize()
}

// merge joins two trees, all of a before all of b.
func merge[T any](a, b *treeNode[T]) *treeNode[T] {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.prio > b.prio:
		a.right = merge(a.right, b)
		return a.resize()
	}
	b.left = merge(a, b.left)
	return b.resize()
}

// first returns the value of the lowest rank; ok is false if the tree is empty.
func (t *tree[T]) first() (at rank, value T, ok bool) {
	n := t.root
	if n == nil {
		return at, value, false
	}
	for n.left != nil {
		n = n.left
	}
	return n.at, n.value, true
}

// kth returns the value with k others before it, 0 ≤ k < len.
func (t *tree[T]) kth(k int) T {
	n := t.root
	for {
		switch l := n.left.len(); {
		case k < l:
			n = n.left
		case k == l:
			return n.value
		default:
			k -= l + 1
			n = n.right
		}
	}
}

// before counts the ranks lower than at, which itself need not be in the tree.
func (t *tree[T]) before(at rank) int {
	count := 0
	for n := t.root; n != nil; {
		if n.at.compare(at) < 0 {
			count += n.left.len() + 1
			n = n.right
		} else {
			n = n.left
		}
	}
	return count
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014): it spreads consecutive numbers over all 64 bits.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}
