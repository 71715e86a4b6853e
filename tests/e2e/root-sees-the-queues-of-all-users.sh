#!/usr/bin/env bash
# mailq, sendmail -bp and nullmta queue list show root everybody's mail, in the layout that scripts
# read, and everybody else only the own. Each file is touched with the rights of its owner, and a user
# whose spool is odd, or who is in the way of the own list, spoils nobody else's.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripts/system.sh"
need strace python3

ids() {
	grep -o '^[0-9A-F][0-9A-V]*' "$1" | sort
}

configure
exits 0 mailq >"$T/mailq"
assert_eq "$(cat "$T/mailq")" 'Mail queue is empty'

# --- three users, root, and things that only look like spools -------------------------------------
for uid in 54001 54002 54003; do
	submit "$uid" "of $uid" -odq
done
submit 54002 again -odq
submit 0 "of root" -odq
mkfifo -m 600 "$root/54001/new/6C3MLHR9M9G68G"
chown 54001 "$root/54001/new/6C3MLHR9M9G68G"
mkdir -m 777 "$root/54004"
cp -r "$root/54003/new" "$root/54004/new"
chown -R 54005 "$root/54004"
ln -s "$root/54003" "$root/54006"
mkfifo "$root/54007"

strace -f -y -q -o "$T/trace" "$BUILD/bin/mailq" >"$T/mailq" 2>"$T/stderr" ||
	fail "mailq: exit $?, $(cat "$T/stderr")"
assert_eq "$(cat "$T/stderr")" ''
python3 "$TOP/tests/support/whose-files.py" "$root" "$T/trace" >"$T/whose" ||
	fail "with another's rights: $(head -n 5 "$T/whose")"
grep -q '^[1-9]' "$T/whose" || fail 'nothing was traced'

assert_eq "$(ids "$T/mailq" | wc -l)" 6 messages
assert_eq "$(grep -c '^-Queue ID-' "$T/mailq")" 1 headings
assert_eq "$(head -n 1 "$T/mailq" | cut -c 1-10)" '-Queue ID-'
assert_eq "$(tail -n 1 "$T/mailq" | cut -d ' ' -f 4-)" 'in 6 Requests.'
assert_eq "$(grep -A 1 ' u54002@client.test$' "$T/mailq" | grep -c '^(user uid54002, uid 54002)$')" 2
for uid in 54001 54003; do
	assert_eq "$(grep -A 1 " u$uid@client.test\$" "$T/mailq" | tail -n 1)" "(user uid$uid, uid $uid)"
done
assert_eq "$(grep -A 1 ' u0@client.test$' "$T/mailq" | tail -n 1 | tr -d ' ')" rcpt@dest.test
assert_eq "$(grep -c '^ *rcpt@dest.test$' "$T/mailq")" 5 recipients
# what is no message is damaged, and nobody waits for a writer
assert_eq "$(grep -A 1 '^6C3MLHR9M9G68G?$' "$T/mailq" | tail -n 1)" '(user uid54001, uid 54001)'

# octets are added up before they are rounded
octets=$(awk '/^[0-9A-F]/ { sum += $2 } END { print int((sum + 1023) / 1024) }' "$T/mailq")
assert_eq "$(tail -n 1 "$T/mailq")" "-- $octets Kbytes in 6 Requests."

for command in 'sendmail -bp' 'nullmta queue list' 'nullmta queue'; do
	# shellcheck disable=SC2086  # words
	exits 0 $command >"$T/same"
	cmp "$T/mailq" "$T/same" || fail "$command says something else"
done
TZ=Asia/Tokyo mailq >"$T/tokyo"
assert_eq "$(awk '/@client.test$/ { print $6 }' "$T/tokyo" | cut -d : -f 1 | sort -u | wc -l)" 1 'time zones'

# --- a user sees the own, and root who names one place sees that -------------------------------------
for uid in 54001 54003; do
	exits 0 as "$uid" mailq >"$T/own"
	assert_eq "$(grep -c '@client.test$' "$T/own")" 1 "messages of $uid"
	assert_contains "$T/own" "u$uid@client.test"
	assert_lacks "$T/own" '(user'
	assert_eq "$(comm -23 <(ids "$T/own") <(ids "$T/mailq"))" '' "root does not see $uid's"
done
NULLMTA_SPOOL=$root/0 exits 0 mailq >"$T/one"
assert_eq "$(ids "$T/one" | wc -l)" 1 "messages in the place that was named"

# --- a child that is not what it should be lists nothing ---------------------------------------------
# without REASON CALL TROUBLE: in each child that call goes wrong, which is told.
without() {
	local code=0
	strace -f -y -q -o "$T/trace" -e "inject=$2:$3" "$BUILD/bin/mailq" >"$T/mailq" 2>"$T/stderr" ||
		code=$?
	assert_eq "$code" 75 "exit with $3 of $2"
	assert_eq "$(grep -c "^mailq: cannot list all mail of .*: $1" "$T/stderr")" 3 "users with $3 of $2"
	assert_eq "$(tail -n 1 "$T/mailq" | cut -d ' ' -f 4-)" 'in 1 Request.'
	! grep -E "$root/5400[0-9]" "$T/trace" || fail "a spool was looked at"
}
without 'cannot drop privileges: user' setresuid error=EPERM
without 'cannot drop privileges: groups' setgroups error=EPERM
without 'the process that lists it was killed' setresgid signal=KILL

# --- one who cannot be listed is named; the others are there -------------------------------------
mkdir -p "$T/homes/odd/.config"
chmod 755 "$T/homes"
printf '[spool]\ndir = /etc/passwd\n' >"$T/homes/odd/.config/nullmta.conf"
chmod 700 "$T/homes/odd"
chown -R 54002 "$T/homes/odd"
printf 'odd:x:54002:54002::%s:/bin/sh\n' "$T/homes/odd" >>/etc/passwd
exits 75 mailq >"$T/mailq" 2>/dev/null
assert_contains "$T/stderr" 'mailq: cannot list all mail of odd (uid 54002): '
assert_contains "$T/stderr" '/etc/passwd'
assert_eq "$(tail -n 1 "$T/mailq" | cut -d ' ' -f 4-)" 'in 4 Requests.'
assert_contains "$T/mailq" 'u54003@client.test'

# nothing is said to be empty that was not seen
rm -rf "${root:?}"/{0,54001,54003}
exits 75 mailq >"$T/mailq" 2>/dev/null
assert_eq "$(cat "$T/mailq")" ''
rm -rf "${root:?}/54002"
exits 0 mailq >"$T/mailq"
assert_eq "$(cat "$T/mailq")" 'Mail queue is empty'

# a root of the spools that is not there is nobody's trouble
rm -rf "${root:?}"
exits 0 mailq >"$T/mailq" 2>/dev/null
assert_eq "$(cat "$T/mailq" "$T/stderr")" 'Mail queue is empty'
