#!/usr/bin/env bash
# Whatever system call of a run fails, once or from there on: no mail is lost, none is sent twice
# but where the connection was lost behind the final dot, and none is reported as undeliverable for
# what is this machine's own trouble. Rows 181 and 183.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/crash/lib.sh"

play flush fault 20
