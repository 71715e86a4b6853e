#!/usr/bin/env bash
# A run that is killed at any system call, alone or with its workers, loses nothing: the next one
# delivers what is left, and what was on record as delivered is not sent again. What was refused is
# reported. Row 180.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/crash/lib.sh"

play flush kill 20
