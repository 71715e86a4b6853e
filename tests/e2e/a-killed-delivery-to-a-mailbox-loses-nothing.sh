#!/usr/bin/env bash
# timeout: 600
# The system's flush, its children and the processes that write mailboxes are killed at random
# moments while five users write to two others: all of it arrives, and at most one message a kill
# twice, the one whose reply was on its way; the same where ~/.forward leads to both. STORM=120
# makes each last longer than 10 seconds.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
need python3

configure
# an mbox and a Maildir
chgrp mail /var/mail
chmod 2775 /var/mail
chmod 755 "$T"
for name in mox:54011 dir:54012; do
	echo "${name%:*}:x:${name#*:}:${name#*:}::$T/${name%:*}:/bin/sh" >>/etc/passwd
	install -d -m 700 -o "${name#*:}" -g "${name#*:}" "$T/${name%:*}"
done
install -d -m 700 -o 54012 -g 54012 "$T/dir/Maildir"


# arrived NAME FILE...: each at least once, and few twice.
arrived() {
	local lost twice
	sed -n 's/^Subject: //p' "${@:2}" | sort >"$T/came"
	lost=$(comm -23 "$T/wanted" <(uniq "$T/came"))
	assert_eq "$lost" '' "lost on the way to $1"
	twice=$(uniq -d "$T/came" | wc -l)
	echo "$1: $(wc -l <"$T/wanted") messages, $kills kills, $twice twice"
	[ "$twice" -le "$kills" ] || fail "$twice came twice to $1"
}

# storm RECIPIENTS: to both mailboxes, by these names.
storm() {
	rm -f "$T/accepted" /var/mail/mox "$T"/dir/Maildir/new/*
	kills=$(RECIPIENT=$1 timeout $((${STORM:-10} + 120)) python3 \
		"$TOP/tests/support/crash/users.py" "${STORM:-10}" "$T/accepted" \
		nullmta flush --all)
	[ "$kills" -gt 20 ] || fail "only $kills kills"
	for ((round = 0; round < 20 && $(count_left) > 0; round++)); do
		for uid in 54001 54002 54003 54004 54005; do
			as $uid timeout 60 flock "$root/$uid/lock" true
		done
		exits 0 nullmta flush --all --now
	done
	assert_eq "$(count_left)" 0 'messages left'
	sort "$T/accepted" >"$T/wanted"
	arrived mox /var/mail/mox
	cat "$T"/dir/Maildir/new/* >"$T/all"
	arrived dir "$T/all"
}
storm 'mox dir'
# two numbers in the journal, which ~/.forward gives
echo '\mox, dir' >"$T/mox/.forward"
chown 54011:54011 "$T/mox/.forward"
storm mox

# nothing is left of who was killed
exits 0 nullmta flush --all
assert_eq "$(pgrep -c nullmta-flush || true)" 0
