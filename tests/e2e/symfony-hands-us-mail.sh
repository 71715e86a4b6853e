#!/usr/bin/env bash
# Symfony Mailer, and so Laravel: many messages in one session of sendmail -bs, a refused one
# among them, and its other mode, sendmail -t.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need python3

start_receiver relay
use_relay relay

cat >"$T/letter.php" <<'PHP'
<?php
require 'Symfony/Component/Mailer/autoload.php';
use Symfony\Component\Mailer\Exception\TransportException;
use Symfony\Component\Mailer\Transport\SendmailTransport;
use Symfony\Component\Mailer\Transport\Smtp\SmtpTransport;
use Symfony\Component\Mailer\Transport\Smtp\Stream\ProcessStream;
use Symfony\Component\Mime\Address;
use Symfony\Component\Mime\Email;

function letter(string $subject, string ...$to): Email {
	return (new Email())->from(new Address('app@client.test', 'Die Änderung'))
		->to(...$to)->bcc('hidden@dest.test')->replyTo('help@client.test')
		->subject($subject)->text("Grüße\n.\n..zwei\n")->html('<p>Grüße</p>')
		->attach(file_get_contents($_SERVER['argv'][1]), 'Größe.bin', 'application/zip');
}
PHP
head -c 5000 /dev/urandom >"$T/octets"

# reads NUMBER SUBJECT
reads() {
	assert_reads relay "$1" <<TEXT
app@client.test > hidden@dest.test one@dest.test
From: Die Änderung <app@client.test>
Reply-To: help@client.test
To: one@dest.test
Subject: $2

multipart/mixed

multipart/alternative

text/plain
Grüße
.
..zwei

text/html
<p>Grüße</p>

application/zip "Größe.bin" $(octets_of "$T/octets")
TEXT
}

# its own idle time before a NOOP is 100 seconds: none here
cat "$T/letter.php" - >"$T/session.php" <<'PHP'
$stream = new ProcessStream();
$stream->setCommand('sendmail -bs -i');
$stream->setInteractive(true);
$transport = new SmtpTransport($stream);
$transport->setPingThreshold(0);
$transport->send(letter('№ 1', 'one@dest.test'));
try {
	$transport->send(letter('too many', ...array_map(fn($n) => "$n@dest.test", range(1, 9))));
	exit(1);
} catch (TransportException $e) {
	if ($e->getCode() !== 452)
		throw $e;
}
$transport->send(letter('№ 2', 'one@dest.test'));
PHP
NULLMTA_RECIPIENTS=5 exits 0 php "$T/session.php" "$T/octets"
settle
assert_delivered relay 2
reads 1 '№ 1'
reads 2 '№ 2'

# 100 messages are its limit for a process; what it starts by itself ends with it
cat "$T/letter.php" - >"$T/many.php" <<'PHP'
$transport = new SendmailTransport('sendmail -bs');
for ($i = 1; $i <= 120; $i++)
	$transport->send(letter("many $i", 'one@dest.test'));
PHP
NULLMTA_DELIVER=queue exits 0 php "$T/many.php" "$T/octets"
assert_queued 120
NULLMTA_DELIVERY_CONNECTIONS=1 flush
assert_delivered relay 122
for i in 3 102 103 122; do
	reads "$i" "many $((i - 2))"
done

# without -i it doubles leading dots, and counts on sendmail to undo that
cat "$T/letter.php" - >"$T/single.php" <<'PHP'
(new SendmailTransport($argv[2]))->send(letter($argv[2], 'one@dest.test'));
PHP
number=122
for command in 'sendmail -t' 'sendmail -oi -t' 'sendmail -t -i'; do
	number=$((number + 1))
	exits 0 php "$T/single.php" "$T/octets" "$command"
	settle
	assert_delivered relay "$number"
	reads "$number" "$command"
done
assert_queued 0
assert_reports 0
