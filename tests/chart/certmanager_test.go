package chart

import (
	"encoding/json"
	"slices"
	"testing"

	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"sigs.k8s.io/yaml"
)

// holdCertManager: cert-manager knows every field of its kinds, and a certificate makes sense to it.
func holdCertManager(t *testing.T, name string, object map[string]any) {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if object["kind"] == "Issuer" {
		var issuer certmanager.Issuer
		if err := yaml.UnmarshalStrict(text, &issuer); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	var certificate certmanager.Certificate
	if err := yaml.UnmarshalStrict(text, &certificate); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	spec := certificate.Spec
	if spec.SecretName == "" || spec.IssuerRef.Name == "" || len(spec.DNSNames) == 0 && spec.CommonName == "" || len(spec.CommonName) > 64 {
		t.Errorf("%s: no Secret, issuer or name: %s", name, text)
	}
	if spec.RenewBefore != nil && (spec.RenewBefore.Duration >= spec.Duration.Duration || spec.RenewBefore.Minutes() < 5) {
		t.Errorf("%s: renewed %s before the end of %s", name, spec.RenewBefore.Duration, spec.Duration.Duration)
	}
	if !spec.IsCA && !slices.Contains(spec.Usages, certmanager.UsageServerAuth) && !slices.Contains(spec.Usages, certmanager.UsageClientAuth) {
		t.Errorf("%s: usages %v", name, spec.Usages)
	}
	if size, wanted := spec.PrivateKey.Size, map[certmanager.PrivateKeyAlgorithm][]int{"ECDSA": {0, 256, 384, 521}, "RSA": {0, 2048, 3072, 4096, 8192}}; !slices.Contains(wanted[spec.PrivateKey.Algorithm], size) {
		t.Errorf("%s: %s keys of %d bits", name, spec.PrivateKey.Algorithm, size)
	}
}
