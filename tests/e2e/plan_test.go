package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
)

// forecast is what `flame-operator plan -o json` says of a change.
type forecast struct {
	Changes bool `json:"changes"`
	Pods    struct {
		Created, Removed, Replaced, Kept []string
		Order                            []struct {
			Pods []string `json:"pods"`
		}
	} `json:"pods"`
	ExecutorManagers struct{ Before, After, Fewest int } `json:"executorManagers"`
	End              struct {
		State      string
		AsAskedFor bool
	} `json:"end"`
}

func (c *cluster) file(name string, object map[string]any) string {
	c.Helper()
	text, err := json.Marshal(object)
	must(c.T, err)
	path := filepath.Join(c.TempDir(), name)
	must(c.T, os.WriteFile(path, text, 0o600))
	return path
}

// plan asks what this merge patch would do to the cluster as the API server has it now.
func (c *cluster) plan(patch string) forecast {
	c.Helper()
	old := c.get()
	changed := runtime.DeepCopyJSON(old)
	merge(changed, parse(c.T, patch))
	command := exec.Command(world.operator.program, "plan", "-o", "json", c.file("old.json", old), c.file("new.json", changed))
	text, err := command.Output()
	if err != nil {
		c.Fatalf("%v: %v\n%s", command, err, text)
	}
	var found forecast
	must(c.T, json.Unmarshal(text, &found))
	return found
}

// came holds the forecast against what happened: each step's Pods go, in any order among themselves, before those of the next.
func (c *cluster) came(said forecast, order []string, fewest int) {
	c.Helper()
	replaced := order[:0:0]
	for _, name := range order {
		if !slices.Contains(said.Pods.Removed, name) {
			replaced = append(replaced, name)
		}
	}
	var happened, wanted [][]string
	at := 0
	for _, step := range said.Pods.Order {
		end := min(at+len(step.Pods), len(replaced))
		happened = append(happened, slices.Sorted(slices.Values(replaced[at:end])))
		wanted = append(wanted, slices.Sorted(slices.Values(step.Pods)))
		at = end
	}
	if err := same(append(happened, replaced[at:]), append(wanted, []string{})); err != nil {
		c.Errorf("the order of the Pods that were replaced %v", err)
	}
	if fewest != said.ExecutorManagers.Fewest {
		c.Errorf("%d executor managers were ready at the least, %d by the forecast", fewest, said.ExecutorManagers.Fewest)
	}
}

// What the plan says before a change is what comes.
func TestPlanIsWhatHappens(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct {
		cluster, patch string
		steps, removed int
	}{
		"config":     {`{"spec": {"executorManager": {"replicas": 4}}}`, `{"spec": {"sessionManager": {"slot": "cpu=2,mem=4g"}}}`, 5, 0},
		"image":      {`{"spec": {"executorManager": {"replicas": 4, "updateStrategy": {"maxUnavailable": "50%"}}}}`, `{"spec": {"executorManager": {"image": "executor:2"}}}`, 2, 0},
		"scale down": {`{"spec": {"executorManager": {"replicas": 5}}}`, `{"spec": {"executorManager": {"replicas": 2}}}`, 0, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, change.cluster)
			said := c.plan(change.patch)
			if len(said.Pods.Order) != change.steps || len(said.Pods.Removed) != change.removed || !said.End.AsAskedFor {
				t.Errorf("the forecast is %+v", said)
			}
			before, w := c.pods(), c.watch()
			c.patch(change.patch)
			c.settled()
			c.until("as many Pods as planned", func() error {
				return same(len(c.pods()), len(said.Pods.Kept)+len(said.Pods.Replaced)+len(said.Pods.Created))
			})
			order, fewest := w.end()
			c.came(said, order, fewest)
			stayed := kept(before, c.pods())
			slices.Sort(said.Pods.Kept)
			if err := same(stayed, said.Pods.Kept); err != nil {
				t.Errorf("kept: %v", err)
			}
			var gone []string
			for name := range before {
				if _, ok := c.pods()[name]; !ok {
					gone = append(gone, name)
				}
			}
			slices.Sort(gone)
			if err := same(gone, said.Pods.Removed); err != nil {
				t.Errorf("removed: %v", err)
			}
			if after := c.plan(`{}`); after.Changes {
				t.Errorf("a plan of no change says %s", fmt.Sprintf("%+v", after))
			}
			c.noSyncErrors()
		})
	}
}
