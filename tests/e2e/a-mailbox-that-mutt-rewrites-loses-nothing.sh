#!/usr/bin/env bash
# Mail that comes while mutt, or another reader, works on the mailbox is neither lost nor mixed up
# with what is there: each waits for the other's locks.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
. "$(dirname "$0")/scripts/system.sh"
. "$(dirname "$0")/scripts/users.sh"
. "$(dirname "$0")/scripts/readers.sh"
need strace

configure
box=/var/mail/bob

# flush_all: everything is where it has to be, also what was locked out for too long.
flush_all() {
	exits 0 nullmta flush --all --now
	assert_eq "$(count_left)" 0
}

# --- mutt holds both locks, while it reads and while it writes ---

# in place of mutt's program for dotlocks: who has got a lock by it waits for a line of ~/go
cat >"$programs/hold" <<'HOLD'
#!/bin/sh
"${0%/*}/mutt_dotlock" "$@" || exit
case $* in
*-u* | *-t*) ;;
*) echo held >>~/held && read -r _ <~/go ;;
esac
HOLD
chmod 755 "$programs/hold"
sed 's|/mutt_dotlock"|/hold"|' "$T/muttrc" >"$T/muttrc.hold"

# let_go COUNT: so many locks are held no longer than they have to be.
let_go() {
	seq "$1" >&$go
}

# start_mutt KEYS: with those locks, in the background.
start_mutt() {
	rm -f "$(home bob)"/{go,held}
	mkfifo "$(home bob)/go"
	: >"$(home bob)/held"
	chown bob: "$(home bob)"/{go,held}
	# open for both, so that neither side waits for the other to open it
	exec {go}<>"$(home bob)/go"
	session bob
	python3 "$TOP/tests/support/terminal.py" "${session[@]}" mutt -n -F "$T/muttrc.hold" \
		-f $box -e "push '$1<quit><quit><quit>'" </dev/null >"$T/mutt.out" &
	reader=$!
}

# held_up PATTERN: a flush begins, and meets a lock, as its system calls show.
held_up() {
	rm -f "$T/strace"
	strace -f -o "$T/strace" -e trace=fcntl,linkat nullmta flush --all --now &
	flush=$!
	await 1 "$1" "$T/strace"
}

mail_from ann one bob
mail_from ann two bob
flush_all
mail_from ann three bob
start_mutt ''
await 1 held "$(home bob)/held"
held_up 'F_SETLK.*EAGAIN'
assert_eq "$(mail_of bob)" one,two, 'while mutt reads'
let_go 5
wait "$flush"
wait "$reader"
flush_all
assert_eq "$(mail_of bob)" one,three,two,

mail_from ann four bob
start_mutt '<delete-pattern>~s one<enter>'
let_go 1
await 2 held "$(home bob)/held"
held_up 'F_SETLK.*EAGAIN'
assert_eq "$(mail_of bob)" one,three,two, 'while mutt writes'
let_go 5
wait "$flush"
wait "$reader"
flush_all
assert_eq "$(mail_of bob)" four,three,two,

# --- a dotlock and no other, as of bsd-mailx ---
mail_from ann five bob
login bob dotlockfile -l $box.lock
held_up 'linkat.*bob\.lock.*EEXIST'
assert_eq "$(mail_of bob)" four,three,two, 'while a dotlock is there'
login bob dotlockfile -u $box.lock
wait "$flush"
flush_all
assert_eq "$(mail_of bob)" five,four,three,two,

# --- mutt has it open, and sees what comes ---
printf 'Subject: six\n\nFrom here on it is text.\n' >"$T/letter"
session bob
exits 0 python3 "$TOP/tests/support/terminal.py" "${session[@]}" mutt -n -F "$T/muttrc" -f $box \
	>"$T/mutt.out" <<STEPS
five => !sendmail -i -odi bob <$T/letter^M
six => D~s two^Mq
STEPS
assert_eq "$(mail_of bob)" five,four,six,three,

# --- both at once, again and again: mutt files what is even elsewhere ---

# text_of NUMBER: all lines differ, and some of them look like the beginning of a message.
text_of() {
	seq -f "From $1 on, line %g" 1 "$((2 * $1))"
}

# send_ten FIRST: messages with these numbers
send_ten() {
	local i
	for ((i = $1; i < $1 + 10; i++)); do
		{
			printf 'Subject: %s number %d\n\n' "$( ((i % 2)) && echo odd || echo even)" "$i"
			text_of "$i"
		} >"$T/letter.$i"
		as "${uid[ann]}" sendmail -i bob <"$T/letter.$i"
	done
}

# file_even CODE: quit does not leave where mail has come in the meantime, so there are many.
file_even() {
	local quits
	printf -v quits '<quit>%.0s' {1..20}
	session bob
	exits "$1" python3 "$TOP/tests/support/terminal.py" "${session[@]}" mutt -n -F "$T/muttrc" \
		-f $box -e "push '<tag-pattern>~s even<enter><tag-prefix-cond><save-message>=filed<enter>\
<end-cond>$quits'" </dev/null >"$T/mutt.out"
}

: >"$T/log"
# shellcheck disable=SC2119  # no options
start_system_flush
for ((first = 100; first < 160; first += 10)); do
	send_ten $first &
	file_even '*' # it looks for the lock once a second, and gives up soon
	wait $!
done
stop flush
flush_all
file_even 0
[ ! -e $box.lock ] || fail "a lock is left"
python3 - "$box" "$(home bob)/filed" <<'CHECK' || fail "mail is lost, doubled or mixed up"
import mailbox, sys

def told(path):
    for message in mailbox.mbox(path, create=False):
        word = message["Subject"].split()
        if len(word) == 3:
            n = int(word[2])
            text = "".join(f">From {n} on, line {i}\n" for i in range(1, 2 * n + 1))
            assert message.get_payload() == text, f"{path}: text of {n}"
            yield word[0], n

left, filed = list(told(sys.argv[1])), list(told(sys.argv[2]))
assert sorted(left) == [("odd", n) for n in range(101, 160, 2)], left
assert sorted(filed) == [("even", n) for n in range(100, 160, 2)], filed
CHECK
assert_eq "$(mail_of bob | tr , '\n' | grep -vc number)" 4 'messages from before'
