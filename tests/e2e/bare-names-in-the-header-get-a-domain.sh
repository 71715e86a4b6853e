#!/usr/bin/env bash
# Servers refuse "To: root": the address fields of a header name their domain when they leave,
# and nothing else of them changes.
. "$(dirname "$0")/lib.sh"

start_receiver relay
use_relay relay
cat >"$T/letter" <<'EOF'
From: root (Cron Daemon)
X-To: root
To: root, joe@x.test,
	"Doe, J." <jd>, g: a, b@y.test;
Cc: =?utf-8?q?J=C3=BCrgen?= <j>
Reply-To: J . D (who)
Subject: To: root

To: root
EOF
exits 0 sendmail -odi -i a@dest.test <"$T/letter"
assert_delivered relay 1
sed 's/\r$//' "$(content relay 1)" | grep -vE '^(Received|Date|Message-ID|	id )' >"$T/got"
diff "$T/got" - <<'EOF' || fail "the header is another one"
From: root@client.test (Cron Daemon)
X-To: root
To: root@client.test, joe@x.test,
	"Doe, J." <jd@client.test>, g: a@client.test, b@y.test;
Cc: =?utf-8?q?J=C3=BCrgen?= <j@client.test>
Reply-To: J . D@client.test (who)
Subject: To: root

To: root
EOF
assert_same "$T/letter" relay 1
