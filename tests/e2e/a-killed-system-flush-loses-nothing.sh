#!/usr/bin/env bash
# timeout: 600
# The system's flush and its children are killed at random moments while five users submit:
# everything that was accepted arrives, and at most one message a kill arrives twice, the one
# whose reply was on its way (RFC 1047). STORM=120 makes it last longer than 10 seconds.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
need python3

start_receiver relay
configure
kills=$(timeout $((${STORM:-10} + 120)) python3 "$TOP/tests/support/crash/users.py" "${STORM:-10}" \
	"$T/accepted" nullmta flush --all)
[ "$kills" -gt 20 ] || fail "only $kills kills"
# workers that are left finish what they have in hand, and kicked runs may only begin
for ((round = 0; round < 20 && $(count_left) > 0; round++)); do
	for uid in 54001 54002 54003 54004 54005; do
		as $uid timeout 60 flock "$root/$uid/lock" true
	done
	exits 0 nullmta flush --all --now
done
assert_eq "$(count_left)" 0 'messages left'
sort "$T/accepted" >"$T/wanted"
subjects relay >"$T/came"
lost=$(comm -23 "$T/wanted" <(uniq "$T/came"))
assert_eq "$lost" '' lost
twice=$(uniq -d "$T/came" | wc -l)
echo "$(wc -l <"$T/wanted") messages, $kills kills, $twice twice"
[ "$twice" -le "$kills" ] || fail "$twice came twice"
assert_well_behaved relay
