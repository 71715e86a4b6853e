#!/usr/bin/env bash
# Ruby's mail gem, by which Rails sends: delivery_method :sendmail.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/peers-lib.sh"
need python3

start_receiver relay
use_relay relay
head -c 5000 /dev/urandom >"$T/octets"

cat >"$T/mail.rb" <<'RUBY'
require 'mail'
location, octets, arguments, to = ARGV
options = { location: location }
options[:arguments] = arguments unless arguments.to_s.empty?
Mail.defaults { delivery_method :sendmail, options }
Mail.deliver do
  charset = 'UTF-8'
  from 'Jörg Müller <joerg@client.test>'
  to to || ['Zoë <zoe@dest.test>', 'two@dest.test']
  cc 'copy@dest.test'
  bcc 'hidden@dest.test'
  subject 'Grüße aus Ruby ' + 'und noch mehr davon ' * 5 + 'ß'
  text_part do
    content_type 'text/plain; charset=UTF-8'
    body "Grüße\n.\n..zwei\n" + 'lang ' * 1000 + "\nEnde\n"
  end
  html_part do
    content_type 'text/html; charset=UTF-8'
    body '<p>Grüße</p>'
  end
  add_file filename: 'Größe.bin', content: File.binread(octets)
end
RUBY

# reads NUMBER; the gem encodes the CRs of its line ends as if they were content
reads() {
	local cr=$'\r'
	assert_reads relay "$1" <<TEXT
joerg@client.test > copy@dest.test hidden@dest.test two@dest.test zoe@dest.test
From: Jörg Müller <joerg@client.test>
To: Zoë <zoe@dest.test>, two@dest.test
Cc: copy@dest.test
Subject: Grüße aus Ruby $(printf 'und noch mehr davon %.0s' {1..5})ß

multipart/alternative

text/plain
Grüße$cr
.$cr
..zwei$cr
$(printf 'lang %.0s' {1..1000})$cr
Ende$cr

text/html
<p>Grüße</p>

application/octet-stream "Größe.bin" $(octets_of "$T/octets")
TEXT
}

# it adds -f and the recipients itself; older ones of Rails had -t as well
number=0
for arguments in '' '-i -t'; do
	number=$((number + 1))
	exits 0 ruby "$T/mail.rb" "$BUILD/bin/sendmail" "$T/octets" "$arguments"
	settle
	assert_delivered relay "$number"
	reads "$number"
done

# what is refused goes nowhere; the gem does not look at exit codes, but may meet a closed pipe
exits '[01]' ruby "$T/mail.rb" "$BUILD/bin/sendmail" "$T/octets" '' 'not an address' >"$T/refused"
assert_contains "$T/refused" "'not an address'"
assert_delivered relay 2
assert_queued 0
assert_reports 0
