package replay_test

import (
	"fmt"
	"testing"
	"time"

	"hotline"
	"hotline/replay"
)

// TestSamePolicy: with the same file the replay gives the very facts of the log, whole days and spans out of their middle.
func TestSamePolicy(t *testing.T) {
	c := parse(t, 14, "longest_idle")
	for seed := range uint64(12) {
		log := record(t, c, seed, 3, 240)
		for _, span := range [][2]time.Duration{{0, 3 * time.Hour}, {50 * time.Minute, 2 * time.Hour}} {
			t.Run(fmt.Sprint("seed=", seed, "/from=", span[0]), func(t *testing.T) {
				a, err := replay.Run(t.Context(), replay.Question{
					Log: log, Shard: "main", From: start().Add(span[0]), To: start().Add(span[1]), Was: c,
				})
				if err != nil {
					t.Fatal(err)
				}
				if !a.Same {
					t.Fatalf("differs:\n was   %s\n would %s", show(a.Differ.Was), show(a.Differ.Would))
				}
				if a.Contacts < 100 {
					t.Errorf("only %d contacts", a.Contacts)
				}
			})
		}
	}
}

func show(ev hotline.Event) string {
	if ev.Fact == nil {
		return "nothing"
	}
	b, err := hotline.MarshalEvent(ev)
	return fmt.Sprint(string(b), err)
}
