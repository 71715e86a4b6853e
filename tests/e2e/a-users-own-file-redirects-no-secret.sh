#!/usr/bin/env bash
# What a user's own file or the environment changes of the way of a section costs it the login
# that the system's file gave it: no secret reaches a server that somebody else names. Routes of
# the user's own, with a login of the user's own, are another matter.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need python3
need_private_root

# start_relay NAME USER PASSWORD
start_relay() {
	mkdir "$T/$1"
	start "$1" python3 "$TOP/tests/support/auth-server.py" --dir "$T/$1" --auth PLAIN \
		--user "$2" --password "$3"
}
start_relay relay sys topsecret
start_relay evil nobody nothing
start_relay own me mysecret

cp -a /etc "$T/etc"
rm -rf "$T/etc/nullmta.conf.d"
sed -i "s|^root:\(.*\):[^:]*:\([^:]*\)\$|root:\1:$T/home:\2|" "$T/etc/passwd"
mkdir -p "$T/home/.config"
unset NULLMTA_CONF
export T

# system LINE...: the system's file; mine LINE...: the user's own. Private, both of them.
system() {
	printf '%s\n' "$@" >"$T/etc/nullmta.conf"
	chmod 600 "$T/etc/nullmta.conf"
}
mine() {
	printf '%s\n' "$@" >"$T/home/.config/nullmta.conf"
	chmod 600 "$T/home/.config/nullmta.conf"
}

with_etc() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	"$TOP/tests/support/private-root" sh -c 'mount --bind "$T/etc" /etc && exec "$@"' sh "$@"
}

# send RECIPIENT: and no password gets where it does not belong.
send() {
	letter >"$T/letter"
	exits 0 with_etc sendmail -odi -f me@client.test "$1" <"$T/letter"
	cat "$T/evil/dialogue" >"$T/heard" 2>/dev/null || true
	assert_lacks "$T/heard" '< AUTH'
	assert_lacks "$T/log" topsecret
}

# queue_is N: and whatever waits is forgotten.
queue_is() {
	with_etc mailq | sed -n 's/^\([0-9A-F][0-9A-V]\{13\}\) .*/\1/p' >"$T/ids"
	assert_eq "$(wc -l <"$T/ids")" "$1" 'messages in the queue'
	while read -r id; do
		exits 0 with_etc nullmta queue delete "$id"
	done <"$T/ids"
}

system '[relay]' "host = smtp://127.0.0.1:${port[relay]}" 'tls = none' 'auth_insecure = yes' \
	'user = sys' 'password = topsecret'
send a@dest.test
assert_eq "$(count_delivered relay)" 1 'messages at the relay'
assert_contains "$T/relay/logins" 'PLAIN ok'

# --- another host -----------------------------------------------------------------------------

mine '[relay]' "host = smtp://127.0.0.1:${port[evil]}"
exits 0 with_etc nullmta config check >"$T/checked"
assert_contains "$T/checked" "nullmta.conf:2: warning: [relay] host: the login of [relay] is meant for"
exits 0 with_etc nullmta config show >"$T/shown"
assert_contains "$T/shown" 'relay.user               = (none)'
assert_contains "$T/shown" 'relay.password           = (none)'
send a@dest.test
queue_is 1

# --- a proxy, a port, no host but a variable ----------------------------------------------------

mine '[relay]' "proxy = socks5://127.0.0.1:${port[evil]}"
send a@dest.test
queue_is 1
mine '[relay]' "port = ${port[evil]}" 'host = 127.0.0.1'
send a@dest.test
queue_is 1
mine ''
NULLMTA_RELAY=127.0.0.1:${port[evil]} send a@dest.test
queue_is 1
exits 0 env NULLMTA_RELAY="127.0.0.1:${port[evil]}" "$TOP/tests/support/private-root" sh -c \
	"mount --bind '$T/etc' /etc && exec nullmta config check" >"$T/checked"
assert_contains "$T/checked" 'NULLMTA_RELAY: warning: [relay] host: the login of [relay] is meant for'

# --- what changes nothing of the way changes nothing --------------------------------------------

mine '[relay]' 'from = me@example.org' "host = smtp://127.0.0.1:${port[relay]}"
send a@dest.test
assert_eq "$(count_delivered relay)" 2 'messages at the relay'
queue_is 0

# --- ways of the user's own -----------------------------------------------------------------------

mine '[route own]' 'recipient = own.test' "host = smtp://127.0.0.1:${port[own]}" 'tls = none' \
	'auth_insecure = yes' 'user = me' 'password = mysecret'
send a@own.test
send a@dest.test
assert_eq "$(count_delivered own)" 1 "messages at the user's own relay"
assert_eq "$(count_delivered relay)" 3 'messages at the relay'
queue_is 0

# --- the system's route is no better prey -----------------------------------------------------------

system '[route work]' 'recipient = work.test' "host = smtp://127.0.0.1:${port[relay]}" 'tls = none' \
	'auth_insecure = yes' 'user = sys' 'password = topsecret'
mine ''
send a@work.test
assert_eq "$(count_delivered relay)" 4 'messages at the relay'
mine '[route work]' "host = smtp://127.0.0.1:${port[evil]}"
send a@work.test
queue_is 1
assert_eq "$(count_delivered evil)" 0 'messages at the wrong relay'
