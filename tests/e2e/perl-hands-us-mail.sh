#!/usr/bin/env bash
# MIME::Lite, Email::Sender and Mail::Mailer, by which programs in Perl send mail.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need python3 perl

start_receiver relay
use_relay relay
head -c 5000 /dev/urandom >"$T/octets"

cat >"$T/lite.pl" <<'PERL'
use utf8;
use strict;
use warnings;
use Encode qw(encode);
use MIME::Lite;

my ($sendmail, $octets) = @ARGV;
my $letter = MIME::Lite->new(
	From => encode('MIME-Q', 'Jörg Müller') . ' <joerg@client.test>',
	To => 'one@dest.test, "Two, B." <two@dest.test>',
	Cc => 'copy@dest.test',
	Bcc => 'hidden@dest.test',
	Subject => encode('MIME-B', 'Grüße aus Perl'),
	Type => 'multipart/mixed');
# "binary" to MIME::Lite is as it is: a long line and 8 bits are left to sendmail
$letter->attach(Type => 'text/plain; charset=UTF-8', Encoding => 'binary',
	Data => encode('UTF-8', "Grüße\n.\n..zwei\n" . 'lang ' x 1000 . "\nEnde"));
$letter->attach(Type => 'application/zip', Path => $octets, Filename => 'a b.zip',
	Disposition => 'attachment');
$letter->send('sendmail', Sendmail => $sendmail) or die;
PERL
exits 0 perl_with_modules "$T/lite.pl" "$BUILD/bin/sendmail" "$T/octets"
settle
assert_delivered relay 1
assert_reads relay 1 <<TEXT
joerg@client.test > copy@dest.test hidden@dest.test one@dest.test two@dest.test
From: Jörg Müller <joerg@client.test>
To: one@dest.test, "Two, B." <two@dest.test>
Cc: copy@dest.test
Subject: Grüße aus Perl

multipart/mixed

text/plain
Grüße
.
..zwei
$(printf 'lang %.0s' {1..1000})
Ende

application/zip "a b.zip" $(octets_of "$T/octets")
TEXT

# it finds sendmail in PATH; a failure has to be seen by the exit code
cat >"$T/sender.pl" <<'PERL'
use utf8;
use strict;
use warnings;
use Email::Sender::Simple qw(try_to_sendmail);
use Email::Sender::Transport::Sendmail;
use Email::Simple;
use Encode qw(encode);

my $letter = Email::Simple->create(
	header => [
		From => 'app@client.test',
		To => encode('MIME-Header', 'Zoë') . ' <zoe@dest.test>',
		Subject => encode('MIME-Header', 'Grüße aus Perl'),
		'MIME-Version' => '1.0',
		'Content-Type' => 'text/plain; charset=UTF-8',
	],
	body => encode('UTF-8', "Grüße\n.\n..zwei\n"));
my %options = (transport => Email::Sender::Transport::Sendmail->new);
try_to_sendmail($letter, { %options, from => 'bounces+1=x@client.test',
	to => ['one@dest.test', '"a b"@dest.test', '-x@dest.test'] }) or die "not sent";
# it may meet a closed pipe before it meets the exit code
$SIG{PIPE} = 'IGNORE';
!try_to_sendmail($letter, { %options, to => 'not an address' }) or die "sent";
PERL
exits 0 perl_with_modules "$T/sender.pl"
settle
assert_delivered relay 2
assert_reads relay 2 <<TEXT
bounces+1=x@client.test > "a b"@dest.test -x@dest.test one@dest.test
From: app@client.test
To: Zoë <zoe@dest.test>
Subject: Grüße aus Perl

text/plain
Grüße
.
..zwei
TEXT

# sendmail -t without -i, and one field for each recipient
cat >"$T/mailer.pl" <<'PERL'
use strict;
use warnings;
use Mail::Mailer;

my $mailer = Mail::Mailer->new('sendmail');
$mailer->open({
	From => 'app@client.test',
	To => ['one@dest.test', 'two@dest.test'],
	Bcc => 'hidden@dest.test',
	Subject => 'from Mail::Mailer',
});
print $mailer "first\n\nlast\n";
$mailer->close or die;
PERL
PERL_MAILERS=sendmail:$BUILD/bin/sendmail exits 0 perl_with_modules "$T/mailer.pl"
settle
assert_delivered relay 3
assert_reads relay 3 <<TEXT
$(id -un)@client.test > hidden@dest.test one@dest.test two@dest.test
From: app@client.test
To: one@dest.test, two@dest.test
Subject: from Mail::Mailer

text/plain
first

last
TEXT
assert_queued 0
assert_reports 0
