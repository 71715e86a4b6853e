#!/usr/bin/env bash
# shellcheck disable=SC2016  # expanded where the secrets are mounted
# What contrib/container sets is known to this version and makes a configuration without mistakes,
# under the uid and with the secrets that these files give; and they are what YAML readers read.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/container.sh"
need python3
python3 -c 'import yaml' 2>/dev/null || skip "needs PyYAML (python3-yaml)"

# A line for each container of nullmta's: its name, what it mounts, its variables.
python3 - "$TOP/contrib/container" >"$T/containers" <<'END'
import re, sys, yaml

def show(name, mounts, variables):
    words = [f"{key}={value}" for key, value in variables.items()]
    assert all(isinstance(value, str) and " " not in value for value in variables.values()), name
    print(name, ",".join(sorted(mounts)), *words)

here = sys.argv[1]
compose = yaml.safe_load(open(f"{here}/compose.yaml"))
for name, service in compose["services"].items():
    if service["image"] != "nullmta":
        continue
    assert service["user"] == "54321:54321" and service["read_only"], name
    secrets = [f"/run/secrets/{secret}" for secret in service.get("secrets", [])]
    assert all(secret in compose["secrets"] for secret in service.get("secrets", []))
    show(f"compose-{name}", secrets, service["environment"])

secrets = {}
for document in yaml.safe_load_all(open(f"{here}/kubernetes.yaml")):
    if document["kind"] == "Secret":
        secrets[document["metadata"]["name"]] = document["stringData"]
        continue
    pod = document["spec"]
    pod = pod.get("jobTemplate", {"spec": pod})["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == 54321
    assert pod["terminationGracePeriodSeconds"] >= 60
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for container in pod.get("initContainers", []) + pod["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"]
        files = []
        for mount in container["volumeMounts"]:
            secret = volumes[mount["name"]].get("secret")
            if secret:
                assert secret["defaultMode"] == 0o440 and mount["readOnly"]
                files += [f'{mount["mountPath"]}/{key}' for key in secrets[secret["secretName"]]]
        variables = {one["name"]: one["value"] for one in container["env"]}
        show(f'kubernetes-{container["name"]}', files, variables)

text = open(f"{here}/Dockerfile").read().replace("\\\n", " ")
known = "FROM RUN COPY USER VOLUME STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD".split()
steps = [line.split()[0] for line in text.splitlines() if line and not line.startswith("#")]
assert all(step in known for step in steps), steps
assert "USER 54321:54321" in text and re.search(r"install -d -m 1733 /var/spool/nullmta", text)
END
assert_eq "$(wc -l <"$T/containers")" 5 'containers'

volume data
settings=()
while read -r name files variables; do
	{
		echo 'mkdir -p "$1/run/secrets/mail"'
		for file in ${files//,/ }; do
			case $file in
			/*/relay) echo "echo smtps://app@mail.example.org >\"\$1$file\"" ;;
			/*) echo "echo pencil >\"\$1$file\"" ;;
			esac
		done
	} >"$TEST/secrets"
	# shellcheck disable=SC2086  # a list of words
	container "$name" data -- $variables nullmta config check
	ends "$name" 0
	assert_lacks "$TEST/$name.out" warning
	case $variables in *NULLMTA_RELAY*) ;; *) continue ;; esac
	# and it can begin: spool and secret are there
	# shellcheck disable=SC2086
	container "$name" data -- $variables NULLMTA_LOG= nullmta flush --every 1h
	until_true test -d "$TEST/data/$uid/new"
	tell "$name" TERM
	ends "$name" 0
	assert_eq "$(cat "$TEST/$name.out")" '' "what $name says"
	rm -r "$TEST/data/$uid"
done <"$T/containers"
