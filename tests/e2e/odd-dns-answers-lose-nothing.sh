#!/usr/bin/env bash
# shellcheck disable=SC2317  # functions that are started in the background
# Rows 143 to 153 of the bad input: what DNS may say about a domain.
. "$(dirname "$0")/lib.sh"

zone() {
	cat <<'ZONE'
good.test       MX  10 mx.host.test
mx.host.test    A   127.0.0.1

servfail.test   MX  !servfail
refused.test    MX  !refused
silent.test     MX  !timeout
question.test   MX  !wrongquestion
wrongid.test    MX  !wrongid
nohost.test     MX  10 broken.host.test
broken.host.test ANY !servfail

implicit.test   A   127.0.0.1
nothing.test    TXT "no mail here"
null.test       MX  0 .
nullish.test    MX  0 .
nullish.test    MX  10 mx.host.test

empty.test      MX  \# 0
one.test        MX  \# 1 00
two.test        MX  \# 2 000a
count.test      MX  !raw 8180 0001 00ff 0000 0000 Q c00c 000f 0001 0000003c 0004 000a c00c
cut.test        MX  !raw 8180 0001 0001 0000 0000 Q c00c 000f 0001 0000003c 0014 000a 026d
pointer.test    MX  !raw 8180 0001 0001 0000 0000 Q c00c 000f 0001 0000003c 0004 000a c02c
head.test       MX  !raw 8180

bad.test        MX  5 a\001b.test
bad.test        MX  6 -x.test
bad.test        MX  7 192.0.2.1
some.test       MX  5 a\001b.test
some.test       MX  6 -x.test
some.test       MX  7 192.0.2.1
some.test       MX  8 nowhere.test
some.test       MX  9 mx.host.test

tcp.test        MX  !truncate
tcp.test        MX  10 mx.host.test
loop.test       CNAME loop2.test
loop2.test      CNAME loop.test
alias.test      CNAME alias2.test
alias2.test     CNAME good.test
mxalias.test    MX  10 mx.alias.test
mx.alias.test   CNAME mx.host.test

six.test        MX  10 mx6.host.test
mx6.host.test   AAAA ::1
nosix.test      MX  10 dead6.host.test
nosix.test      MX  20 mx.host.test
dead6.host.test AAAA 100::1
pair.test       MX  10 mx.host.test
pair.test       MX  10 mx2.host.test
mx2.host.test   A   127.0.0.2
ZONE
	# more than a datagram, more than anybody needs; the best one works
	echo "many.test MX 1 mx.host.test"
	seq -f 'many.test MX 100 a-long-name-that-fills-the-answer-%g.host.test' 900
	seq -f 'chain%g.test CNAME' 50 | awk '{ print $1, $2, "chain" NR + 1 ".test" }'
	echo "chain51.test MX 10 mx.host.test"
}

has_ipv6() {
	[ -e /proc/net/if_inet6 ] && grep -q '^0*1 ' /proc/net/if_inet6
}

start_dns < <(zone)
listen=(--listen 127.0.0.1:0 --listen 127.0.0.2:0)
! has_ipv6 || listen+=(--listen '[::1]:0')
start_receiver mx "${listen[@]}"
use_mx mx

# domain NAME FATE STATUS: one message to it, in a home of its own, beside the others.
domains=()
domain() {
	domains+=("$1")
	ask "$@" >"$TEST/$1.out" 2>&1 &
}

ask() {
	set_home "$TEST/$1"
	case $2 in
	failed) code='6[79]' ;;
	*) code=0 ;;
	esac
	letter >"$T/letter"
	exits "$code" sendmail -odi -f sender@client.test "user@$1" <"$T/letter"
	case $2 in
	sent) assert_log delivered && assert_queued 0 && assert_reports 0 ;;
	failed) assert_log failed "status=$3" && assert_queued 0 && assert_reports 1 "Status: $3" ;;
	deferred) assert_queued 1 && assert_reports 0 && assert_remembered "$3" ;;
	esac
	: >"$TEST/$1.done"
}

# Beside the message or in the host memory: the reason stands with its status.
assert_remembered() {
	[ "$(count_log deferred "status=$1")" = 0 ] || return 0
	# shellcheck disable=SC2053  # a glob is meant
	[[ $(host_status) == $1 ]] || fail "the host memory says: $(cat "$T/spool/state/hosts")"
}

domain silent.test deferred 4.4.3
domain question.test deferred 4.4.3
domain wrongid.test deferred 4.4.3
domain servfail.test deferred 4.4.3
domain refused.test deferred 4.4.3
domain nohost.test deferred '4.4.[34]'
domain unheard-of.test failed 5.1.2
domain implicit.test sent
domain nothing.test failed 5.4.4
domain null.test failed 5.1.10
domain nullish.test sent
for name in empty one two count cut pointer head; do
	domain "$name.test" deferred '4.*'
done
domain bad.test deferred '4.*'
domain some.test sent
domain tcp.test sent
domain many.test sent
domain loop.test deferred '4.*'
domain chain1.test deferred '4.*'
domain alias.test sent
domain mxalias.test sent
domain nosix.test sent
! has_ipv6 || domain six.test sent

mapfile -t running < <(jobs -p)
wait "${running[@]}" || true
number=0
bad=0
echo "1..$((${#domains[@]} + 3))"
for name in "${domains[@]}"; do
	number=$((number + 1))
	if [ -e "$TEST/$name.done" ]; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$TEST/$name.out"
		bad=1
	fi
done
[ "$bad" = 0 ] || exit 1

# Row 151: hosts of equal preference share the load.
set_home "$TEST/pair"
letter >"$T/letter"
for ((i = 0; i < 25; i++)); do
	exits 0 sendmail -odi -f sender@client.test user@pair.test <"$T/letter"
done
both=$(cat "$TEST"/mx/*.env | grep '^at ' | sort -u | grep -c '127.0.0.[12]')
assert_eq "$both" 2 "hosts of equal preference that were used"
echo "ok $((number + 1)) - equal preferences"

# Row 152: the best MX is this machine, and that is no place to send to.
set_home "$TEST/self"
letter >"$T/letter"
NULLMTA_DELIVERY_LOCAL_HOSTS=no \
	exits '6[79]' sendmail -odi -f sender@client.test user@good.test <"$T/letter"
assert_reports 1 'Status: 5.4.6'
assert_queued 0
echo "ok $((number + 2)) - the best MX is this machine"

# A domain is looked up once a run, however many messages wait for it.
set_home "$TEST/once"
letter >"$T/letter"
for ((i = 0; i < 5; i++)); do
	exits 0 sendmail -odq -f sender@client.test "user$i@good.test" <"$T/letter"
done
before=$(grep -c '^good.test MX' "$TEST/queries" || true)
flush
assert_queued 0
assert_eq "$(($(grep -c '^good.test MX' "$TEST/queries") - before))" 1 "lookups of a domain"
echo "ok $((number + 3)) - one lookup a domain and run"
