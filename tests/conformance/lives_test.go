package conformance

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// life is that of one generated FlameCluster.
type life struct {
	t          *testing.T
	name       string
	world      world
	parent     map[string]any
	hasSecrets bool
	evaluator  policy.Evaluator
	decoder    runtime.Decoder
	answers    int
}

func pem(kind string) string {
	return base64.StdEncoding.EncodeToString([]byte("-----BEGIN " + kind + "-----\nMIIBaa==\n-----END " + kind + "-----\n"))
}

// related are the Secrets that a generated cluster may name, if its namespace has them.
func (l *life) related() map[string]any {
	secrets := map[string]any{}
	if l.hasSecrets {
		for name, data := range map[string]map[string]any{
			"storage": {"uri": base64.StdEncoding.EncodeToString([]byte("sqlite://flame.db?key=s3cr3t"))},
			"tls":     {"tls.crt": pem("CERTIFICATE"), "tls.key": pem("PRIVATE KEY"), "ca.crt": pem("CERTIFICATE")},
			"ca":      {"ca.crt": pem("CERTIFICATE")},
		} {
			secrets["default/"+name] = map[string]any{"apiVersion": "v1", "kind": "Secret", "data": data, "metadata": map[string]any{
				"name": name, "namespace": "default", "uid": "0a6dbd42-9a4c-4b56-8c25-6e4cbbc1a002", "resourceVersion": "4712"}}
		}
	}
	return map[string]any{"Secret.v1": secrets}
}

const longAgo = "2020-01-01T00:00:00Z"

// remember gives the status back to the FlameCluster as Metacontroller does. A condition's time says when it changed last, and only then.
func (l *life) remember(answered map[string]any) {
	before := map[string]string{}
	conditions, _ := at(l.parent, "status.conditions").([]any)
	for _, condition := range conditions {
		before[fmt.Sprint(at(condition, "type"))] = fmt.Sprint(at(condition, "status"))
	}
	conditions, _ = answered["conditions"].([]any)
	for _, condition := range conditions {
		members := condition.(map[string]any)
		was, isOld := before[fmt.Sprint(members["type"])]
		isKept := members["lastTransitionTime"] == longAgo
		if isKept != (isOld && was == members["status"]) {
			l.t.Errorf("%s: %v was %q, is %v since %v", l.name, members["type"], was, members["status"], members["lastTransitionTime"])
		}
		members["lastTransitionTime"] = longAgo
	}
	answered["observedGeneration"] = at(l.parent, "metadata.generation")
	l.parent["status"] = answered
}

// step is one sync: ask, judge, and do as the answer says. It tells whether anything was written.
func (l *life) step(hook string) (response, bool) {
	l.t.Helper()
	text := ask(l.t, hook, map[string]any{"parent": l.parent, "children": l.world.observed(), "related": l.related(), "finalizing": hook == "finalize"})
	l.answers++
	answer := decodeResponse(l.t, &fixture{name: l.name, response: text})
	judgeStatus(l.t, l.name, l.parent, answer.Status, time.Now())
	changed := l.world.follow(l.name, answer.Children)
	l.judgePods()
	l.remember(answer.Status)
	return answer, changed
}

// judgePods: what was just created meets the Pod Security Standard that the spec names. A podTemplate may break it.
func (l *life) judgePods() {
	l.t.Helper()
	for _, component := range []string{"sessionManager", "executorManager", "objectCache"} {
		if at(l.parent, "spec."+component+".podTemplate") != nil {
			return
		}
	}
	level := api.LevelBaseline
	if at(l.parent, "spec.podSecurity") == "Restricted" {
		level = api.LevelRestricted
	}
	for _, pod := range podSpecs(l.t, l.decoder, l.world.created) {
		result := policy.AggregateCheckResults(l.evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec))
		if !result.Allowed {
			l.t.Errorf("%s: %s is not %s: %s", l.name, pod.Name, level, result.ForbiddenDetail())
		}
	}
}

// settle syncs until nothing is written any more and the answer stays the same.
func (l *life) settle() response {
	l.t.Helper()
	var last string
	for range 80 {
		answer, changed := l.step("sync")
		text, err := json.Marshal(answer.Status)
		if err != nil {
			l.t.Fatal(err)
		}
		if !changed && string(text) == last {
			return answer
		}
		last = string(text)
	}
	l.t.Errorf("%s: does not come to rest: %s", l.name, last)
	return response{}
}

// judgeRest: where everything goes well, a cluster at rest is all that its spec asks for.
func (l *life) judgeRest(answer response) {
	l.t.Helper()
	isWaiting := !l.hasSecrets && (at(l.parent, "spec.tls") != nil || at(l.parent, "spec.sessionManager.storageFrom") != nil)
	isPaused := at(l.parent, "spec.executorManager.updateStrategy.paused") == true
	state, ready := answer.Status["state"], ""
	conditions, _ := answer.Status["conditions"].([]any)
	for _, condition := range conditions {
		if at(condition, "type") == "Ready" {
			ready = fmt.Sprint(at(condition, "status"))
		}
	}
	switch {
	case at(l.parent, "spec.suspend") == true:
		if state != "Suspended" || l.world.count("Pod.v1") > 0 {
			l.t.Errorf("%s: suspended, and %v with %d Pods", l.name, state, l.world.count("Pod.v1"))
		}
	case isWaiting && ready == "True":
		l.t.Errorf("%s: Ready without its Secrets", l.name)
	case !isWaiting && !isPaused && (state != "Running" || ready != "True"):
		l.t.Errorf("%s: at rest %v, Ready %s: %v", l.name, state, ready, answer.Status["message"])
	}
}

// change gives the FlameCluster another spec.
func (l *life) change(object map[string]any) {
	l.parent["spec"] = object["spec"]
	metadata := l.parent["metadata"].(map[string]any)
	metadata["generation"] = metadata["generation"].(int64) + 1
}

// finish deletes the FlameCluster: it goes when nothing is left of it.
func (l *life) finish() {
	l.t.Helper()
	put(l.parent, []string{"metadata", "deletionTimestamp"}, longAgo)
	l.parent["metadata"].(map[string]any)["generation"] = at(l.parent, "metadata.generation").(int64) + 1
	for range 20 {
		answer, _ := l.step("finalize")
		if answer.Finalized != nil && *answer.Finalized {
			for kind, children := range l.world.children {
				if len(children) > 0 {
					l.t.Errorf("%s: finalized with %d of %s left", l.name, len(children), kind)
				}
			}
			return
		}
	}
	l.t.Errorf("%s: is never finalized", l.name)
}

// valid is the next cluster of a generator that the API server takes, as the API server gives it to others.
func valid(g *generator, c *crd, name string) map[string]any {
	for {
		if object := g.cluster(name); len(c.admit(object)) == 0 {
			return object
		}
	}
}

// live plays a cluster: created, at rest, an invalid spec that the API server did not catch, changed twice, deleted.
func (l *life) live(g *generator, c *crd) {
	l.judgeRest(l.settle())
	for i := range 2 {
		followed := l.parent["spec"]
		l.change(map[string]any{"spec": map[string]any{"sessionManager": map[string]any{"image": "a b"}, "suspend": i == 0}})
		if _, changed := l.step("sync"); changed {
			l.t.Errorf("%s: an invalid spec changes something", l.name)
		}
		l.change(map[string]any{"spec": followed})
		before := l.world.written()
		l.settle()
		if after := l.world.written(); after != before {
			l.t.Errorf("%s: after an invalid spec the same one again writes:\n%s\n%s", l.name, before, after)
		}
		l.change(valid(g, c, fmt.Sprint(at(l.parent, "metadata.name"))))
		l.hasSecrets = l.hasSecrets || g.random.IntN(2) == 0
		l.judgeRest(l.settle())
	}
	l.finish()
}

// judgeCoverage: objects of every kind were created, and every kind that is updated in place was updated.
func judgeCoverage(t *testing.T, judged []map[string]int) {
	sum := map[string]int{}
	for _, shard := range judged {
		for what, count := range shard {
			sum[what] += count
		}
	}
	for kind := range strategies {
		if sum["create "+kind] == 0 || sum["update "+kind] == 0 {
			t.Errorf("no %s was created or none updated: %v", kind, sum)
		}
	}
	t.Log(sum)
}

// Thousands of objects of hundreds of generated clusters: every one that is created or changed is judged by the API server's code.
func TestLivesOfGeneratedClusters(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	judged := make([]map[string]int, 4)
	t.Cleanup(func() { judgeCoverage(t, judged) })
	for shard := range uint64(len(judged)) {
		judged[shard] = map[string]int{}
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			c, g := loadCRD(t), newGenerator(t, *seed+1000*shard)
			answers := 0
			for i := range 100 * *clusters {
				object := valid(g, c, fmt.Sprintf("c%d", i))
				spec, err := json.Marshal(object["spec"])
				if err != nil {
					t.Fatal(err)
				}
				l := &life{t: t, name: fmt.Sprintf("seed %d, cluster %d", *seed+1000*shard, i), parent: object, hasSecrets: g.random.IntN(10) > 0,
					world: world{t: t, children: map[string]map[string]*child{}, judged: judged[shard]}, evaluator: evaluator, decoder: newDecoder(t)}
				l.live(g, c)
				answers += l.answers
				if t.Failed() {
					t.Fatalf("begun as %s, now %v", spec, l.parent["spec"])
				}
			}
			t.Logf("%d answers", answers)
		})
	}
}
