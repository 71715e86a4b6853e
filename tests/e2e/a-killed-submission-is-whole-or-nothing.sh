#!/usr/bin/env bash
# A submission that is killed at any system call leaves a whole message in the queue, or nothing;
# and nothing that hinders the next one.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/crash/lib.sh"

play submit kill 20
