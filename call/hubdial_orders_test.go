package call

import (
	"strconv"
	"testing"

	"hotline"
)

// TestOrdersOfRefusedCalls: a name that a refused call had first stands for the later call as long as that one is remembered.
func TestOrdersOfRefusedCalls(t *testing.T) {
	var s orders
	again := hotline.OwnCall{Agent: "8001", ID: "again"}
	s.keep(again, "refused")
	delete(s.calls, orderName(again))
	s.keep(again, "made")
	for i := range maxOrders - 1 {
		s.keep(hotline.OwnCall{Agent: "8002", ID: strconv.Itoa(i)}, "other")
	}
	if got := s.calls[orderName(again)]; got != "made" {
		t.Errorf("the order's name stands for %q: asked again, it would be dialled twice", got)
	}
	s.keep(hotline.OwnCall{Agent: "8002", ID: "last"}, "other")
	if _, ok := s.calls[orderName(again)]; ok || len(s.calls) != maxOrders || len(s.kept) != maxOrders {
		t.Errorf("%d names of %d calls are kept", len(s.calls), len(s.kept))
	}
}
