#!/usr/bin/env bash
# A relay behind a SOCKS5 proxy: the proxy looks its name up, and is told nothing else; what is
# wrong with the proxy never fails mail.
. "$(dirname "$0")/lib.sh"

need python3

start_dns <<'ZONE'
nobody.asks.test A 127.0.0.1
dest.test MX 10 mx.dest.test
ZONE
start_receiver relay

start_proxy() {
	start "$1" python3 "$TOP/tests/support/socks5-server.py" --log "$T/$1.log" "${@:2}"
}

# proxy_is URL HOST [LINE...]: how mail goes from now on.
proxy_is() {
	printf '%s\n' '[relay]' "proxy = $1" "host = $2" 'tls = none' "${@:3}" >"$T/nullmta.conf"
}

send() {
	letter >"$T/letter"
	exits 0 sendmail -odi rcpt@dest.test <"$T/letter"
}

# --- names that only the proxy knows --------------------------------------------------------

start_proxy open --host relay.inside=127.0.0.1 --refuse shut.inside=5 --refuse banned.inside=2
proxy_is "socks5://127.0.0.1:${port[open]}" "relay.inside:${port[relay]}"
send
assert_delivered relay 1
assert_contains "$T/open.log" "connect relay.inside ${port[relay]} by -: 0"
assert_eq "$(count_queries relay.inside A)" 0 'questions about the relay'
assert_log delivered "remote=relay.inside:${port[relay]}"

proxy_is "socks5://127.0.0.1:${port[open]}" "127.0.0.1:${port[relay]}"
send
assert_delivered relay 2
assert_contains "$T/open.log" "connect 127.0.0.1 ${port[relay]} by -: 0"

# --- a host that the proxy cannot reach, and the next one ------------------------------------

proxy_is "socks5://127.0.0.1:${port[open]}" "gone.inside shut.inside relay.inside:${port[relay]}"
send
assert_delivered relay 3
assert_log connection-failed 'why=*host unreachable*'

proxy_is "socks5://127.0.0.1:${port[open]}" banned.inside
send
assert_queued 1
assert_queued_because 'it does not allow this connection'
exits 0 nullmta queue delete "$(mailq | awk 'NR == 2 { print $1 }')"

# --- MX hosts, too: their names are DNS's, their addresses the proxy's -------------------------

start_proxy mx --host mx.dest.test=127.0.0.1
proxy_is "socks5://127.0.0.1:${port[mx]}" direct
NULLMTA_DELIVERY_PORT=${port[relay]} send
assert_delivered relay 4
assert_eq "$(count_queries mx.dest.test A)" 0 'questions about the MX host'

# --- logins -------------------------------------------------------------------------------------

start_proxy login --host relay.inside=127.0.0.1 --login 'joe:pen@cil'
proxy_is "socks5://joe:pen%40cil@127.0.0.1:${port[login]}" "relay.inside:${port[relay]}"
send
assert_delivered relay 5
assert_contains "$T/login.log" "by joe: 0"
exits 0 nullmta config show >"$T/shown"
assert_lacks "$T/shown" 'pen'

for login in joe:wrong@ ''; do
	proxy_is "socks5://${login}127.0.0.1:${port[login]}" "relay.inside:${port[relay]}"
	send
	assert_queued 1
	case $login in
	'') assert_queued_because 'it wants a login' ;;
	*) assert_queued_because 'refuses user and password' ;;
	esac
	exits 0 nullmta queue delete "$(mailq | awk 'NR == 2 { print $1 }')"
done
assert_lacks "$T/log" wrong

# --- no proxy, and one that says nothing ------------------------------------------------------------

start_proxy mute --mute
export NULLMTA_DELIVERY_CONNECT_TIMEOUT=1s
proxy_is "socks5://127.0.0.1:${port[mute]}" "relay.inside:${port[relay]}"
send
assert_queued_because 'proxy 127.0.0.1: timed out'
exits 0 nullmta queue delete "$(mailq | awk 'NR == 2 { print $1 }')"
stop mute
send
assert_queued_because 'proxy: Connection refused'
assert_lacks "$T/mbox" 'Action: failed'
