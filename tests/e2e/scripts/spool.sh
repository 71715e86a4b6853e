# shellcheck shell=bash
# Spools as time and other programs would leave them: for scripts that cannot wait for days.

# spool_id SECONDS [NUMBER]: an id as a message has that came at this time of the epoch, as one of
# up to 1000 (spool/spool.h).
spool_id() {
	local digits=0123456789ABCDEFGHIJKLMNOPQRSTUV time=$(($1 * 1000000)) id='' i
	local low=$(((time & (1 << 48) - 1) << 2))
	for ((i = 0; i < 10; i++)); do
		id=${digits:low & 31:1}$id
		low=$((low >> 5))
	done
	printf '%s%s%03d\n' "${digits:time >> 48 & 15:1}" "$id" "${2:-0}"
}

# the_message: the path of the only message that waits.
the_message() {
	local files=("$NULLMTA_SPOOL"/new/* "$NULLMTA_SPOOL"/cur/*) file
	for file in "${files[@]}"; do
		[ ! -e "$file" ] || echo "$file"
	done
}

# age SECONDS TRIES: the only message, which has not been tried yet, came so long ago, has been
# tried so often, and is due.
age() {
	local file time id
	file=$(the_message)
	time=$(($(date +%s) - $1))
	id=$(spool_id "$time")
	sed -i "1,/^\$/{ s/^id .*/id $id/; s/^arrival .*/arrival $time/; }" "$file"
	mv "$file" "$NULLMTA_SPOOL/cur/$id:1.$2"
}

# make_due: the only message is to be tried by the next run.
make_due() {
	local file
	file=$(the_message)
	[[ $file == *:1.* ]] || mv "$file" "${file%:*}:1.${file##*.}"
}

# due_in: for how many seconds the only message still waits.
due_in() {
	local name
	name=$(the_message)
	name=${name##*:}
	echo $((${name%.*} - $(date +%s)))
}

# tries: how often the only message has been tried.
tries() {
	local name
	name=$(the_message)
	echo "${name##*.}"
}
