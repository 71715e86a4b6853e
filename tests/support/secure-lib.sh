# shellcheck shell=bash disable=SC2034,SC2154  # host, port and pid are of lib.sh
# Real DNSSEC and real HTTPS for end-to-end tests, on top of tests/support/peers-lib.sh:
# zones signed by ldns and served by NSD, Unbound that validates them, nginx with policies.

# --- DNSSEC ------------------------------------------------------------------------------

peer_run() {
	LD_LIBRARY_PATH=$(peers_libraries) "$@"
}

# sign_zone NAME [OPTION of ldns-signzone...]: $T/nsd/NAME.zone, and its keys as anchors.
sign_zone() {
	local zone=$1 ksk zsk
	shift
	(
		cd "$T/nsd"
		ksk=$(peer_run "$PEERS/usr/bin/ldns-keygen" -k -a ECDSAP256SHA256 "$zone")
		zsk=$(peer_run "$PEERS/usr/bin/ldns-keygen" -a ECDSAP256SHA256 "$zone")
		peer_run "$PEERS/usr/bin/ldns-signzone" "$@" -f "$zone.signed" \
			"$zone.zone" "$ksk" "$zsk"
		cat "$ksk.key" >>anchors
		mv "$zone.signed" "$zone.zone"
	) >"$T/nsd/sign.out" 2>&1 || fail "cannot sign $zone: $(cat "$T/nsd/sign.out")"
}

unbound_conf() {
	local zone name
	cat <<CONF
server:
	interface: $PEER_ADDRESS@${port[unbound]}
	port: ${port[unbound]}
	do-ip6: no
	access-control: 127.0.0.0/8 allow
	do-not-query-localhost: no
	module-config: "validator iterator"
	trust-anchor-file: "$T/nsd/anchors"
	username: ""
	chroot: ""
	directory: "$T/nsd"
	pidfile: "$T/nsd/unbound.pid"
	use-syslog: no
	logfile: ""
	verbosity: 1
	num-threads: 1
	local-zone: "test." nodefault
remote-control:
	control-enable: no
CONF
	for zone in "$T"/nsd/*.zone; do
		name=${zone##*/}
		printf 'stub-zone:\n\tname: "%s"\n\tstub-addr: %s@%s\n' \
			"${name%.zone}" "$PEER_ADDRESS" "${port[nsd]}"
	done
}

# start_dnssec <<ZONES: what start_nsd does, with Unbound in front, which validates and which
# nullmta asks. Behind the name of a zone may stand what becomes of it:
#	zone NAME plain        not signed; so it is without a word, too
#	zone NAME signed
#	zone NAME expired      signed, but no longer
#	zone NAME nodenial     signed, and nothing proves what does not exist
start_dnssec() {
	local input name how
	input=$(cat)
	write_zones <<<"$input"
	: >"$T/nsd/anchors"
	while read -r _ name how; do
		case $how in
		signed) sign_zone "$name" ;;
		expired) sign_zone "$name" -i 20200101 -e 20200201 ;;
		nodenial)
			sign_zone "$name"
			grep -vE '[[:space:]](NSEC|RRSIG[[:space:]]+NSEC)[[:space:]]' \
				"$T/nsd/$name.zone" >"$T/nsd/less"
			mv "$T/nsd/less" "$T/nsd/$name.zone"
			;;
		esac
	done < <(grep '^zone ' <<<"$input")
	run_nsd
	give_address unbound
	unbound_conf >"$T/nsd/unbound.conf"
	run_peer unbound "$PEERS/usr/sbin/unbound" -d -c "$T/nsd/unbound.conf"
	await grep -q 'start of service' "$T/unbound.out"
	export NULLMTA_DNS_NAMESERVER=$PEER_ADDRESS:${port["unbound"]}
}

# tlsa USAGE SELECTOR MATCHING FILE.pem: the data of a TLSA record for the first certificate.
tlsa() {
	local what
	if [ "$2" = 0 ]; then
		what=$(openssl x509 -in "$4" -outform DER | od -An -v -tx1 | tr -d ' \n')
	else
		what=$(openssl x509 -in "$4" -noout -pubkey | openssl pkey -pubin -outform DER |
			od -An -v -tx1 | tr -d ' \n')
	fi
	case $3 in
	1) what=$(digest 256 "$what") ;;
	2) what=$(digest 512 "$what") ;;
	esac
	echo "$1 $2 $3 $what"
}

# digest BITS HEX
digest() {
	local octets
	octets=$(fold -w 2 <<<"$2" | sed 's/^/\\x/' | tr -d '\n')
	# shellcheck disable=SC2059  # the octets are the format
	printf "$octets" | "sha${1}sum" | cut -d ' ' -f 1
}

# --- HTTPS -------------------------------------------------------------------------------

# start_nginx CERTIFICATE.pem: HTTPS with this certificate for all names; of each host it
# serves what lies in $T/www/HOST. Hosts below moved.test send to good.test, those below
# html.test call all of it HTML.
start_nginx() {
	local root=$T/nginx
	give_address nginx
	mkdir -p "$root" "$T/www"
	cat >"$root/nginx.conf" <<CONF
daemon off;
master_process off;
pid $root/pid;
error_log stderr;
events { worker_connections 64; }
http {
	access_log $root/access;
	types { text/plain txt; }
	default_type text/html;
	client_body_temp_path $root/body;
	proxy_temp_path $root/proxy;
	fastcgi_temp_path $root/fastcgi;
	uwsgi_temp_path $root/uwsgi;
	scgi_temp_path $root/scgi;
	ssl_certificate $1;
	ssl_certificate_key $1;
	root $T/www/\$host;
	server {
		listen $PEER_ADDRESS:${port[nginx]} ssl;
	}
	server {
		listen $PEER_ADDRESS:${port[nginx]} ssl;
		server_name *.moved.test;
		return 301 https://mta-sts.good.test\$request_uri;
	}
	server {
		listen $PEER_ADDRESS:${port[nginx]} ssl;
		server_name *.html.test;
		types { text/html txt; }
	}
}
CONF
	run_peer nginx "$PEERS/usr/sbin/nginx" -c "$root/nginx.conf" -e stderr
	await accepts_connections "${port[nginx]}"
	export NULLMTA_MTA_STS_PORT=${port["nginx"]}
}

# publish DOMAIN <<TEXT: what the host of its policy says.
publish() {
	mkdir -p "$T/www/mta-sts.$1/.well-known"
	cat >"$T/www/mta-sts.$1/.well-known/mta-sts.txt"
}

# publish_policy DOMAIN MODE MX...
publish_policy() {
	publish "$1" < <(
		printf 'version: STSv1\r\nmode: %s\r\nmax_age: 86400\r\n' "$2"
		[ $# = 2 ] || printf 'mx: %s\r\n' "${@:3}"
	)
}

# How often a policy was fetched, or asked for in vain.
count_fetches() {
	grep -c 'GET /.well-known/mta-sts.txt' "$T/nginx/access" || true
}
