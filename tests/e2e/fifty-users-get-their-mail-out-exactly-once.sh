#!/usr/bin/env bash
# timeout: 300
# Fifty users submit side by side, every submission kicks, root runs two more flushes over
# everything at the same time: each message arrives once, and no file of a user was touched with
# another's rights.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
need strace python3

users=50
messages=20
start_receiver relay
configure
# shellcheck disable=SC2119  # no options
start_system_flush

# before the others, so that both flushes have something to do at once
for ((uid = 54001; uid <= 54000 + users; uid++)); do
	submit "$uid" "$uid.0" -odq
	printf 'Subject: %s\n\ntext\n' >"$T/letter.$uid" "$uid.NUMBER"
done
flush_traced() {
	strace -f -y -q -o "$T/trace.$1" "$BUILD/bin/nullmta" flush --all
}
flush_traced 1 &
flushes=($!)
flush_traced 2 &
flushes+=($!)
for ((uid = 54001; uid <= 54000 + users; uid++)); do
	# shellcheck disable=SC2016  # expanded by the inner shell
	as "$uid" bash -c 'for ((i = 1; i < $2; i++)); do
		sendmail -i rcpt@dest.test < <(sed "s/NUMBER/$i/" "$1") || exit
	done' - "$T/letter.$uid" "$messages" &
	submitters+=($!)
done
for job in "${submitters[@]}" "${flushes[@]}"; do
	wait "$job" || fail "exit $?"
done
await $((users * messages)) 'event=delivered' "$T/log"
assert_delivered relay $((users * messages))
assert_eq "$(subjects relay | uniq -d)" '' 'delivered twice'
assert_eq "$(subjects relay | wc -l)" $((users * messages))
until_true none_left
assert_eq "$(count_log user-run-died)" 0
for trace in 1 2; do
	python3 "$TOP/tests/support/whose-files.py" "$root" "$T/trace.$trace" >"$T/whose.$trace" ||
		fail "with another's rights: $(head -n 5 "$T/whose.$trace")"
	grep -q '^[1-9]' "$T/whose.$trace" || fail 'nothing was traced'
	cat "$T/whose.$trace"
done
