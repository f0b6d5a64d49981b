#!/usr/bin/env python3
"""What must hold of crd/, metacontroller/ and the chart without a cluster: check_manifests.py ROOT VERSION."""
import json
import pathlib
import re
import sys

import yaml

CRD_MAX = 256 * 1024
METHODS = {"OnDelete": "HK_SIM_ON_DELETE", "InPlace": "HK_SIM_IN_PLACE"}
SIM_KIND = re.compile(r'\{"([^"]+)", "([^"]+)", "([^"]+)", (HK_SIM_\w+)\}')


def load(folder):
    """{kind: object} of all that a kustomization lists, those of other folders too."""
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    objects = {"Kustomization": kustomization}
    for name in kustomization["resources"]:
        if (folder / name).is_dir():
            objects |= {k: v for k, v in load(folder / name).items() if k != "Kustomization"}
        else:
            objects |= {o["kind"]: o for o in yaml.safe_load_all((folder / name).read_text())}
    return objects


def crd(objects, size):
    spec = objects["CustomResourceDefinition"]["spec"]
    version = spec["versions"][0]
    root = version["schema"]["openAPIV3Schema"]["properties"]
    executors = root["spec"]["properties"]["executorManager"]["properties"]
    yield size <= CRD_MAX, f"the CRD has {size} bytes, at most {CRD_MAX}"
    yield spec["names"]["shortNames"] == ["flc"], "short name flc"
    yield spec["names"]["categories"] == ["all"], "category all"
    yield set(version["subresources"]) == {"status", "scale"}, "subresources status and scale"
    yield executors["replicas"]["default"] == 1, "one executor manager by default"
    columns = [c["name"] for c in version["additionalPrinterColumns"]]
    yield columns[:5] == ["State", "SM", "Ready", "Desired", "Age"], f"columns: {columns}"


def chart(root):
    crd_path, copy = root / "crd/flameclusters.yaml", root / "charts/flame-operator/files/flameclusters.yaml"
    yield crd_path.read_bytes() == copy.read_bytes(), f"the chart has another CRD: cp {crd_path} {copy}"


def controller(objects):
    spec = objects["CompositeController"]["spec"]
    service = objects["Service"]
    base = f"http://{service['metadata']['name']}.{service['metadata']['namespace']}.svc:{service['spec']['ports'][0]['port']}"
    yield spec["generateSelector"] is True, "generateSelector"
    for name, hook in spec["hooks"].items():
        webhook = hook["webhook"]
        yield hook["version"] == "v2", f"{name}: version v2"
        yield webhook["url"] == f"{base}/flamecluster/{name}", f"{name}: {webhook['url']} is not the Service's"
        etag = webhook.get("etag")
        complete = etag is None or {"cacheTimeoutSeconds", "cacheCleanupSeconds"} <= set(etag)
        yield complete, f"{name}: etag needs both times, or Metacontroller crashes"


def child_kinds(root, objects):
    """What Metacontroller manages, what the simulation manages, and what the hook asks for in the fixtures, are one."""
    children = objects["CompositeController"]["spec"]["childResources"]
    managed = {(c["apiVersion"], c["resource"], METHODS[c["updateStrategy"]["method"]]) for c in children}
    simulated = SIM_KIND.findall((root / "lib/sim/hk_sim.c").read_text())
    kinds = {(api, kind) for api, kind, _, _ in simulated}
    yield len(managed) == len(children), "each child kind once"
    yield managed == {(api, plural, method) for api, _, plural, method in simulated}, f"simulated: {simulated}"
    answers = sorted((root / "tests/fixtures").glob("*/*/response.json"))
    asked = {(c["apiVersion"], c["kind"]) for a in answers for c in json.loads(a.read_text()).get("children", [])}
    yield bool(asked) and asked <= kinds, f"kinds that fixtures ask for, and Metacontroller does not manage: {asked - kinds}"


def deployment(objects, version):
    spec = objects["Deployment"]["spec"]
    pod = spec["template"]["spec"]
    container = pod["containers"][0]
    security = container["securityContext"]
    ports = {p["name"]: p["containerPort"] for p in container["ports"]}
    listens = [f"--listen=0.0.0.0:{ports['http']}", f"--admin-listen=0.0.0.0:{ports['admin']}"]
    image = objects["Kustomization"]["images"][0]
    yield spec["replicas"] == 2, "two replicas"
    yield spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items(), "selector"
    yield pod["automountServiceAccountToken"] is False, "no service account token"
    yield pod["securityContext"]["runAsNonRoot"] is True, "non-root"
    yield pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, "seccomp"
    yield security["readOnlyRootFilesystem"] is True, "read-only root"
    yield security["allowPrivilegeEscalation"] is False, "no escalation"
    yield security["capabilities"] == {"drop": ["ALL"]}, "no capability"
    yield {"limits", "requests"} <= set(container["resources"]), "requests and limits"
    yield {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container), "three probes"
    yield [a for a in container["args"] if "listen" in a] == listens, f"listens where the ports are: {container['args']}"
    yield container["image"] == image["name"] and image["newTag"] == version, f"image {image} is not of version {version}"


def main():
    root, version = pathlib.Path(sys.argv[1]), sys.argv[2]
    objects = load(root / "metacontroller")
    size = (root / "crd" / "flameclusters.yaml").stat().st_size
    results = [*crd(objects, size), *controller(objects), *chart(root), *child_kinds(root, objects), *deployment(objects, version)]
    failed = [text for ok, text in results if not ok]
    print("\n".join(failed) or f"{len(results)} rules hold")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
