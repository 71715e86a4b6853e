#!/usr/bin/env bash
# sendmail -bs that is killed at any system call, or whose calls fail: what got its 250 is whole in
# the queue, and nothing else is.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/crash/lib.sh"

play serve kill 20
play serve fault 25
