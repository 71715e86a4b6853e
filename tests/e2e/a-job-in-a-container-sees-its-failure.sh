#!/usr/bin/env bash
# A job that ends with its container has to know what became of its mail: -odi waits for the first
# attempt and says it by its exit code; with strict, a message that only waits is a failure, too.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/container.sh"

start_receiver relay --rule 'rcpt bad@* 550 5.1.1 no such user' --rule 'rcpt later@* 451 4.2.0 not now' \
	--rule 'data never@* 554 5.7.1 not this'
volume data
settings+=("NULLMTA_RELAY=127.0.0.1:${port[relay]}" NULLMTA_RELAY_TLS=none NULLMTA_BOUNCE_TO=sender)

# job CODE RECIPIENT [VARIABLE=VALUE]... -- OPTION...: a container that sends one message, and ends.
job() {
	local code=$1 recipient=$2 words=()
	shift 2
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	container job data -- "${words[@]}" \
		sh -c 'printf "Subject: done\n\n" | sendmail -f "" "$@"' job "$@" "$recipient"
	ends job "$code"
}

job 0 rcpt@dest.test -- -odi
assert_delivered relay 1
job 67 bad@dest.test -- -odi
assert_contains "$TEST/job.out" 'refused: '
assert_contains "$TEST/job.out" 'no such user'
job 0 later@dest.test -- -odi
job 75 later@dest.test NULLMTA_STRICT=yes -- -odi
job 75 later@dest.test NULLMTA_STRICT=yes NULLMTA_DELIVER=foreground --
job 67 bad@dest.test NULLMTA_DELIVER=foreground --
# what is wrong with the container itself
stop relay
job 75 rcpt@dest.test NULLMTA_STRICT=yes -- -odi
job 75 rcpt@dest.test NULLMTA_STRICT=yes NULLMTA_RELAY_PORT=x -- -odi
job 73 rcpt@dest.test NULLMTA_SPOOL=/mail/here -- -odi
assert_contains "$TEST/job.out" 'Read-only file system'
assert_eq "$(find "$TEST/data/mail/cur" -type f | wc -l)" 4 'messages that wait'
