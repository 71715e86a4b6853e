#!/usr/bin/env bash
# Who has a certificate needs no password: Exim knows us by EXTERNAL, Postfix by the certificate
# alone. Without one they take nothing.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/login-lib.sh"

make_certificates exim.test real.test
certify "$T/client.pem" --issuer "$T/ca.pem" --dns client.test --purpose clientAuth >"$T/digests"
certify "$T/stranger.pem" --dns client.test --purpose clientAuth >"$T/stranger"
read -r fingerprint _ <"$T/digests"
fingerprint=$(sed 's/../&:/g; s/:$//' <<<"${fingerprint^^}")

start_exim exim
start_dovecot store
start_secure_postfix real store smtpd_tls_ask_ccert=yes smtpd_tls_fingerprint_digest=sha256 \
	"relay_clientcerts=inline:{ { $fingerprint = ok } }"
start_dns <<ZONE
exim.test A $PEER_ADDRESS
real.test A $PEER_ADDRESS
ZONE
letter >"$T/letter"

# known CODE RELAY CERTIFICATE LINE...
known() {
	write_relay "host = $2" "tls_cert = $T/$3.pem" "${@:4}"
	exits "$1" sendmail -odi -f sender@client.test user@real.test <"$T/letter"
}

# --- EXTERNAL: the certificate says who we are, or the user that we name -----------------------

known 0 "smtp+starttls://exim.test:${port[exim]}" client
assert_filed exim 1
known 0 "smtps://exim.test:${wrapped[exim]}" client "user = $USER_NAME"
assert_filed exim 2
assert_eq "$(count_log connection-closed login=EXTERNAL)" 2 'logins by EXTERNAL'
assert_eq "$(grep -c ' A=EXTERNAL:client.test ' "$T/exim/mainlog")" 2 'logins as client.test'
assert_eq "$(grep -c ' CV=yes ' "$T/exim/mainlog")" 2 'certificates that Exim trusts'

# --- the certificate alone ---------------------------------------------------------------------

known 0 "smtp+starttls://real.test:${port[real]}" client
assert_filed real 1
known 0 "smtps://real.test:${wrapped[real]}" client
assert_filed real 2
assert_lacks "$T/real/log" sasl_method
assert_queued 0

# --- one that they do not know -----------------------------------------------------------------

known '6[79]' "smtps://real.test:${wrapped[real]}" stranger
assert_eq "$(count_filed real)" 2 'messages in the maildir'
