#!/usr/bin/env bash
# PHP's mail() and PHPMailer: what they hand over arrives as their callers meant it.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need python3

start_receiver relay
use_relay relay

# php.ini as hosters have it
run_php() {
	php -d sendmail_path="$BUILD/bin/sendmail -t -i" "$@"
}

cat >"$T/mail.php" <<'PHP'
<?php
// header lines by CRLF, a body by LF: as the manual says
$sent = mail("Empfänger <one@dest.test>, two@dest.test", "=?UTF-8?Q?Gr=C3=BC=C3=9Fe?= aus PHP",
	"Grüße,\n.\n..zwei\nFrom here on\n" . str_repeat("lang ", 1000) . "\nEnde\n",
	"From: \"Shop, Inc.\" <shop@client.test>\r\nReply-To: help@client.test\r\n" .
	"Cc: copy@dest.test\r\nBcc: hidden@dest.test\r\nX-Shop: 1\r\nMIME-Version: 1.0\r\n" .
	"Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit",
	"-f bounces@client.test");
exit($sent ? 0 : 1);
PHP
exits 0 run_php "$T/mail.php"
settle
assert_delivered relay 1
assert_reads relay 1 X-Shop <<TEXT
bounces@client.test > copy@dest.test hidden@dest.test one@dest.test two@dest.test
From: "Shop, Inc." <shop@client.test>
Reply-To: help@client.test
To: Empfänger <one@dest.test>, two@dest.test
Cc: copy@dest.test
Subject: Grüße aus PHP
X-Shop: 1

text/plain
Grüße,
.
..zwei
From here on
$(printf 'lang %.0s' {1..1000})
Ende
TEXT

# no header of its own, as most scripts call it, with a sender that the hoster has set
exits 0 run_php -d mail.force_extra_parameters='-fwww@client.test -FShop' \
	-r 'exit(mail("one@dest.test", "Bare", "no more than this") ? 0 : 1);'
settle
assert_delivered relay 2
assert_reads relay 2 <<TEXT
www@client.test > one@dest.test
From: Shop <www@client.test>
To: one@dest.test
Subject: Bare

text/plain
no more than this
TEXT

# PHPMailer (WordPress and many others) by its isSendmail(), which opens sendmail itself
head -c 5000 /dev/urandom >"$T/octets"
cat >"$T/phpmailer.php" <<'PHP'
<?php
require 'libphp-phpmailer/autoload.php';
$mail = new PHPMailer\PHPMailer\PHPMailer(true);
$mail->isSendmail();
$mail->CharSet = 'UTF-8';
$mail->setFrom('shop@client.test', 'Süßes & Co.');
$mail->addAddress('one@dest.test', 'Zoë');
$mail->addCC('copy@dest.test');
$mail->addBCC('hidden@dest.test');
$mail->Subject = 'Ihre Bestellung № 1' . str_repeat(' unterwegs', 15);
$mail->isHTML();
$mail->Body = '<p>Grüße</p>';
$mail->AltBody = "Grüße\n.\n";
$mail->addAttachment($argv[1], 'Größe.bin');
$mail->send();
PHP
exits 0 run_php "$T/phpmailer.php" "$T/octets"
settle
assert_delivered relay 3
assert_reads relay 3 <<TEXT
shop@client.test > copy@dest.test hidden@dest.test one@dest.test
From: "Süßes & Co." <shop@client.test>
To: Zoë <one@dest.test>
Cc: copy@dest.test
Subject: Ihre Bestellung № 1$(printf ' unterwegs%.0s' {1..15})

multipart/mixed

multipart/alternative

text/plain
Grüße
.

text/html
<p>Grüße</p>

application/octet-stream "Größe.bin" $(octets_of "$T/octets")
TEXT

# what is refused is said so
exits 1 run_php -r 'exit(mail("not an address@dest.test", "x", "y") ? 0 : 1);'
assert_delivered relay 3
assert_queued 0
