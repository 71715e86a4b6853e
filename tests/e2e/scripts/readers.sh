# shellcheck shell=bash
# For scripts in which people read their mail by the programs of Debian: begin with
#
#	. "$(dirname "$0")/lib.sh"
#	. "$TOP/tests/support/peers-lib.sh"
#	. "$(dirname "$0")/scripts/system.sh"
#	. "$(dirname "$0")/scripts/users.sh"
#	. "$(dirname "$0")/scripts/readers.sh"

need python3
# shellcheck disable=SC2154  # of users.sh
as "${uid[ann]}" test -x "$PEERS/usr/bin/mutt" || skip "needs peers that every user can reach"

# with rights of their own, as Debian installs them: /run is a file system that gives them
programs=/run/programs
mkdir -m 755 "$programs"
install -g mail -m 2755 "$PEERS/usr/bin/"{mutt_dotlock,dotlockfile} "$programs"
cat >"$programs/show" <<'SHOW'
#!/bin/sh
exec cp "$1" "$(mktemp ~/shown/XXXXXX)"
SHOW
chmod 755 "$programs/show"

cat >"$T/muttrc" <<MUTTRC
set charset=utf-8 confirmappend=no confirmcreate=no delete=yes folder="~"
set header_cache="" mark_old=no move=no pager="$programs/show" pager_format="%T%Z %C of %m"
set prompt_after=no quit=yes dotlock_program="$programs/mutt_dotlock" sleep_time=0
set sort=mailbox-order tmpdir="/tmp" wait_key=no
ignore *
unignore return-path: delivered-to: from: to: subject:
hdr_order return-path: delivered-to: from: to: subject:
MUTTRC

# session NAME: ${session[@]} runs a command as that user finds the machine, with nullmta as
# /usr/sbin/sendmail.
session() {
	session=("$TOP/tests/support/private-root" --sendmail "$BUILD/bin/sendmail"
		--link /usr/bin/dotlockfile "$programs/dotlockfile" --hostname client.test
		setpriv --reuid="${uid[$1]}" --regid="${uid[$1]}" --clear-groups
		env -i -C "$(home "$1")" HOME="$(home "$1")" USER="$1" LOGNAME="$1"
		MAIL="/var/mail/$1" PATH="$programs:$PEERS/usr/bin:$PATH" LC_ALL=C.UTF-8 TZ=UTC
		TERM=vt100 LINES=24 COLUMNS=80 LD_LIBRARY_PATH="$(peers_libraries)")
}

# login NAME COMMAND...
login() {
	session "$1"
	"${session[@]}" "${@:2}"
}

# in_mutt NAME MAILBOX COMMANDS: mutt on a terminal, with these functions of it, as in `push`.
in_mutt() {
	session "$1"
	exits 0 python3 "$TOP/tests/support/terminal.py" "${session[@]}" \
		mutt -n -F "$T/muttrc" -f "$2" -e "push '$3'" </dev/null >"$T/mutt.out"
}

# read_all NAME MAILBOX: what mutt shows of each message is a file in $shown.
read_all() {
	local keys='<display-message>' count
	shown=$(home "$1")/shown
	rm -rf "$shown"
	install -d -o "${uid[$1]}" -g "${uid[$1]}" "$shown"
	count=$(count_messages "$2")
	while ((--count > 0)); do
		keys+='<next-entry><display-message>'
	done
	in_mutt "$1" "$2" "<first-entry>$keys<quit>"
	assert_eq "$(find "$shown" -type f | wc -l)" "$(count_messages "$2")" "messages that mutt shows"
}

# count_messages MAILBOX: by another parser
count_messages() {
	python3 - "$1" <<'COUNT'
import mailbox, os, sys
kind = mailbox.Maildir if os.path.isdir(sys.argv[1]) else mailbox.mbox
print(len(kind(sys.argv[1], create=False)))
COUNT
}

# shows SUBJECT <<TEXT: exactly one of the messages looks like this, without the line of mutt
# above it, and with DATE, ID and SIZE for what differs from day to day.
shows() {
	local file
	file=$(grep -lxF -e "Subject: $1" -r "$shown") || fail "mutt shows no '$1'"
	[ -f "$file" ] || fail "more than one '$1': $file"
	sed -E -e 1,2d -e 's/[A-Z][a-z]{2}, [^()]* \+0000/DATE/' -e 's/\b[0-9A-V]{14}\b/ID/g' \
		-e 's/Size: [0-9.]+K/Size: SIZE/' "$file" >"$T/looks"
	diff -u --label 'as it should look' --label "$1" - "$T/looks" || fail "'$1' looks otherwise"
}
