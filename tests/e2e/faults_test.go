package e2e

import (
	"context"
	"testing"
)

func (e *everything) ctx() context.Context { return context.Background() }

// The scenarios here disturb the one server that all clusters share, so they run alone, before the parallel ones.

const change = `{"spec": {"sessionManager": {"slot": "cpu=2,mem=4g"}}}`

func TestServerIsKilledInTheMiddleOfARollOut(t *testing.T) {
	c := newCluster(t, `{"spec": {"executorManager": {"replicas": 4}}}`)
	w, was := c.watch(), c.history()
	c.patch(change)
	was("status.executorManager.updated", exactly("1")) // two Pods are new
	world.operator.process.kill()
	must(t, world.operator.start())
	c.settled()
	order, fewest := w.end()
	if len(order) != 5 || fewest < 3 {
		t.Errorf("replaced: %v; %d of 4 were ready at the least", order, fewest)
	}
}

func TestTwoReplicasOfTheServer(t *testing.T) {
	c := newCluster(t, `{"spec": {"executorManager": {"replicas": 4}}}`)
	world.proxy.use(faults{}, world.operator, world.second)
	defer world.proxy.use(faults{}, world.operator)
	w := c.watch()
	c.patch(change)
	c.settled()
	order, fewest := w.end()
	if len(order) != 5 || fewest < 3 {
		t.Errorf("replaced: %v; %d of 4 were ready at the least", order, fewest)
	}
	c.quiet()
	c.noSyncErrors()
}

func TestRequestsAreLostAndRepeated(t *testing.T) {
	c := newCluster(t, `{"spec": {"executorManager": {"replicas": 4}}}`)
	world.proxy.use(faults{loseRequest: 5, loseAnswer: 7, repeat: 3}, world.operator, world.second)
	defer world.proxy.use(faults{}, world.operator)
	w := c.watch()
	c.patch(change)
	c.settled()
	order, fewest := w.end()
	if len(order) != 5 || fewest < 3 {
		t.Errorf("replaced: %v; %d of 4 were ready at the least", order, fewest)
	}
	if err := same(c.at("status.configGeneration"), "2"); err != nil {
		t.Error(err)
	}
	c.delete()
	c.gone()
}
