"""The SPDX 2.3 document of an image: what is in it, from which Debian packages, under which licences, built with what."""
import hashlib
import urllib.parse

# What upstream declares of each library; its copyright file in the image has every detail.
LICENSES = {
    "base-files": "GPL-2.0-or-later",
    "libc6": "LGPL-2.1-or-later",
    "libcivetweb1": "MIT",
    "libjansson4": "MIT",
    "libxxhash0": "BSD-2-Clause",
    "libyaml-0-2": "MIT",
}


def digests(path):
    data = path.read_bytes()
    return [{"algorithm": name.upper(), "checksumValue": hashlib.new(name, data).hexdigest()} for name in ("sha1", "sha256")]


def identifier(*parts):
    text = "-".join(parts)
    return "SPDXRef-" + "".join(c if c.isascii() and (c.isalnum() or c in ".-") else "-" for c in text)


def purl(row):
    version = urllib.parse.quote(row["version"], safe="")
    name = urllib.parse.quote(row["name"], safe="")
    return f"pkg:deb/debian/{name}@{version}?arch={row['arch']}&distro=debian-13"


def rows_of(work):
    names = ("role", "name", "arch", "version", "source", "source_version", "sha256")
    for line in (work / "packages").read_text().splitlines():
        yield dict(zip(names, line.split("\t"), strict=True))


def debian_package(row):
    return {
        "SPDXID": identifier(row["role"], row["name"]),
        "name": row["name"],
        "versionInfo": row["version"],
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "checksums": [{"algorithm": "SHA256", "checksumValue": row["sha256"]}],
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": LICENSES.get(row["name"], "NOASSERTION"),
        "licenseComments": f"See /usr/share/doc/{row['name']}/copyright.",
        "copyrightText": "NOASSERTION",
        "sourceInfo": f"built from Debian's source package {row['source']} {row['source_version']}",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl(row)}],
    }


def verification_code(files):
    sums = sorted(entry["checksums"][0]["checksumValue"] for entry in files)
    return {"packageVerificationCodeValue": hashlib.sha1("".join(sums).encode()).hexdigest()}


def program(version, about, files):
    return {
        "SPDXID": "SPDXRef-flame-operator",
        "name": "flame-operator",
        "versionInfo": version,
        "supplier": "Organization: xflops",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": True,
        "packageVerificationCode": verification_code(files),
        "licenseConcluded": "Apache-2.0",
        "licenseDeclared": "Apache-2.0",
        "licenseInfoFromFiles": ["Apache-2.0"],
        "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": "APPLICATION",
        "sourceInfo": f"commit {about['commit']}",
    }


def image(work, version, about):
    return {
        "SPDXID": "SPDXRef-image",
        "name": f"flame-operator-image-{work.name}",
        "versionInfo": version,
        "supplier": "Organization: xflops",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "checksums": [{"algorithm": "SHA256", "checksumValue": about["manifest"].removeprefix("sha256:")}],
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": "CONTAINER",
        "comment": "The checksum is that of the image's manifest.",
    }


def file_entry(work, path, license_id):
    return {
        "SPDXID": identifier("file", path.strip("/")),
        "fileName": "." + path,
        "checksums": digests(work / "root" / path.lstrip("/")),
        "licenseConcluded": license_id,
        "licenseInfoInFiles": [license_id],
        "copyrightText": "NOASSERTION",
    }


def relation(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def document(work, version, about):
    """work as make-root left it; about: created, commit, manifest (its digest)."""
    owners = dict(reversed(line.split("\t")) for line in (work / "files").read_text().splitlines())
    paths = sorted("/" + str(path.relative_to(work / "root")) for path in (work / "root").rglob("*") if path.is_file())
    rows = list(rows_of(work))
    files = [file_entry(work, path, "NOASSERTION" if path in owners else "Apache-2.0") for path in paths]
    own = [entry for entry, path in zip(files, paths) if path not in owners]
    relations = [relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-image"),
                 relation("SPDXRef-image", "CONTAINS", "SPDXRef-flame-operator")]
    relations += [relation("SPDXRef-flame-operator", "CONTAINS", entry["SPDXID"]) for entry in own]
    for row in rows:
        name = identifier(row["role"], row["name"])
        if row["role"] == "build":
            relations.append(relation(name, "BUILD_DEPENDENCY_OF", "SPDXRef-flame-operator"))
            continue
        relations.append(relation("SPDXRef-image", "CONTAINS", name))
        if row["name"].startswith("lib"):
            relations.append(relation("SPDXRef-flame-operator", "DYNAMIC_LINK", name))
    relations += [relation(entry["SPDXID"], "GENERATED_FROM", identifier("runtime", owners[path]))
                  for entry, path in zip(files, paths) if path in owners]
    name = f"flame-operator-{version}-{work.name}"
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": f"https://github.com/xflops/flame-operator/spdx/{name}-{about['manifest'].removeprefix('sha256:')}",
        "creationInfo": {"created": about["created"], "creators": ["Tool: flame-operator ./dev image", "Organization: xflops"]},
        "packages": [image(work, version, about), program(version, about, own), *map(debian_package, rows)],
        "files": files,
        "relationships": relations,
    }
