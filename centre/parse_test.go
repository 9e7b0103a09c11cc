package centre

import (
	"os"
	"testing"
)

func TestContract(t *testing.T) {
	data, err := os.ReadFile("testdata/contract.yaml")
	if err != nil {
		t.Fatal(err)
	}
	env := func(string) (string, bool) { return "secret", true }
	c, faults := Parse("centre.yaml", data, env)
	for _, f := range faults {
		t.Error(f)
	}
	t.Logf("%+v", c.Queues)
}
