# shellcheck shell=bash disable=SC2034  # host, port and pid are of lib.sh
# Real servers and clients for end-to-end tests, on top of tests/e2e/lib.sh:
#
#	. "$(dirname "$0")/lib.sh"
#	. "$TOP/tests/support/peers-lib.sh"
#	start_postfix real
#
# What peers.sh has unpacked is run where it lies, with a configuration below $T.

PEERS=${PEERS:-$TOP/build/peers}
peers_output=$(PEERS=$PEERS "$TOP/tests/support/peers.sh") || skip "${peers_output:-peers.sh failed}"

peers_libraries() {
	local dir list=
	for dir in "$PEERS"/usr/lib/*-linux-gnu "$PEERS"/lib/*-linux-gnu "$PEERS"/usr/lib{,/postfix,/dovecot}; do
		[ ! -d "$dir" ] || list=$list${list:+:}$dir
	done
	echo "$list"
}

# run_peer NAME PROGRAM [ARGUMENT...]: in the background until the test ends. What it
# prints goes to $T/NAME.out.
run_peer() {
	local name=$1 program=$2
	shift 2
	LD_LIBRARY_PATH=$(peers_libraries) setpriv --pdeathsig TERM -- \
		"$program" "$@" >"$T/$name.out" 2>&1 </dev/null &
	pid["$name"]=$!
}

# await COMMAND...: until it succeeds, for a minute. Only for readiness of programs that
# cannot tell it in another way.
await() {
	local i
	for ((i = 0; i < 3000; i++)); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.02
	done
	fail "in vain: $*"
}

# Programs that cannot say which port they got have a fixed one, on an address of 127.0.0.0/8
# that only this test uses.
PEER_ADDRESS=127.$(($$ / 65536 % 254 + 1)).$(($$ / 256 % 256)).$(($$ % 256))
peer_ports=2525

accepts_connections() {
	(exec 3<>"/dev/tcp/$PEER_ADDRESS/$1")
}

# give_address NAME: ${host[NAME]} and ${port[NAME]}
give_address() {
	host["$1"]=$PEER_ADDRESS
	port["$1"]=$peer_ports
	peer_ports=$((peer_ports + 1))
}

# Run as root and where daemons of another user may enter $T.
peers_need_root() {
	need_root
	chmod 711 "$T"
	setpriv --reuid daemon --regid daemon --clear-groups test -x "$T" ||
		skip "needs a TMPDIR that other users may enter"
}

# --- Postfix ---------------------------------------------------------------------------

postfix_main() {
	cat <<MAIN
compatibility_level = 3.6
myhostname = real.host.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
queue_directory = $1/queue
data_directory = $1/data
command_directory = $PEERS/usr/sbin
daemon_directory = $PEERS/usr/lib/postfix/sbin
shlib_directory = no
mail_owner = daemon
setgid_group = mail
default_privs = nobody
import_environment = MAIL_CONFIG LD_LIBRARY_PATH TZ
maillog_file = $1/log
maillog_file_prefixes = /
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access inline:{ { bad@real.test = 550 5.1.1 no such user } }
message_size_limit = 200000000
virtual_mailbox_limit = 0
virtual_mailbox_domains = real.test
virtual_mailbox_base = $1/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
virtual_minimum_uid = 1
MAIN
}

# postfix_services PORT
postfix_services() {
	cat <<SERVICES
$PEER_ADDRESS:$1 inet n - n - - smtpd
pickup  unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr    unix n - n 300 1 qmgr
tlsmgr  unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce  unix - - n - 0 bounce
defer   unix - - n - 0 bounce
trace   unix - - n - 0 bounce
verify  unix - - n - 1 verify
flush   unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq   unix n - n - - showq
error   unix - - n - - error
retry   unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil   unix - - n - 1 anvil
scache  unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
SERVICES
}

postfix_directories() {
	local name
	mkdir -p "$1/queue/pid" "$1/data" "$1/mail" "$1/conf"
	chmod 755 "$1" "$1/queue" "$1/queue/pid" "$1/conf"
	for name in active bounce corrupt defer deferred flush hold incoming private saved trace; do
		mkdir -m 700 "$1/queue/$name"
		chown daemon "$1/queue/$name"
	done
	mkdir -m 730 "$1/queue/maildrop"
	mkdir -m 710 "$1/queue/public"
	chown daemon:mail "$1/queue/maildrop" "$1/queue/public"
	chown daemon "$1/data"
	chown nobody "$1/mail"
}

# prepare_postfix NAME [PARAMETER=VALUE...]: all that run_postfix needs. More services may be
# added to $T/NAME/conf/master.cf between the two.
prepare_postfix() {
	local root=$T/$1 parameter
	peers_need_root
	give_address "$1"
	postfix_directories "$root"
	postfix_main "$root" >"$root/conf/main.cf"
	for parameter in "${@:2}"; do
		sed -i "/^${parameter%%=*} = /d" "$root/conf/main.cf"
		echo "${parameter/=/ = }" >>"$root/conf/main.cf"
	done
	postfix_services "${port[$1]}" >"$root/conf/master.cf"
}

run_postfix() {
	run_peer "$1" "$PEERS/usr/lib/postfix/sbin/master" -s -c "$T/$1/conf"
	await accepts_connections "${port[$1]}"
}

# start_postfix NAME [PARAMETER=VALUE...]: a Postfix that takes mail for real.test into the
# maildir $T/NAME/mail/all and refuses bad@real.test. Its log is $T/NAME/log.
start_postfix() {
	prepare_postfix "$@"
	run_postfix "$1"
}

# How many messages Postfix has filed.
count_filed() {
	find "$T/$1/mail/all/new" -type f 2>/dev/null | wc -l
}

has_filed() {
	[ "$(count_filed "$1")" -ge "$2" ]
}

# assert_filed NAME COUNT: so many, waiting for the last one to arrive in the maildir.
assert_filed() {
	await has_filed "$1" "$2"
	assert_eq "$(count_filed "$1")" "$2" "messages in the maildir of $1"
}

# start_smtp_sink NAME [OPTION...]: Postfix's own test server, which throws away all it gets.
start_smtp_sink() {
	local name=$1
	shift
	give_address "$name"
	[ "$(id -u)" != 0 ] || set -- -u nobody "$@"
	run_peer "$name" "$PEERS/usr/sbin/smtp-sink" "$@" "$PEER_ADDRESS:${port[$name]}" 100
	await accepts_connections "${port[$name]}"
}

# --- NSD -------------------------------------------------------------------------------

nsd_conf() {
	local zone
	cat <<CONF
server:
	ip-address: $PEER_ADDRESS@$2
	username: ""
	chroot: ""
	zonesdir: "$1"
	zonelistfile: "$1/zone.list"
	xfrdfile: "$1/xfrd.state"
	xfrdir: "$1"
	database: ""
	pidfile: "$1/pid"
	server-count: 1
	verbosity: 1
remote-control:
	control-enable: no
CONF
	for zone in "$1"/*.zone; do
		zone=${zone##*/}
		printf 'zone:\n\tname: "%s"\n\tzonefile: "%s"\n' "${zone%.zone}" "$zone"
	done
}

# write_zones <<ZONES: $T/nsd/NAME.zone of each.
write_zones() {
	local root=$T/nsd
	mkdir -p "$root"
	awk -v dir="$root" '
	/^zone / {
		file = dir "/" $2 ".zone"
		print "$ORIGIN " $2 ".\n$TTL 60\n@ SOA ns.nsd.invalid. root.nsd.invalid. 1 60 60 60 60" >file
		print "@ NS ns.nsd.invalid." >file
		next
	}
	{ print >file }'
}

run_nsd() {
	give_address nsd
	nsd_conf "$T/nsd" "${port[nsd]}" >"$T/nsd/nsd.conf"
	run_peer nsd "$PEERS/usr/sbin/nsd" -d -c "$T/nsd/nsd.conf"
	await grep -q 'nsd started' "$T/nsd.out"
}

# start_nsd <<ZONES: NSD, and nullmta asks it. The input is one or more zone files, each
# behind a line "zone NAME"; SOA and NS are added.
start_nsd() {
	write_zones
	run_nsd
	export NULLMTA_DNS_NAMESERVER=$PEER_ADDRESS:${port["nsd"]}
}

# --- clients -----------------------------------------------------------------------------

need_private_root() {
	need_root
	unshare --mount true 2>/dev/null || skip "needs root that may mount"
}

# with_sendmail COMMAND...: run it where /usr/sbin/sendmail is $SENDMAIL (nullmta's). The
# machine does not see it.
with_sendmail() {
	need_private_root
	"$TOP/tests/support/private-root" --sendmail "${SENDMAIL:-$BUILD/bin/sendmail}" "$@"
}

# client NAME [ARGUMENT...]: an unpacked mail client in such a place.
client() {
	local name=$1
	shift
	with_sendmail env LD_LIBRARY_PATH="$(peers_libraries)" "$PEERS/usr/bin/$name" "$@"
}

# git with its command send-email, which is a package of its own
git_with_email() {
	PATH=$PEERS/usr/lib/git-core:$PATH PERL5LIB=$PEERS/usr/share/perl5 \
		timeout 60 git "$@"
}

# start_cron <<CRONTAB: Debian's cron with this crontab of root and no other; jobs of
# @reboot run at once. It finds nullmta as /usr/sbin/sendmail.
start_cron() {
	need_private_root
	cat >"$T/crontab"
	chmod 600 "$T/crontab"
	# shellcheck disable=SC2016  # for the inner shell
	run_peer cron "$TOP/tests/support/private-root" \
		--sendmail "${SENDMAIL:-$BUILD/bin/sendmail}" \
		--empty /var/spool --empty /run --empty /etc/crontab --empty /etc/cron.d \
		setpriv --pdeathsig TERM sh -c '
			mkdir -p /var/spool/cron/crontabs /run/lock
			cp -p "$1" /var/spool/cron/crontabs/root
			exec "$2" -f' sh "$T/crontab" "$PEERS/usr/sbin/cron"
}

# --- languages -----------------------------------------------------------------------------

# first PATH...: the first that exists; for programs and files with a version in their names,
# which are the machine's own where it has them.
first() {
	local path
	for path; do
		[ ! -e "$path" ] || break
	done
	echo "$path"
}

# joined PATH...: those that exist, with colons between.
joined() {
	local path list=
	for path; do
		[ ! -e "$path" ] || list=$list${list:+:}$path
	done
	echo "$list"
}

# php [ARGUMENT...]: without a php.ini, with the libraries that peers.sh has unpacked.
php() {
	local name extensions=()
	for name in ctype iconv intl mbstring; do
		extensions+=(-d "extension=$(first {"$PEERS",}/usr/lib/php/20*/"$name".so)")
	done
	LD_LIBRARY_PATH=$(peers_libraries) timeout 60 "$(first {"$PEERS",}/usr/bin/php[0-9]*)" -n \
		"${extensions[@]}" -d include_path="$PEERS/usr/share/php:/usr/share/php" "$@"
}

ruby() {
	LD_LIBRARY_PATH=$(peers_libraries) timeout 60 env RUBYLIB="$(joined \
		{"$PEERS",}/usr/lib/ruby/vendor_ruby {"$PEERS",}/usr/lib/ruby/3* \
		{"$PEERS",}/usr/lib/*/ruby/3* {"$PEERS",}/usr/lib/ruby/gems/*/gems/*/lib \
		{"$PEERS",}/usr/share/rubygems-integration/all/gems/*/lib)" \
		"$(first {"$PEERS",}/usr/bin/ruby[0-9]*)" --disable-gems "$@"
}

# the machine's perl, with unpacked modules
perl_with_modules() {
	LD_LIBRARY_PATH=$(peers_libraries) PERL5LIB=$(joined \
		"$PEERS/usr/share/perl5" "$PEERS"/usr/lib/*/perl5/*) timeout 60 perl "$@"
}
