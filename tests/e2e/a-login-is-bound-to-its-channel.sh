#!/usr/bin/env bash
# SCRAM-SHA-256-PLUS as GNU SASL understands it: it binds the login to the TLS 1.3 channel, and
# who takes it out of the offer on the way is found out.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need python3

# serve AUTH [OPTION...]
serve() {
	start relay env LD_LIBRARY_PATH="$(peers_libraries)" \
		python3 "$TOP/tests/support/gsasl-server.py" \
		--dir "$T/relay" --tls "$T/server.pem" --auth "$@"
	cat >"$T/nullmta.conf" <<CONF
[relay]
host = smtps://127.0.0.1:${port[relay]}
tls = verify
tls_ca = $T/server.pem
user = joe@example.org
password_file = $T/secret
CONF
}

password() {
	rm -f "$T/secret"
	(umask 077 && echo "$1" >"$T/secret")
}

certify "$T/server.pem" --address 127.0.0.1 >"$T/digests"
letter >"$T/letter"

# --- bound to the channel ------------------------------------------------------------------

serve 'PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS'
password pencil
exits 0 sendmail -odi rcpt@dest.test <"$T/letter"
assert_eq "$(cat "$T/relay/logins")" 'SCRAM-SHA-256-PLUS ok' logins
assert_log connection-closed login=SCRAM-SHA-256-PLUS tls=TLSv1.3
assert_delivered relay 1

password wrong
exits 0 sendmail -odi rcpt@dest.test <"$T/letter"
assert_queued 1
assert_delivered relay 1
assert_reports 1 '535 5.7.8 Error authenticating user'
password pencil
flush
assert_delivered relay 2
stop relay

# --- a server that knows no binding is told that we could have ------------------------------

rm -rf "$T/relay"
serve 'PLAIN SCRAM-SHA-256' --unbound
exits 0 sendmail -odi rcpt@dest.test <"$T/letter"
assert_eq "$(cat "$T/relay/logins")" 'SCRAM-SHA-256 ok' logins
assert_delivered relay 1
stop relay

# --- one that does know it finds its offer changed on the way -------------------------------

rm -rf "$T/relay"
serve 'PLAIN SCRAM-SHA-256'
exits 0 sendmail -odi rcpt@dest.test <"$T/letter"
assert_eq "$(cat "$T/relay/logins")" 'SCRAM-SHA-256 Error authenticating user' logins
assert_delivered relay 0
assert_queued 1
