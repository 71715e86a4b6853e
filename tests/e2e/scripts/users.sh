# shellcheck shell=bash
# For scripts about mail between users of one machine: behind scripts/system.sh. Ann, Bob and Cat
# have homes ($T/homes/UID), the mail directory is as on Debian.

chgrp mail /var/mail
chmod 2775 /var/mail
chmod 755 "$T"
declare -A uid=([ann]=54001 [bob]=54002 [cat]=54003)
mkdir -m 755 "$T/homes"
for name in ann bob cat; do
	echo "$name:x:${uid[$name]}:${uid[$name]}::$T/homes/${uid[$name]}:/bin/sh" >>/etc/passwd
	echo "$name:x:${uid[$name]}:" >>/etc/group
	install -d -m 700 -o "${uid[$name]}" -g "${uid[$name]}" "$T/homes/${uid[$name]}"
done

# home NAME: the directory.
home() {
	echo "$T/homes/${uid[$1]}"
}

# give_maildir NAME
give_maildir() {
	install -d -m 700 -o "${uid[$1]}" -g "${uid[$1]}" "$(home "$1")/Maildir"
}

# mail_from NAME SUBJECT RECIPIENT...: accepted, and in the queue.
mail_from() {
	printf 'Subject: %s\n\nFrom here on it is text.\n' "$2" |
		as "${uid[$1]}" sendmail -i -odq -f "$1@client.test" "${@:3}" ||
		fail "submission of $1: exit $?"
}

# mail_of NAME: subjects of what is in the mailbox, sorted, with commas.
mail_of() {
	{
		sed -n 's/^Subject: //p' "/var/mail/$1" 2>/dev/null || true
		find "$(home "$1")/Maildir/new" -type f -exec sed -n 's/^Subject: //p' {} + 2>/dev/null ||
			true
	} | sort | tr '\n' ,
}
