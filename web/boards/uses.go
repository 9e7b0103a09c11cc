package boards

import (
	"fmt"
	"iter"

	"hotline"
)

// QueueUses yields each queue that the board names, with where: "queues", or "pages[0].tiles[2].queues".
func (b *Wallboard) QueueUses() iter.Seq2[string, hotline.QueueID] {
	return func(yield func(string, hotline.QueueID) bool) {
		for _, q := range b.Queues {
			if !yield("queues", q) {
				return
			}
		}
		for i, p := range b.Pages {
			for k, t := range p.Tiles {
				for _, q := range t.Queues {
					if !yield(fmt.Sprintf("pages[%d].tiles[%d].queues", i, k), q) {
						return
					}
				}
			}
		}
	}
}
