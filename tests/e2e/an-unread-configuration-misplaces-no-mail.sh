#!/usr/bin/env bash
# A configuration that this machine cannot read just now may say where the spool is: a submission
# fails with 75 then. What it would queue elsewhere, no run would ever look for.
. "$(dirname "$0")/lib.sh"

need_root
unshare --mount true 2>/dev/null || skip "needs root that may mount"

# A machine of which passwd and /var/spool are ours alone.
mkdir -p "$T/home" "$T/empty"
echo "root:x:0:0:root:$T/home:/bin/sh" >"$T/passwd"
cat >"$T/inside" <<INSIDE
#!/bin/sh
set -e
mount --bind "$T/passwd" /etc/passwd
mount --bind "$T/empty" /var/spool
exec "\$@"
INSIDE
chmod 755 "$T/inside"
unset NULLMTA_SPOOL
printf '[spool]\ndir = %s/spool\n' "$T" >"$NULLMTA_CONF"
letter >"$T/letter"

# a leak check needs ptrace for itself
export ASAN_OPTIONS=detect_leaks=0

# failing ERROR CALL NUMBER: submit while this call fails.
failing() {
	unshare --mount "$T/inside" at-syscall --after poll --calls "$2" "$1" "$3" \
		sendmail -odq rcpt@dest.test <"$T/letter" >"$T/stdout"
}

stored=0
refused=0
for fault in EMFILE:openat EIO:openat EIO:read ENOMEM:newfstatat; do
	for number in 1 2 3 4 5 6 7 8 9; do
		code=0
		failing "${fault%:*}" "${fault#*:}" "$number" 2>"$T/stderr" || code=$?
		[ "$code" != 77 ] || skip "$(cat "$T/stdout")"
		case $code in
		0) stored=$((stored + 1)) ;;
		74 | 75) refused=$((refused + 1)) ;;
		*) fail "exit code $code: $(cat "$T/stderr")" ;;
		esac
		assert_eq "$(find "$T/home" "$T/empty" -type f)" '' "mail in another place ($fault $number)"
		assert_eq "$(find "$T/spool/new" "$T/spool/tmp" -type f 2>/dev/null | wc -l)" "$stored" "mail"
	done
done
case " $stored $refused " in
*" 0 "*) fail "$stored stored, $refused refused" ;;
esac
echo "$stored stored, $refused refused"

# What is only wrong loses nothing.
printf '[relay]\nhots = a.test\n[spool]\ndir = %s/spool\n' "$T" >"$NULLMTA_CONF"
exits 0 unshare --mount "$T/inside" sendmail -odq rcpt@dest.test <"$T/letter"
assert_eq "$(find "$T/spool/new" -type f | wc -l)" $((stored + 1)) "mail"
