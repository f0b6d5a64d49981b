package conformance

import (
	"encoding/json"
	"flag"
	"fmt"
	"testing"
	"time"
)

var (
	seed     = flag.Uint64("seed", 2026, "of what is generated")
	clusters = flag.Int("clusters", 1, "how many times as many generated clusters as usual")
)

// strangeCluster makes a cluster of the generator stranger by a few edits, or joins a few rows of the table of rules.
func strangeCluster(g *generator, i int, rows []ruleRow, strange []any) map[string]any {
	if i%4 == 0 {
		joined := ruleRow{Set: map[string]any{}}
		for range 1 + g.random.IntN(2) {
			for path, value := range rows[g.random.IntN(len(rows))].Set {
				joined.Set[path] = value
			}
		}
		return deepCopy(joined.object())
	}
	object := g.cluster(fmt.Sprintf("c%d", i))
	for range g.random.IntN(3) {
		g.mutate(object, strange)
	}
	return object
}

// The API server and the hook say the same of thousands of clusters, good and bad.
func TestVerdictsAgree(t *testing.T) {
	c := loadCRD(t)
	g := newGenerator(t, *seed)
	rows := readJSON[[]ruleRow](t, root+"/tests/rules/rules.json")
	var strange []any
	unmarshal(t, "strange values", []byte(strangeValues), &strange)
	good, bad := 0, 0
	for i := range 4000 * *clusters {
		object := strangeCluster(g, i, rows, strange)
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		says, answer := problems(t, object)
		errs := c.admit(object)
		if (says == "") != (len(errs) == 0) {
			t.Errorf("the hook says %q, the API server %v\n%.3000s", says, errs.ToAggregate(), text)
		}
		judgeStatus(t, fmt.Sprintf("%.3000s", text), object, answer.Status, time.Now())
		if says == "" {
			good++
		} else {
			bad++
		}
	}
	t.Logf("%d good, %d bad", good, bad)
	if good < 700 || bad < 700 {
		t.Errorf("%d good and %d bad: too few of one", good, bad)
	}
}
