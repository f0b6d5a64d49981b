package e2e

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func (c *cluster) service(name string) *corev1.Service {
	service, err := c.core.CoreV1().Services(c.namespace).Get(c.ctx, name, metav1.GetOptions{})
	must(c.T, err)
	return service
}

// A Service changes its type and its options in place: it keeps its address, and what was taken back is gone.
func TestServiceOptions(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{}`)
	before := c.service("my-session-manager")
	for _, step := range []struct {
		patch string
		is    func(s *corev1.Service) error
	}{
		{`{"type": "NodePort", "annotations": {"example.com/a": "b"}, "labels": {"team": "x"}}`, func(s *corev1.Service) error {
			return same(fmt.Sprint(s.Spec.Type, s.Annotations["example.com/a"], s.Labels["team"], s.Spec.Ports[0].NodePort > 0), "NodePortbxtrue")
		}},
		{`{"type": "LoadBalancer", "externalTrafficPolicy": "Local", "loadBalancerSourceRanges": ["203.0.113.0/24"]}`, func(s *corev1.Service) error {
			return same(fmt.Sprint(s.Spec.Type, s.Spec.ExternalTrafficPolicy, s.Spec.LoadBalancerSourceRanges), "LoadBalancerLocal[203.0.113.0/24]")
		}},
		{`null`, func(s *corev1.Service) error {
			return same(fmt.Sprint(s.Spec.Type, s.Annotations["example.com/a"], s.Labels["team"], s.Spec.Ports[0].NodePort, s.Spec.LoadBalancerSourceRanges), "ClusterIP0 []")
		}},
	} {
		c.patch(`{"spec": {"sessionManager": {"service": ` + step.patch + `}}}`)
		c.until(step.patch, func() error { return step.is(c.service("my-session-manager")) })
		c.settled()
		c.quiet()
	}
	after := c.service("my-session-manager")
	if err := same(fmt.Sprint(after.UID, after.Spec.ClusterIP), fmt.Sprint(before.UID, before.Spec.ClusterIP)); err != nil {
		t.Errorf("the Service is another one: %v", err)
	}
	c.noSyncErrors()
}

func TestNetworkPolicy(t *testing.T) {
	t.Parallel()
	c := newCluster(t, `{"spec": {"networkPolicy": {"from": [{"podSelector": {"matchLabels": {"app": "client"}}}, {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}],
		"extraEgress": [{"to": [{"namespaceSelector": {}}], "ports": [{"port": 443}]}]}}}`)
	policies := c.core.NetworkingV1().NetworkPolicies(c.namespace)
	policy, err := policies.Get(c.ctx, "my", metav1.GetOptions{})
	must(t, err)
	if err := same(policy.Spec.PodSelector.MatchLabels, map[string]string{"flame.xflops.io/cluster": "my"}); err != nil {
		t.Error(err)
	}
	c.quiet()
	c.patch(`{"spec": {"networkPolicy": {"enabled": false}}}`)
	c.until("the policy is gone", func() error {
		if _, err := policies.Get(c.ctx, "my", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("it is there: %v", err)
		}
		return nil
	})
	c.settled()
	c.noSyncErrors()
}
