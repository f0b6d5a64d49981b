package chart

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	for name, program := range helms {
		for situation, values := range situations(t) {
			t.Run(name+"/"+situation, func(t *testing.T) {
				t.Parallel()
				if text, err := helm(program, values, "lint", "--strict", "--kube-version", kubeVersion, "--values", "-", chart); err != nil {
					t.Errorf("%v\n%s", err, text)
				}
			})
		}
	}
}

// Helm 3 makes of each situation what Helm 4 makes.
func TestBothHelmsAgree(t *testing.T) {
	for situation, values := range situations(t) {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			text, err := template(helms["Helm 3"], values)
			if err != nil {
				t.Fatal(err)
			}
			three, four := parse(t, text), render(t, values)
			for _, found := range []objects{three, four} {
				if secret := found["Secret/flame-operator-token-1"]; secret != nil {
					remove(secret, "data.token") // another one each time
				}
			}
			if !reflect.DeepEqual(three, four) {
				t.Errorf("they differ: %v, %v", slices.Sorted(maps.Keys(three)), slices.Sorted(maps.Keys(four)))
			}
		})
	}
}

// The archive that users install has all of the chart and none of the tests, and renders as the folder does.
func TestPackage(t *testing.T) {
	for name, program := range helms {
		dir := t.TempDir()
		if text, err := helm(program, "", "package", chart, "--destination", dir); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		files := unpack(t, filepath.Join(dir, "flame-operator-0.1.0.tgz"))
		if files["flame-operator/files/flameclusters.yaml"] != readText(t, root+"/crd/flameclusters.yaml") {
			t.Errorf("%s: the CRD is not in the archive", name)
		}
		for _, file := range []string{"README.md", "values.schema.json", "templates/NOTES.txt"} {
			if files["flame-operator/"+file] == "" {
				t.Errorf("%s: the archive has no %s", name, file)
			}
		}
		text, err := helm(program, "", "template", "flame-operator", filepath.Join(dir, "flame-operator-0.1.0.tgz"), "--namespace", "flame-system",
			"--kube-version", kubeVersion)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(parse(t, text), render(t, `{}`)) {
			t.Errorf("%s: the archive renders otherwise than the folder", name)
		}
	}
}

func unpack(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	found, archive := map[string]string{}, tar.NewReader(plain)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		found[header.Name] = string(text)
	}
}

// What Helm says after an installation fits the values.
func TestNotes(t *testing.T) {
	const open, plain, reachable = "auth.enabled=true lets in only", "tls.enabled=true encrypts", "networkPolicy.enabled=true lets in"
	for _, row := range []struct {
		values   string
		has, not []string
	}{
		{`{}`, []string{"rollout status deployment/flame-operator", "ImagePullBackOff", "xflops/flame-operator:0.1.0", "and imagePullSecrets", "kubectl get flc my-flame", open, plain, reachable,
			"kubectl delete crd flameclusters.flame.xflops.io", "logs statefulset/metacontroller"}, []string{"crds.", "One replica", "etag"}},
		{`{replicas: 1, networkPolicy: {enabled: true}, auth: {enabled: true}, imagePullSecrets: [{name: x}]}`, []string{"One replica", "made here and stays over upgrades"},
			[]string{open, reachable, "and imagePullSecrets"}},
		{`{replicas: 0, auth: {enabled: true, token: 0123456789abcdef}}`, []string{"with no Pod: replicas is 0", "auth.token stands in the release's values"}, []string{"0123456789abcdef"}},
		{`{auth: {enabled: true, existingSecret: x}, metacontroller: {namespace: mc}}`, []string{"kubectl -n mc logs"}, []string{open, "made here", "auth."}},
		{`{tls: {enabled: true, certManager: {enabled: true}, clientAuth: {enabled: true}}}`, []string{"restart both within 2920h"}, []string{open, plain, "made here"}},
		{`{tls: {enabled: true, secretName: x}}`, []string{open}, []string{plain, "restart both"}},
		{`{crds: {keep: false}}`, []string{"deletes the CRD, and every FlameCluster"}, []string{"kubectl delete crd"}},
		{`{crds: {install: false}}`, []string{"apply crd/flameclusters.yaml of this version yourself"}, []string{"kubectl delete crd"}},
		{`{compositeController: {create: false}}`, []string{"Nothing asks the operator yet", "--reset-then-reuse-values --set compositeController.create=true"}, []string{"kind: FlameCluster"}},
		{`{compositeController: {etag: {enabled: false}}}`, []string{"sends its whole answer"}, nil},
	} {
		notes := notesOf(t, row.values)
		for _, words := range row.has {
			if !strings.Contains(notes, words) {
				t.Errorf("%s: the notes do not say %q:\n%s", row.values, words, notes)
			}
		}
		for _, words := range row.not {
			if strings.Contains(notes, words) {
				t.Errorf("%s: the notes say %q", row.values, words)
			}
		}
	}
}

// notesOf are the notes, which Helm shows only of an installation; this one is rendered and goes nowhere.
func notesOf(t *testing.T, values string) string {
	t.Helper()
	text, err := helm(helms["Helm 4"], values, "install", "flame-operator", chart, "--namespace", "flame-system", "--dry-run=client", "--values", "-")
	if err != nil {
		t.Fatal(err)
	}
	_, notes, found := strings.Cut(text, "\nNOTES:\n")
	if !found {
		t.Fatalf("no notes in %s", text)
	}
	return notes
}
