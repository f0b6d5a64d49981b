package e2e

import (
	"os"
	"testing"
)

// An upgrade of the operator restarts no Pod of a cluster whose spec stays as it is. FLAME_OPERATOR_OLD names the earlier program; ./dev e2e
// builds the last released one for it.
func TestUpgradeRestartsNothing(t *testing.T) {
	program := os.Getenv("FLAME_OPERATOR_OLD")
	if program == "" {
		t.Skip("there is no earlier release")
	}
	old, err := newOperator(program, world.dir)
	must(t, err)
	defer old.process.stop()
	world.proxy.use(faults{}, old)
	defer world.proxy.use(faults{}, world.operator)
	c := newCluster(t, `{"spec": {"podSecurity": "Restricted", "imagePullSecrets": [{"name": "registry"}],
		"sessionManager": {"slot": "cpu=1,mem=1g", "policy": "priority", "storage": "sqlite://flame.db", "resources": {"requests": {"memory": "1024Mi"}}},
		"executorManager": {"shim": "host", "maxExecutors": 4, "imagePullPolicy": "Always"}, "objectCache": {"networkInterface": "eth0", "storage": "/data/cache"}}}`)
	before := c.pods()
	world.proxy.use(faults{}, world.operator)
	c.patch(`{"metadata": {"labels": {"look": "again"}}}`)
	c.quiet()
	c.settled()
	if err := same(len(kept(before, c.pods())), 4); err != nil {
		t.Errorf("kept: %v", err)
	}
	if err := same(c.at("status.configGeneration"), "1"); err != nil {
		t.Error(err)
	}
	c.noSyncErrors()
}
