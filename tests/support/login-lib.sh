# shellcheck shell=bash disable=SC2034  # host and port are of lib.sh
# Real servers with TLS and logins, on top of tests/support/peers-lib.sh:
#
#	. "$(dirname "$0")/lib.sh"
#	. "$TOP/tests/support/login-lib.sh"
#	start_dovecot store
#	start_secure_postfix real store
#
# Their certificates are of the CA $T/ca.crt. The user of all of them is user@real.test.

. "$TOP/tests/support/peers-lib.sh"

# A password with what a mechanism, a shell or a log line may stumble over.
SECRET='a:long, =secret= "with" 100% of \it'
USER_NAME=user@real.test

# make_certificates NAME...: $T/ca.pem, $T/ca.crt without its key, and $T/NAME.pem for the host
# NAME.
make_certificates() {
	local name
	certify "$T/ca.pem" --ca --subject 'CA of a test' >"$T/ca.digests"
	sed -n '/BEGIN CERT/,/END CERT/p' "$T/ca.pem" >"$T/ca.crt"
	for name; do
		certify "$T/$name.pem" --issuer "$T/ca.pem" --dns "$name" >"$T/$name.digests"
		# daemons of other users read it
		chmod 644 "$T/$name.pem"
	done
}

# --- Dovecot: logins, and a mail store ---------------------------------------------------

# An OAuth token of user@real.test that is good until SECONDS from now: a JWT signed by the key
# that Dovecot has.
make_token() {
	local head body key
	head=$(printf '{"typ":"JWT","alg":"HS256"}' | base64url)
	body=$(printf '{"sub":"%s","iat":%d,"exp":%d,"aud":"%0600d"}' "$USER_NAME" \
		"$(($(date +%s) - 60))" "$(($(date +%s) + $1))" 0 | base64url)
	key=$(printf %s 'a key of this test' | od -An -v -tx1 | tr -d ' \n')
	printf '%s.%s.%s' "$head" "$body" "$(printf '%s.%s' "$head" "$body" |
		openssl dgst -sha256 -mac hmac -macopt "hexkey:$key" -binary | base64url)"
}

base64url() {
	base64 -w 0 | tr -d = | tr +/ -_
}

dovecot_conf() {
	cat <<CONF
base_dir = $1/run
state_dir = $1/state
import_environment = LD_LIBRARY_PATH TZ
default_internal_user = daemon
default_internal_group = daemon
default_login_user = nobody
log_path = $1/log
auth_debug = yes
protocols = lmtp
listen = $PEER_ADDRESS
ssl = no
first_valid_uid = 1
auth_mechanisms = plain login scram-sha-256 oauthbearer xoauth2
auth_failure_delay = 0
passdb {
	driver = oauth2
	mechanisms = oauthbearer xoauth2
	args = $1/oauth2.conf
}
passdb {
	driver = passwd-file
	mechanisms = plain login scram-sha-256
	args = $1/users
}
userdb {
	driver = passwd-file
	args = $1/full
}
userdb {
	driver = static
	args = allow_all_users=yes uid=nobody gid=$(id -gn nobody) home=$1/mail/%u
}
mail_location = maildir:$1/mail/%u
mail_plugins = quota
plugin {
	quota = maildir:the quota
}
service auth {
	unix_listener $1/auth {
		mode = 0666
	}
}
service lmtp {
	unix_listener $1/lmtp {
		mode = 0666
	}
	inet_listener lmtp {
		port = $2
	}
}
CONF
}

# start_dovecot NAME: it knows the user and his password or token, as Postfix asks at
# $T/NAME/auth; and takes mail for anyone by LMTP at $T/NAME/lmtp and ${port[NAME]}, into
# the maildir $T/NAME/mail/ADDRESS; that of full@real.test has room for nothing.
start_dovecot() {
	local root=$T/$1
	peers_need_root
	need_private_root
	give_address "$1"
	mkdir -p "$root/mail" "$root/keys/default/HS256"
	chown nobody "$root/mail"
	echo "$USER_NAME:{PLAIN.b64}$(printf %s "$SECRET" | base64 -w 0)" >"$root/users"
	printf '%s:' full@real.test '' nobody "$(id -gn nobody)" '' "$root/mail/full@real.test" '' \
		>"$root/full"
	echo 'userdb_quota_rule=*:bytes=9' >>"$root/full"
	printf %s 'a key of this test' | base64 -w 0 >"$root/keys/default/HS256/default"
	printf '%s\n' 'introspection_mode = local' 'username_attribute = sub' \
		"local_validation_key_dict = fs:posix:prefix=$root/keys/" >"$root/oauth2.conf"
	dovecot_conf "$root" "${port[$1]}" >"$root/dovecot.conf"
	run_peer "$1" "$TOP/tests/support/private-root" \
		--link /usr/lib/dovecot "$PEERS/usr/lib/dovecot" \
		--link /usr/bin/doveconf "$PEERS/usr/bin/doveconf" \
		setpriv --pdeathsig TERM "$PEERS/usr/sbin/dovecot" -F -c "$root/dovecot.conf"
	await accepts_connections "${port[$1]}"
	await test -S "$root/auth"
}

# --- Postfix -----------------------------------------------------------------------------

# start_secure_postfix NAME DOVECOT [PARAMETER=VALUE...]: as start_postfix, but it takes mail
# only from who has logged in, which is offered inside TLS only: STARTTLS at ${port[NAME]},
# TLS from the first octet on at ${wrapped[NAME]}. Its name is NAME.test.
declare -A wrapped=()
start_secure_postfix() {
	local name=$1 store=$2
	shift 2
	prepare_postfix "$name" "smtpd_tls_cert_file=$T/$name.test.pem" \
		"smtpd_tls_key_file=$T/$name.test.pem" "smtpd_tls_CAfile=$T/ca.crt" \
		smtpd_tls_security_level=may smtpd_tls_auth_only=yes smtpd_tls_loglevel=1 \
		smtpd_error_sleep_time=0 smtpd_sasl_auth_enable=yes smtpd_sasl_type=dovecot \
		"smtpd_sasl_path=$T/$store/auth" \
		'smtpd_relay_restrictions=permit_sasl_authenticated, permit_tls_clientcerts, reject' \
		"$@"
	wrapped[$name]=$peer_ports
	peer_ports=$((peer_ports + 1))
	echo "$PEER_ADDRESS:${wrapped[$name]} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes" \
		>>"$T/$name/conf/master.cf"
	run_postfix "$name"
	await accepts_connections "${wrapped[$name]}"
}

# --- Exim ----------------------------------------------------------------------------------

exim_conf() {
	cat <<CONF
primary_hostname = $2.test
spool_directory = $1/spool
log_file_path = $1/%slog
log_selector = +all
local_interfaces = $PEER_ADDRESS
daemon_smtp_ports = $3 : $4
tls_on_connect_ports = $4
tls_advertise_hosts = *
tls_certificate = $T/$2.test.pem
tls_privatekey = $T/$2.test.pem
tls_verify_certificates = $T/ca.crt
tls_try_verify_hosts = *
auth_advertise_hosts = \${if def:tls_in_cipher {*}}
acl_smtp_rcpt = rcpt
keep_environment = LD_LIBRARY_PATH
exim_path = $PEERS/usr/sbin/exim4
deliver_drop_privilege
rfc1413_hosts =
host_lookup =
smtp_accept_queue_per_connection = 0

begin acl
rcpt:
	deny message = log in first
		!authenticated = *
	accept

begin routers
all:
	driver = accept
	transport = maildir

begin transports
maildir:
	driver = appendfile
	maildir_format
	directory = $1/mail/all

begin authenticators
PLAIN:
	driver = plaintext
	public_name = PLAIN
	server_prompts = :
	server_condition = \${if eq {\$auth2/\$auth3} {$USER_NAME/\${readfile{$1/password}}}}
	server_set_id = \$auth2
LOGIN:
	driver = plaintext
	public_name = LOGIN
	server_prompts = Username:: : Password::
	server_condition = \${if eq {\$auth1/\$auth2} {$USER_NAME/\${readfile{$1/password}}}}
	server_set_id = \$auth1
EXTERNAL:
	driver = external
	public_name = EXTERNAL
	server_advertise_condition = \$tls_in_certificate_verified
	server_param2 = \${certextract {subj_altname,dns} {\$tls_in_peercert}}
	server_condition = \${if and {{eq {\$auth2} {client.test}} {inlisti {\$auth1} {:$USER_NAME}}}}
	server_set_id = \$auth2
CONF
}

# start_exim NAME: mail that comes behind a login goes to the maildir $T/NAME/mail/all. Ports
# are those of start_secure_postfix, the log is $T/NAME/mainlog. Who has a certificate of the
# CA for client.test may log in by EXTERNAL.
start_exim() {
	local name=$1 root=$T/$1
	peers_need_root
	need_private_root
	give_address "$name"
	wrapped[$name]=$peer_ports
	peer_ports=$((peer_ports + 1))
	mkdir -p "$root/spool" "$root/mail"
	printf %s "$SECRET" >"$root/password"
	exim_conf "$root" "$name" "${port[$name]}" "${wrapped[$name]}" >"$root/exim.conf"
	chown -R daemon:daemon "$root"
	chown root "$root/exim.conf"
	run_peer "$name" "$TOP/tests/support/private-root" --user Debian-exim \
		setpriv --pdeathsig TERM "$PEERS/usr/sbin/exim4" -C "$root/exim.conf" -bdf -oP "$root/pid"
	await accepts_connections "${wrapped[$name]}"
}

# --- what both servers are asked for -------------------------------------------------------

# write_relay LINE...: [relay] has these lines, and the CA that vouches for the servers.
write_relay() {
	{
		echo '[relay]'
		echo "tls_ca = $T/ca.crt"
		printf '%s\n' "$@"
	} >"$T/nullmta.conf"
}

# keep_secret TEXT: in $T/secret, where nobody else can read it.
keep_secret() {
	rm -f "$T/secret"
	(umask 077 && printf '%s\n' "$1" >"$T/secret")
}

# assert_secret_nowhere TEXT PATH...: neither it nor its base64, at whatever offset it stands
# in what was encoded, is in these files or below these directories.
assert_secret_nowhere() {
	local secret=$1 form before
	shift
	for before in '' x xx; do
		# all digits that only the secret decides
		form=$(printf %s "$before$secret" | base64 -w 0 | tr -d =)
		form=${form:$((${#before} ? ${#before} + 1 : 0)):-1}
		! grep -rqF -e "$secret" -e "$form" "$@" || fail "the secret stands in one of $*"
	done
}
