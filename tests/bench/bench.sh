#!/usr/bin/env bash
# Print what nullmta costs, beside what the least possible program costs on this machine at
# this moment: bench.sh [FIGURE...]
#
# Without names all figures are printed. Everything stays on loopback and below $BUILD/bench;
# a busy machine makes every figure useless, so nothing else should run meanwhile.
set -euo pipefail

TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$(cd "${BUILD:-$TOP/build}" && pwd)
tools=$BUILD/bench
work=$(mktemp -d "$tools/work.XXXXXX")
sink_pid=
dns_pid=

finish() {
	stop_sink >/dev/null
	[ -z "$dns_pid" ] || kill "$dns_pid" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

while read -r name; do
	unset "$name"
done < <(compgen -e NULLMTA_ || true)
: >"$work/conf"
export NULLMTA_CONF=$work/conf NULLMTA_LOG=none NULLMTA_HOSTNAME=bench.example
export NULLMTA_DOMAIN=bench.example NULLMTA_MAILBOX_PATH=$work/mbox LC_ALL=C TZ=UTC
export NULLMTA_LOCAL_ALIASES=none
sendmail=$BUILD/bin/sendmail
nullmta=$BUILD/bin/nullmta

# --- printing ----------------------------------------------------------------------

# row FIGURE OURS BARE GOAL: with two numbers the ratio, too; "-" is nothing to compare.
row() {
	local ratio=-
	[ -n "$2" ] && [ -n "$3" ] || exit 1
	if [ "$3" != - ]; then
		ratio=$(awk "BEGIN { printf \"%.2f\", $2 / $3 }")
	fi
	printf '%-44s %12s %12s %8s   %s\n' "$1" "$2" "$3" "$ratio" "$4"
}

# field NAME TEXT: the value behind NAME= in what measure, sink or bare-drain printed.
field() {
	local word
	case $2 in
	*failed=[1-9]*)
		echo "bench: runs failed: $2" >&2
		return 1
		;;
	esac
	for word in $2; do
		[ "${word%%=*}" != "$1" ] || { echo "${word#*=}" && return; }
	done
	echo "bench: no $1 in '$2'" >&2
	return 1
}

# per TOTAL COUNT: a quotient with three digits behind the point.
per() {
	awk "BEGIN { printf \"%.3f\", $1 / $2 }"
}

# best_of NAME OP COMMAND...: the lowest (<) or highest (>) NAME of several rounds of COMMAND.
# Noise only ever adds.
best_of() {
	local name=$1 op=$2 best='' value round
	shift 2
	for ((round = 0; round < 5; round++)); do
		value=$(field "$name" "$("$@")")
		if [ -z "$best" ] || awk "BEGIN { exit !($value $op $best) }"; then
			best=$value
		fi
	done
	echo "$best"
}

# --- queues and peers --------------------------------------------------------------

# An empty queue of ours, and one of the bare program's.
new_queue() {
	rm -rf "$work/spool" "$work/bare"
	export NULLMTA_SPOOL=$work/spool
	mkdir -p "$work/bare/tmp" "$work/bare/new"
	"$sendmail" -odq a@dest.example <"$work/letter"
	template=$(find "$work/spool/new" -type f)
	mv "$template" "$work/template"
	template_id=${template##*/}
}

# fill COUNT DIRECTORY [SUFFIX [DOMAINS]]: that many messages, for DOMAINS domains in turn.
# Only ever digits behind the first letters of an id that nullmta made itself.
fill() {
	mkdir -p "$2"
	awk -v count="$1" -v to="$2" -v suffix="${3:-}" -v domains="${4:-0}" \
		-v id="$template_id" '
	{ text = text $0 "\n" }
	END {
		at = index(text, id)
		before = substr(text, 1, at - 1)
		text = substr(text, at + length(id))
		at = index(text, "@dest.example>") # of the envelope
		between = substr(text, 1, at)
		text = substr(text, at + 1 + length("dest.example"))
		for (i = 0; i < count; i++) {
			name = substr(id, 1, 9) sprintf("%05d", i)
			file = to "/" name suffix
			domain = domains ? "d" i % domains ".example" : "dest.example"
			printf "%s%s%s%s%s", before, name, between, domain, text >file
			close(file)
		}
	}' "$work/template"
	sync
}

# The content of messages alone, as the bare client sends them.
fill_bare() {
	rm -rf "$work/bare/new"
	mkdir -p "$work/bare/new"
	sed '1,/^$/d' "$work/template" >"$work/content"
	seq "$1" | xargs -I{} -P 2 cp "$work/content" "$work/bare/new/{}"
	sync
}

# A relay that keeps nothing; its options are those of sink.
start_sink() {
	# what the last one said is not to be read again
	: >"$work/sink"
	"$tools/sink" "$@" >>"$work/sink" &
	sink_pid=$!
	until grep -q port= "$work/sink"; do sleep 0.01; done
	port=$(field port "$(cat "$work/sink")")
	export NULLMTA_RELAY=127.0.0.1:$port
}

stop_sink() {
	[ -n "$sink_pid" ] || return 0
	kill "$sink_pid" 2>/dev/null || true
	wait "$sink_pid" || true
	sink_pid=
	unset NULLMTA_RELAY
	tail -n 1 "$work/sink"
}

measure() {
	"$tools/measure" "$@"
}

# --- figures: submission -----------------------------------------------------------

figure_submission() {
	local ours bare
	new_queue
	bare=$(best_of wall_ms '<' measure -n 100 -i "$work/letter" "$tools/bare-submit" "$work/bare")
	ours=$(best_of wall_ms '<' measure -n 100 -i "$work/letter" "$sendmail" -odq a@dest.example)
	row "submission of 2 KB, ms" "$ours" "$bare" "at most 1.4 times"
	row "  resident, KB" \
		"$(field rss_kb "$(measure -i "$work/letter" "$sendmail" -odq a@dest.example)")" \
		"$(field rss_kb "$(measure -i "$work/letter" "$tools/bare-submit" "$work/bare")")" \
		"at most 2048"
	row "  libraries" "$(readelf -d "$nullmta" | grep -c NEEDED)" - "2"
}

figure_calls() {
	command -v strace >/dev/null || return 0
	new_queue
	strace -f -c -o "$work/strace" "$sendmail" -odq a@dest.example <"$work/letter"
	row "submission, system calls" "$(awk '$NF == "total" { print $4 }' "$work/strace")" \
		- "at most 60"
	row "  syncs" "$(awk '$NF ~ /^(fsync|fdatasync)$/ { n += $4 } END { print n + 0 }' \
		"$work/strace")" - "2"
}

figure_eight() {
	local ours bare
	new_queue
	bare=$(best_of rate '>' measure -n 400 -j 8 -i "$work/letter" "$tools/bare-submit" "$work/bare")
	ours=$(best_of rate '>' measure -n 400 -j 8 -i "$work/letter" "$sendmail" -odq a@dest.example)
	row "8 submitters at once, messages/s" "$ours" "$bare" "at least 0.5"
}

figure_full_queue() {
	local ours bare
	new_queue
	fill 100000 "$work/spool/new"
	bare=$(best_of wall_ms '<' measure -n 100 -i "$work/letter" "$tools/bare-submit" "$work/bare")
	ours=$(best_of wall_ms '<' measure -n 100 -i "$work/letter" "$sendmail" -odq a@dest.example)
	row "submission, 100 000 messages queued, ms" "$ours" "$bare" "at most 1.4 times"
}

figure_large() {
	local ours bare
	new_queue
	letter_of 100000000 >"$work/large"
	export NULLMTA_MESSAGE_SIZE=200m
	bare=$(best_of wall_ms '<' measure -i "$work/large" "$tools/bare-submit" "$work/bare")
	rm -f "$work/bare/new/"*
	ours=$(best_of wall_ms '<' measure -i "$work/large" "$sendmail" -odq a@dest.example)
	row "submission of 100 MB, ms" "$ours" "$bare" "at most 1.3 times"
	rm -f "$work/spool/new/"*
	row "  resident, KB" \
		"$(field rss_kb "$(measure -i "$work/large" "$sendmail" -odq a@dest.example)")" - "at most 3072"

	start_sink
	if command -v strace >/dev/null; then
		strace -f -e trace=write,writev,sendto,sendmsg -e status=successful -o "$work/strace" \
			"$nullmta" flush --now
		row "  delivery, octets a write" "$(awk '/= [0-9]+$/ && $NF >= 1000 { n++; sum += $NF }
			END { printf "%d", n ? sum / n : 0 }' "$work/strace")" - "at least 32768"
		"$sendmail" -odq a@dest.example <"$work/large"
	fi
	row "  delivery, resident, KB" "$(field rss_kb "$(measure "$nullmta" flush --now)")" - "at most 8192"
	stop_sink >/dev/null
	unset NULLMTA_MESSAGE_SIZE
}

figure_session() {
	local ours bare
	new_queue
	bare=$(best_of wall_ms '<' measure -n 1000 -i "$work/letter" "$sendmail" -odq a@dest.example)
	rm -f "$work/spool/new/"*
	ours=$(best_of wall_ms '<' "$tools/session" 1000 "$work/letter" "$sendmail" -odq -bs)
	row "1000 of 2 KB by -bs, ms each (bare: sendmail)" "$ours" "$bare" "at most 0.9 times"
}

# encoded NAME LINE SINK_OPTION...: 100 MB of that line to a host that cannot take it as it is.
encoded() {
	local ours
	start_sink "${@:3}"
	repeat 100000000 "$2" >"$work/large"
	"$sendmail" -odq a@dest.example <"$work/large"
	ours=$(measure "$nullmta" flush --now)
	stop_sink >/dev/null
	row "  $1" "$(per 100000 "$(field wall_ms "$ours")")" - "at least 100 MB/s"
	row "    resident, KB" "$(field rss_kb "$ours")" - "at most 8192"
}

figure_encode() {
	local raw line
	new_queue
	export NULLMTA_MESSAGE_SIZE=200m
	start_sink
	rm -f "$work/spool/new/"*
	letter_of 100000000 >"$work/large"
	"$sendmail" -odq a@dest.example <"$work/large"
	raw=$(measure "$nullmta" flush --now)
	stop_sink >/dev/null
	row "delivery of 100 MB as it is, MB/s" "$(per 100000 "$(field wall_ms "$raw")")" - ""
	line='Größere Wörter, über viele Zeilen verteilt, für ältere Rechner; a = b.'
	encoded "UTF-8 for a host of 7 bits" "$line" --seven-bits
	line=$(printf '%5000s' ' ' | sed 's/    / x =/g')
	encoded "lines of 5000" "$line"
	line=$(printf '\001\0220\352abc%300s\200\377' '' | tr ' ' '\347')
	encoded "octets of all kinds for a host of 7 bits" "$line" --seven-bits
	unset NULLMTA_MESSAGE_SIZE
}

# --- figures: delivery -------------------------------------------------------------

figure_drain() {
	local bare synced ours
	new_queue
	start_sink
	fill_bare 1000
	bare=$("$tools/bare-drain" "$port" "$work/bare/new")
	fill_bare 1000
	synced=$("$tools/bare-drain" -s "$port" "$work/bare/new")
	stop_sink >/dev/null
	start_sink
	fill 1000 "$work/spool/new"
	ours=$(measure "$nullmta" flush --now)
	stop_sink >"$work/seen"
	row "drain of 1000 x 2 KB, messages/s" "$(per 1000000 "$(field wall_ms "$ours")")" \
		"$(field rate "$bare")" "at least 0.5"
	row "  the bare client synced as we are" "$(per 1000000 "$(field wall_ms "$ours")")" \
		"$(field rate "$synced")" ""
	row "  CPU a message, ms" "$(per "$(field cpu_ms "$ours")" 1000)" \
		"$(field cpu_ms "$bare")" "at most 0.4"
	row "  connections" "$(field most_at_once "$(cat "$work/seen")")" 1 "at most 4"
}

# All over one connection, TLS or not; "bare" is nullmta itself in clear.
figure_tls() {
	local clear ours round
	"$BUILD/support/certify" "$work/server.pem" --address 127.0.0.1 >/dev/null
	export NULLMTA_DELIVERY_PER_DESTINATION=1
	for ((round = 0; round < 3; round++)); do
		drain_one
		clear=$(faster "${clear:-}" "$drained")
		drain_one --tls "$work/server.pem"
		ours=$(faster "${ours:-}" "$drained")
	done
	unset NULLMTA_DELIVERY_PER_DESTINATION
	row "one connection, TLS beside clear, messages/s" \
		"$(per 1000000 "$(field wall_ms "$ours")")" \
		"$(per 1000000 "$(field wall_ms "$clear")")" "at least 0.8"
	row "  resident, KB" "$(field rss_kb "$ours")" "$(field rss_kb "$clear")" "at most 16384"
	row "  connections" "$(field connections "$(cat "$work/seen")")" 1 "1"
}

# drain_one [OPTION of sink]: 1000 messages, as the next one of a series; what measure said
# goes to $drained.
drain_one() {
	new_queue
	fill 1000 "$work/spool/new"
	start_sink "$@"
	if [ $# -gt 0 ]; then
		export NULLMTA_RELAY=smtps://127.0.0.1:$port
		export NULLMTA_RELAY_TLS=verify NULLMTA_RELAY_TLS_CA=$work/server.pem
	fi
	drained=$(measure "$nullmta" flush --now)
	unset NULLMTA_RELAY_TLS NULLMTA_RELAY_TLS_CA
	stop_sink >"$work/seen"
	[ "$(field messages "$(cat "$work/seen")")" = 1000 ]
}

# faster A B: what measure said of the faster run; A may be empty.
faster() {
	if [ -n "$1" ] && awk "BEGIN { exit !($(field wall_ms "$1") < $(field wall_ms "$2")) }"; then
		echo "$1"
	else
		echo "$2"
	fi
}

figure_far() {
	local seen connections
	new_queue
	start_sink --delay-ms 20
	fill 400 "$work/spool/new"
	measure "$nullmta" flush --now >/dev/null
	seen=$(stop_sink)
	connections=$(field most_at_once "$seen")
	row "20 ms away: messages/s and connection" \
		"$(per "$(per "$(field messages "$seen")" "$(field seconds "$seen")")" "$connections")" \
		50 "about 45"
	row "  round trips a message" \
		"$(per "$(field batches "$seen")" "$(field messages "$seen")")" 1 "at most 1, and each login"
}

figure_domains() {
	local ours i
	[ -x "$BUILD/support/dns-server" ] || return 0
	new_queue
	start_sink
	unset NULLMTA_RELAY
	for i in $(seq 0 99); do
		echo "d$i.example MX 10 mx.host.example"
	done >"$work/zone"
	echo "mx.host.example A 127.0.0.1" >>"$work/zone"
	"$BUILD/support/dns-server" --zone "$work/zone" --log "$work/queries" >"$work/dns" &
	dns_pid=$!
	until [ -s "$work/dns" ]; do sleep 0.01; done
	fill 1000 "$work/spool/new" "" 100
	ours=$(NULLMTA_DNS_NAMESERVER=127.0.0.1:$(grep -o '[0-9]*$' "$work/dns") \
		NULLMTA_DELIVERY_PORT=$port NULLMTA_DELIVERY_LOCAL_HOSTS=yes \
		measure "$nullmta" flush --now)
	kill "$dns_pid"
	dns_pid=
	stop_sink >"$work/seen"
	row "100 domains x 10 by MX, messages/s" "$(per 1000000 "$(field wall_ms "$ours")")" - "at least 1500"
	row "  delivered" "$(field messages "$(cat "$work/seen")")" 1000 "all"
	row "  MX lookups" "$(grep -c ' MX ' "$work/queries")" 100 "one a domain"
}

figure_dead() {
	local ours
	new_queue
	# a port on which nobody listens any more
	start_sink
	stop_sink >/dev/null
	export NULLMTA_RELAY=127.0.0.1:$port
	fill 10000 "$work/spool/new"
	ours=$(measure "$nullmta" flush --now)
	row "dead host, 10 000 messages: CPU ms of a run" "$(field cpu_ms "$ours")" - "at most 500"
	if command -v strace >/dev/null; then
		strace -f -e trace=connect -o "$work/strace" "$nullmta" flush --now || true
		row "  connection attempts" "$(grep -c "htons($port)" "$work/strace")" - "1"
	fi
	row "  processes left" "$(pgrep -c -f "$work/spool" || true)" - "0"
	unset NULLMTA_RELAY
}

# --- figures: a long queue ---------------------------------------------------------

figure_waiting() {
	new_queue
	fill 100000 "$work/spool/cur" ":$(($(date +%s) + 3600)).3"
	row "run over 100 000 that are not due: CPU ms" \
		"$(field cpu_ms "$(measure "$nullmta" flush)")" - "at most 200"
	local ours
	ours=$(measure "$BUILD/bin/mailq")
	row "mailq over 100 000: CPU ms" "$(field cpu_ms "$ours")" - "at most 1000"
	row "  resident, KB" "$(field rss_kb "$ours")" - "at most 4096"
}

# --- figures: many users -----------------------------------------------------------

as_root() {
	[ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null
}

as_machine() {
	unshare --mount --pid --fork --mount-proc --kill-child "$TOP/tests/bench/users.sh" "$1"
}

figure_users() {
	local ours
	as_root || return 0
	ours=$(BUILD=$BUILD as_machine idle)
	row "system flush over 1000 users, nothing due, ms" "$(field wall_ms "$ours")" - "at most 500"
	row "  CPU ms" "$(field cpu_ms "$ours")" - ""
}

# kicked WHAT TITLE: 200 submissions a second
kicked() {
	local ours
	ours=$(BUILD=$BUILD as_machine "$1")
	row "$2: late, s" "$(field late_s "$ours")" - "kept up: 0"
	row "  flush processes, workers included" "$(field processes "$ours")" - "less than 100"
	row "  resident in total, KB" "$(field rss_kb "$ours")" - "at most 40960"
}

# KICKS_SECONDS=60 for the whole minute that the goal is about.
figure_kicks() {
	as_root || return 0
	kicked kicks "200 submissions/s by 4 users, kicked"
	kicked alone "200 submissions/s, without a socket"
}

# -----------------------------------------------------------------------------------

# repeat OCTETS LINE: a message with about that much of this text.
repeat() {
	printf 'Subject: bench\nFrom: a@bench.example\nTo: a@dest.example\n\n'
	head -c "$1" < <(yes "$2")
	echo
}

letter_of() {
	repeat "$1" 'All work and no play makes a dull benchmark of it, and so on, and on.'
}
letter_of 1900 >"$work/letter"

[ $# -gt 0 ] || set -- submission calls eight full_queue session drain tls far domains dead waiting large \
	encode users kicks
for figure; do
	declare -F "figure_$figure" >/dev/null || {
		echo "bench: no figure '$figure'; there are:" \
			"$(declare -F | sed -n 's/.* figure_//p' | tr '\n' ' ')" >&2
		exit 2
	}
done

echo "load $(cut -d ' ' -f 1 /proc/loadavg), $(nproc) cores, queue on $(stat -f -c %T "$work")"
printf '%-44s %12s %12s %8s   %s\n' figure nullmta bare ratio goal
for figure; do
	"figure_$figure"
done
