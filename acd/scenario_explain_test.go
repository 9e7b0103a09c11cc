package acd

import (
	"encoding/json"
	"fmt"

	"hotline"
)

// explain is the command "explain NAME…": an agent's id, or a contact whose visit waits. It prints the findings and the
// sentences.
func (s *script) explain(args []string) {
	for _, name := range args {
		x, err := s.router.ExplainAgent(s.now, hotline.AgentID(name))
		if err != nil {
			x, err = s.router.ExplainVisit(s.now, s.visit(name))
		}
		if err != nil {
			fmt.Fprintf(&s.out, "%s: %v\n", name, err)
			continue
		}
		fmt.Fprintf(&s.out, "%s: %s\n", name, x.Sentence("en-US"))
		fmt.Fprintf(&s.out, "%s: %s\n", name, x.Sentence("zh-CN"))
		for _, r := range append([]hotline.Reason{x.Verdict}, x.Because...) {
			text, _ := json.Marshal(r)
			fmt.Fprintf(&s.out, "  %s\n", text)
		}
	}
}
