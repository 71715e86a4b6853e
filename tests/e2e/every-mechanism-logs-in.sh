#!/usr/bin/env bash
# Whatever way to log in a server offers, the best one that there are credentials for is taken;
# mail goes through with it and never without.
. "$(dirname "$0")/lib.sh"
need python3

start_dns <<'ZONE'
relay.host.test A 127.0.0.1
ZONE
cd "$TEST"
certify ca.pem --ca --subject 'Test CA' >/dev/null
certify server.pem --issuer ca.pem --dns relay.host.test >/dev/null
certify client.pem --issuer ca.pem --subject 'joe' --purpose clientAuth >/dev/null
chmod 600 client.pem

# serve AUTH [OPTION...]: a server with these mechanisms, in a home of its own.
tries=0
serve() {
	tries=$((tries + 1))
	set_home "$TEST/$tries"
	start relay python3 "$TOP/tests/support/auth-server.py" --dir "$T/relay" --auth "$@"
}

# relay LINE...: the configuration of the relay, host and secret apart.
relay() {
	{
		echo "[relay]"
		echo "host = ${scheme:-smtp}://relay.host.test:${port[relay]}"
		printf '%s\n' "$@"
	} >"$T/nullmta.conf"
	chmod 600 "$T/nullmta.conf"
}

# accepted MECHANISM: by it alone.
accepted() {
	letter >"$T/letter"
	exits 0 sendmail -odi rcpt@dest.test <"$T/letter"
	assert_delivered relay 1
	assert_eq "$(cat "$T/relay/logins")" "$1 ok" logins
	assert_log connection-closed login="$1"
	assert_queued 0
	stop relay
}

all="PLAIN LOGIN XOAUTH2 OAUTHBEARER SCRAM-SHA-256 SCRAM-SHA-256-PLUS EXTERNAL"
clear=(tls=none auth_insecure=yes)
secure=("tls_ca=$TEST/ca.pem")

# --- what is offered and what there is -----------------------------------------------------

serve "PLAIN LOGIN"
relay "${clear[@]}" user=joe@example.org password=pencil
accepted PLAIN

serve "LOGIN"
relay "${clear[@]}" user=joe@example.org password=pencil
accepted LOGIN

serve "LOGIN" --legacy
relay "${clear[@]}" user=joe@example.org password=pencil
accepted LOGIN

serve "CRAM-MD5 PLAIN SCRAM-SHA-256"
relay "${clear[@]}" user=joe@example.org password=pencil
accepted SCRAM-SHA-256

serve "PLAIN SCRAM-SHA-256" --user 'a=b,c' --password 'p# ss"w'
relay "${clear[@]}" "user=\"a=b,c\"" "password='p# ss\"w'"
accepted SCRAM-SHA-256

serve "$all"
relay "${clear[@]}" user=joe@example.org password=pencil auth=login
accepted LOGIN

serve "PLAIN XOAUTH2 OAUTHBEARER"
relay "${clear[@]}" user=joe@example.org password=tok auth=xoauth2
accepted XOAUTH2

serve "PLAIN XOAUTH2 OAUTHBEARER"
relay "${clear[@]}" user=joe@example.org password=tok 'auth=xoauth2 oauthbearer'
accepted OAUTHBEARER

# --- tokens of any length --------------------------------------------------------------------

token=$(printf 't%.0s' $(seq 5000))
serve "XOAUTH2" --token "$token"
relay "${clear[@]}" user=joe@example.org "password_file=$T/token" auth=xoauth2
(umask 077 && echo "$token" >"$T/token")
accepted XOAUTH2
assert_contains "$T/relay/dialogue" '< AUTH XOAUTH2'

# --- inside TLS -----------------------------------------------------------------------------

serve "$all" --tls "$TEST/server.pem"
relay "${secure[@]}" user=joe@example.org password=pencil
accepted SCRAM-SHA-256-PLUS

scheme=smtps
serve "SCRAM-SHA-256 PLAIN" --tls "$TEST/server.pem" --implicit
relay "${secure[@]}" user=joe@example.org password=pencil
accepted SCRAM-SHA-256
scheme=smtp

serve "$all" --tls "$TEST/server.pem" --client-ca "$TEST/ca.pem"
relay "${secure[@]}" "tls_cert=$TEST/client.pem"
accepted EXTERNAL

serve "PLAIN EXTERNAL" --tls "$TEST/server.pem" --client-ca "$TEST/ca.pem"
relay "${secure[@]}" "tls_cert=$TEST/client.pem" user=joe@example.org
accepted EXTERNAL

# one connection, one login, many messages
serve "PLAIN"
relay "${clear[@]}" user=joe@example.org password=pencil
for i in 1 2 3 4 5; do
	letter "$i" >"$T/letter"
	exits 0 sendmail -odq rcpt@dest.test <"$T/letter"
done
flush
assert_delivered relay 5
assert_eq "$(cat "$T/relay/logins")" "PLAIN ok" logins
