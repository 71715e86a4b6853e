# shellcheck shell=bash
# Sourced by end-to-end tests behind lib.sh: DNS for two destinations, and what is played there.

need python3
start_dns <<'ZONE'
a.test MX 10 mx.a.test
mx.a.test A 127.0.0.1
b.test MX 10 mx.b.test
mx.b.test A 127.0.0.2
ZONE

# In memory where there is room: a kill of a process knows no difference, and it is faster.
HOMES=$T/homes
if [ "${KEEP:-}" != 1 ] && [ -w /dev/shm ] && [ "$(stat -f -c %T /dev/shm)" = tmpfs ]; then
	HOMES=$(mktemp -d /dev/shm/e2e.XXXXXX)
	trap 'rm -rf "$HOMES"; leave' EXIT
fi

# play PROGRAM WHAT SECONDS: one of the programs beside this file, for so long at most.
play() {
	local code=0
	python3 "$TOP/tests/support/crash/$1.py" "$2" "$HOMES/$1-$2" "$3" || code=$?
	[ "$code" != 77 ] || exit 77
	[ "$code" = 0 ] || fail "$1 $2"
}
