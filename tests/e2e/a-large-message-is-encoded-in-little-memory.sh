#!/usr/bin/env bash
# A message is re-encoded as it is sent: memory does not grow with it, and it is fast.
. "$(dirname "$0")/lib.sh"
need python3

start_receiver seven --without 8BITMIME
use_relay seven
export NULLMTA_MESSAGE_SIZE=1g

# measure COMMAND...: kilobytes of the largest process under it, and seconds.
measure() {
	python3 - "$@" <<'END'
import resource, subprocess, sys, time
begun = time.monotonic()
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, time.monotonic() - begun)
END
}

# send_large MEGABYTES: prints what `measure` says of its delivery.
send_large() {
	{
		printf 'Subject: large\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n'
		printf -- '--b\nContent-Type: text/plain; charset=utf-8\n\n'
		yes 'Eine Zeile mit größeren Wörtern, wie sie in Briefen vorkommt; a = b.' |
			head -c "$(($1 * 500000))" || true
		printf '\n--b\nContent-Type: application/octet-stream\n\n'
		yes "$(head -c 60000 /dev/urandom | tr -d '\r\0')" 2>/dev/null |
			head -c "$(($1 * 500000))" || true
		printf '\n--b--\n'
	} >"$T/large"
	exits 0 sendmail -odq -i -f sender@client.test rcpt@dest.test <"$T/large"
	measure sendmail -q
	assert_queued 0
}

read -r small_kb small_s < <(send_large 1)
read -r large_kb large_s < <(send_large 60)
assert_delivered seven 2
echo "1 MB: $small_kb KiB, $small_s s; 60 MB: $large_kb KiB, $large_s s"
[ "$large_kb" -lt $((small_kb + 2000)) ] || fail "$large_kb KiB for 60 MB, $small_kb for 1 MB"
[ "$large_kb" -lt 20000 ] || fail "$large_kb KiB"
python3 "$TOP/tests/support/same_meaning.py" --seven "$T/large" "$(content seven 2)" ||
	fail "not what was given"
