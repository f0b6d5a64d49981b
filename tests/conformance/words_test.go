package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
)

// word is a text of a few characters that matter, and now and then of very many.
func word(r *rand.Rand, alphabet []string, most int) string {
	length := 1 + r.IntN(8)
	if r.IntN(6) == 0 {
		length = most - 2 + r.IntN(4)
	}
	var text strings.Builder
	for range length {
		text.WriteString(alphabet[r.IntN(len(alphabet))])
	}
	return text.String()
}

func bareCluster() map[string]any {
	object := baseCluster()
	put(object, []string{"metadata", "generation"}, int64(1))
	return object
}

// Each place where a name stands, with the rule of Kubernetes for such names: the hook, the CRD and the rule agree on generated ones.
func TestNamesAgree(t *testing.T) {
	c := loadCRD(t)
	r := rand.New(rand.NewPCG(*seed, 7))
	lower := strings.Split("a b z 0 9 - . A _", " ")
	mixed := strings.Split("a z A Z 0 9 - _ . / é", " ")
	set := func(path string, value func(text string) any) func(map[string]any, string) {
		return func(object map[string]any, text string) { put(object, strings.Split(path, "."), value(text)) }
	}
	self := func(text string) any { return text }
	for _, row := range []struct {
		what     string
		put      func(object map[string]any, text string)
		alphabet []string
		most     int
		rule     func(text string) bool
	}{
		{"the cluster's name", set("metadata.name", self), lower, 40, func(s string) bool { return len(s) <= 40 && len(validation.IsDNS1035Label(s)) == 0 }},
		{"a Secret's name", set("spec.tls.secretName", self), lower, 253, func(s string) bool { return len(validation.IsDNS1123Subdomain(s)) == 0 }},
		{"a pull secret's name", set("spec.imagePullSecrets", func(s string) any { return []any{map[string]any{"name": s}} }), lower, 253,
			func(s string) bool { return len(validation.IsDNS1123Subdomain(s)) == 0 }},
		{"a claim's name", set("spec.sessionManager.persistence", func(s string) any { return map[string]any{"existingClaim": s} }), lower, 253,
			func(s string) bool { return len(validation.IsDNS1123Subdomain(s)) == 0 }},
		{"a key of a Secret", set("spec.sessionManager.storageFrom", func(s string) any {
			return map[string]any{"secretKeyRef": map[string]any{"name": "a", "key": s}}
		}), mixed, 253, func(s string) bool { return len(validation.IsConfigMapKey(s)) == 0 }},
		{"a label's key", set("spec.sessionManager.service.labels", func(s string) any { return map[string]any{s: "x"} }), mixed, 63,
			func(s string) bool { return len(validation.IsQualifiedName(s)) == 0 }},
		{"a label's value", set("spec.sessionManager.service.labels", func(s string) any { return map[string]any{"x": s} }), mixed, 63,
			func(s string) bool { return len(validation.IsValidLabelValue(s)) == 0 }},
		{"a label's key in a podTemplate", set("spec.sessionManager.podTemplate.metadata.labels", func(s string) any { return map[string]any{s: "x"} }), mixed, 63,
			func(s string) bool { return len(validation.IsQualifiedName(s)) == 0 }},
		{"a container's name", set("spec.sessionManager.podTemplate.spec.containers", func(s string) any { return []any{map[string]any{"name": s, "image": "i"}} }),
			lower, 63, func(s string) bool { return len(validation.IsDNS1123Label(s)) == 0 }},
		{"a variable's name", set("spec.sessionManager.podTemplate.spec.containers", func(s string) any {
			return []any{map[string]any{"name": "session-manager", "env": []any{map[string]any{"name": s}}}}
		}), strings.Split("a A 0 = - . é", " "), 20, func(s string) bool { return len(validation.IsRelaxedEnvVarName(s)) == 0 }},
		{"a port's name", set("spec.networkPolicy.extraEgress", func(s string) any { return []any{map[string]any{"ports": []any{map[string]any{"port": s}}}} }),
			lower, 15, func(s string) bool { return len(validation.IsValidPortName(s)) == 0 }},
		{"a range of addresses", set("spec.networkPolicy.from", func(s string) any { return []any{map[string]any{"ipBlock": map[string]any{"cidr": s}}} }),
			strings.Split("10.0.0.0 10.1.0.0 203.0.113.7 ::1 2001:db8:: 0.0.0.0 ::ffff:10.0.0.0 010.0.0.0 /8 /16 /24 /32 /33 /128 /0 /08", " "), 4, isRange},
	} {
		good := 0
		for range 250 {
			text := word(r, row.alphabet, row.most)
			if row.what == "a range of addresses" {
				text = row.alphabet[r.IntN(8)] + row.alphabet[8+r.IntN(8)]
			}
			object := bareCluster()
			row.put(object, text)
			says, _ := problems(t, object)
			errs := c.admit(object)
			want := row.rule(text)
			if (says == "") != want || (len(errs) == 0) != want {
				t.Errorf("%s %q: Kubernetes takes it: %v; the hook says %q, the CRD %v", row.what, text, want, says, errs.ToAggregate())
			}
			if want {
				good++
			}
		}
		if good == 0 || good == 250 {
			t.Errorf("%s: %d of 250 are good", row.what, good)
		}
	}
}

// isRange: a CIDR that Kubernetes takes, with no address bits beyond the prefix and not written in a way that others read otherwise.
func isRange(text string) bool {
	prefix, err := netip.ParsePrefix(text)
	return err == nil && prefix.Masked() == prefix && !prefix.Addr().Is4In6()
}

func quantity(r *rand.Rand) string {
	number := fmt.Sprint(r.IntN(2000))
	switch r.IntN(6) {
	case 0:
		number = fmt.Sprint(r.Int64())
	case 1:
		number = fmt.Sprintf("%d.%0*d", r.IntN(3000), 1+r.IntN(12), r.IntN(100000))
	case 2:
		number = []string{"0", ".5", "5.", "00012", "+7", "0.000", "1.000", "1024", "1000"}[r.IntN(9)]
	case 3:
		number = strings.Repeat("9", 1+r.IntN(22))
	}
	suffixes := []string{"", "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E6", "e-3", "e0", "e+2"}
	return number + suffixes[r.IntN(len(suffixes))]
}

// isOurs: we refuse what has no digit, which Kubernetes takes for 0, and what is so much that Kubernetes' own text of it is wrong.
func isOurs(text string, parsed resource.Quantity) bool {
	mantissa, _, _ := strings.Cut(strings.ToUpper(text), "E")
	return !strings.ContainsAny(mantissa, "0123456789") || parsed.Cmp(resource.MustParse("1000E")) >= 0
}

// A quantity is taken if Kubernetes takes it, and written as Kubernetes writes it.
func TestQuantitiesAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(*seed, 8))
	taken := 0
	for range 60 * *clusters {
		limits, want := map[string]any{}, map[string]string{}
		for i := range 60 {
			text := quantity(r)
			parsed, err := resource.ParseQuantity(text)
			if err != nil || parsed.Sign() < 0 {
				t.Fatalf("%s: %v", text, err)
			}
			if isOurs(text, parsed) {
				continue
			}
			name := fmt.Sprintf("hugepages-x%d", i)
			limits[name], want[name] = text, parsed.String()
		}
		object := bareCluster()
		put(object, strings.Split("spec.sessionManager.resources.limits", "."), limits)
		for name, written := range renderedLimits(t, object) {
			if written != want[name] {
				t.Errorf("%v is written %s instead of %s", limits[name], written, want[name])
			}
			taken++
		}
	}
	if taken < 3000 {
		t.Errorf("only %d quantities", taken)
	}
}

// renderedLimits are the limits of the session manager that `render` shows.
func renderedLimits(t *testing.T, parent map[string]any) map[string]string {
	t.Helper()
	text, err := json.Marshal(parent)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(os.Getenv("FLAME_OPERATOR"), "render", "-o", "json", "-")
	command.Stdin = bytes.NewReader(text)
	output, err := command.Output()
	if err != nil {
		t.Fatalf("render: %v\n%s", err, text)
	}
	var list struct {
		Items []struct {
			Kind string
			Spec struct {
				Containers []struct {
					Name      string
					Resources struct{ Limits map[string]string }
				}
			}
		}
	}
	if err := json.Unmarshal(output, &list); err != nil {
		t.Fatal(err)
	}
	for _, item := range list.Items {
		if item.Kind == "Pod" && item.Spec.Containers[0].Name == "session-manager" {
			return item.Spec.Containers[0].Resources.Limits
		}
	}
	t.Fatalf("no session manager in %s", output)
	return nil
}

// What is no quantity to Kubernetes is none to us, alone.
func TestQuantitiesAreRefusedAlike(t *testing.T) {
	c := loadCRD(t)
	r := rand.New(rand.NewPCG(*seed, 9))
	alphabet := strings.Split("0 1 5 9 . - + e E 3 k M i Ki Gi m n u K", " ")
	good := 0
	for range 1500 * *clusters {
		text := word(r, alphabet, 24)
		object := bareCluster()
		put(object, strings.Split("spec.sessionManager.resources.limits.memory", "."), text)
		parsed, err := resource.ParseQuantity(text)
		want := err == nil && parsed.Sign() >= 0
		says, _ := problems(t, object)
		errs := c.admit(object)
		if err == nil && isOurs(text, parsed) {
			if says == "" {
				t.Errorf("%q is taken", text)
			}
			continue
		}
		if (says == "") != want || (len(errs) == 0) != want {
			t.Errorf("%q: Kubernetes takes it: %v; the hook says %q, the CRD %v", text, want, says, errs.ToAggregate())
		}
		if want {
			good++
		}
	}
	t.Logf("%d are quantities", good)
	if good < 50 {
		t.Errorf("only %d are quantities, too few", good)
	}
}

// Every field that Kubernetes has in a Pod or a container is known to `validate`, and it warns of others.
func TestFieldsOfPods(t *testing.T) {
	fields := func(of any) map[string]any {
		found := map[string]any{"unheard": nil}
		for i := range reflect.TypeOf(of).NumField() {
			name, _, _ := strings.Cut(reflect.TypeOf(of).Field(i).Tag.Get("json"), ",")
			found[name] = nil
		}
		return found
	}
	pod, container := fields(corev1.PodSpec{}), fields(corev1.Container{})
	container["name"] = "session-manager"
	pod["containers"] = []any{container}
	object := baseCluster()
	put(object, strings.Split("spec.sessionManager.podTemplate.spec", "."), pod)
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(os.Getenv("FLAME_OPERATOR"), "validate", "-")
	command.Stdin = bytes.NewReader(text)
	output, _ := command.CombinedOutput()
	found := []string{}
	for _, line := range strings.Split(string(output), "\n") {
		if place, _, ok := strings.Cut(line, ": warning: is no field of a "); ok {
			found = append(found, place[strings.LastIndex(place, " ")+1:])
		}
	}
	slices.Sort(found)
	place := "spec.sessionManager.podTemplate.spec."
	if want := []string{place + "containers[0].unheard", place + "unheard"}; !slices.Equal(found, want) {
		t.Errorf("want %q, have %q in\n%s", want, found, output)
	}
}
