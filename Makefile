# nullmta: GNU make. `make` builds into build/, `make help` lists the targets.
#
#   make V=1                       show the commands
#   make CC=clang CFLAGS='-O1 -g'  another compiler, other flags
#   make DEVELOPER=1               more warnings, every one an error
#   make SANITIZE=address BUILD=/tmp/asan
#   make IDN2=0                    without libidn2: no international domain names
#   make DANE=0                    without DANE: no libresolv that knows of DNSSEC (musl)
#   make INIPARSER=shared          link nullmta with the shared library

VERSION = 0.1.0

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
LIBEXECDIR ?= $(PREFIX)/libexec
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/nullmta
SYSCONFDIR ?= /etc
SPOOLDIR ?= /var/spool/nullmta
RUNDIR ?= /run
# systemd and NetworkManager look below /usr/lib, systemd below /usr/local/lib as well.
SYSTEMDUNITDIR ?= $(PREFIX)/lib/systemd/system
SYSTEMDUSERUNITDIR ?= $(PREFIX)/lib/systemd/user
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
NMDISPATCHERDIR ?= $(PREFIX)/lib/NetworkManager/dispatcher.d
NETWORKDDISPATCHERDIR ?= $(PREFIX)/lib/networkd-dispatcher/routable.d
EXAMPLEDIR ?= $(DOCDIR)/examples
DESTDIR ?=

BUILD ?= build
IDN2 ?= 1
FUZZ_TIME ?= 60

# One name for one directory, for make knows by name what depends on what.
override BUILD := $(patsubst $(CURDIR)/%,%,$(abspath $(BUILD)))

ifeq ($(origin CC),default)
CC = gcc
endif
CFLAGS ?= -O2 -g
INSTALL ?= install

ifneq ($(V),1)
Q = @
say = @echo "  $(1)  $(2:$(BUILD)/%=%)";
else
say =
endif

# --- flags -------------------------------------------------------------------------

WARN = -Wall -Wextra -Wconversion -Wformat=2 -Wvla -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wundef -Werror=format-security \
	-Werror=implicit-function-declaration

# Asked for where the compiler knows them (contrib/cc-flags); a|b is the first that works.
HARDEN = -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
	-mbranch-protection=standard -ftrivial-auto-var-init=zero -fno-strict-aliasing -fPIE \
	-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=3|-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=2
HARDEN_LINK = -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
DEVELOPER_WARN = -Walloca -Wcast-align=strict -Wcast-qual -Wdouble-promotion \
	-Wduplicated-branches -Wduplicated-cond -Wfloat-equal -Wimplicit-fallthrough=5 \
	-Wjump-misses-init -Wlogical-op -Wnested-externs -Wnull-dereference \
	-Wold-style-definition -Wredundant-decls -Wtrampolines \
	-Wunused-macros -Wunreachable-code

ALL_CPPFLAGS = $(CPPFLAGS) -D_GNU_SOURCE -Isrc -include src/base/banned.h
SETTINGS = -DVERSION='"$(VERSION)"' -DSYSCONFDIR='"$(SYSCONFDIR)"'
ALL_CFLAGS = -std=c11 $(WARN) $(CFLAGS)
ALL_LDFLAGS = -Wl,--as-needed $(CFLAGS) $(LDFLAGS)
OPTIONAL_CFLAGS = $(HARDEN)
OPTIONAL_LDFLAGS = $(HARDEN_LINK)

ifeq ($(DEVELOPER),1)
OPTIONAL_CFLAGS += $(DEVELOPER_WARN)
ALL_CFLAGS += -Werror
endif
ifneq ($(SANITIZE),)
OPTIONAL_CFLAGS :=
OPTIONAL_LDFLAGS :=
ALL_CFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
ALL_LDFLAGS += -fsanitize=$(SANITIZE)
endif
ifeq ($(LIBFUZZER),1)
ALL_CFLAGS += -fsanitize=fuzzer-no-link
endif
ifneq ($(SPOOLDIR),/var/spool/nullmta)
SETTINGS += -DPLACE_ROOT='"$(SPOOLDIR)"'
endif
ifneq ($(RUNDIR),/run)
SETTINGS += -DRUNDIR='"$(RUNDIR)"'
endif
# nullmta looks for ../libexec/nullmta-flush beside itself, and then where it is told.
ifneq ($(LIBEXECDIR),/usr/local/libexec)
SETTINGS += -DLIBEXECDIR='"$(LIBEXECDIR)"'
endif

# Each shared library costs a submission about ten system calls and a tenth of its time, so
# iniparser is linked into it where its archive is there. INIPARSER=shared: not so.
INIPARSER ?= $(if $(filter /%,$(shell $(CC) -print-file-name=libiniparser.a)),static,shared)
LIBS_SUBMIT = $(if $(filter static,$(INIPARSER)),-l:libiniparser.a,-liniparser)
LIBS_FLUSH = -liniparser -lssl -lcrypto
ifneq ($(IDN2),0)
ALL_CPPFLAGS += -DHAVE_IDN2
LIBS_FLUSH += -lidn2
endif
# Only a libresolv that knows of the AD bit (glibc 2.31) tells what is signed.
DANE ?= $(shell $(CC) -include resolv.h -dM -E -x c /dev/null 2>/dev/null | grep -cw RES_TRUSTAD)
ifneq ($(DANE),0)
ALL_CPPFLAGS += -DHAVE_DANE
LIBS_FLUSH += -lresolv
endif

# --- what there is -----------------------------------------------------------------

object = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

ROOMS := $(wildcard src/*/*.c)
LIB = $(BUILD)/libnullmta.a
SUPPORT_LIB = $(BUILD)/libsupport.a

PROGRAMS := $(if $(wildcard src/main.c),$(addprefix $(BUILD)/bin/,nullmta sendmail mailq newaliases)) \
	$(if $(wildcard src/flush_main.c),$(BUILD)/libexec/nullmta-flush)

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/t_*.c))
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_REPLAYS := $(addprefix $(BUILD)/fuzz/,$(FUZZERS))
# A file of tests/support or tests/bench that has a main is a program; what lies in a folder
# of tests/support is a library for those programs.
TEST_PROGRAMS := $(patsubst tests/%.c,$(BUILD)/%, \
	$(shell grep -ls '^int main\b' tests/support/*.c tests/bench/*.c))

# What starts the programs: contrib/NAME.in with the directories filled in.
UNITS = $(addprefix nullmta-,flush.service flush.timer flush.socket flush-now.service \
	smtp.service smtp.socket)
USER_UNITS = nullmta-flush.service nullmta-flush.timer
STARTERS = $(addprefix $(BUILD)/contrib/,$(UNITS:%=systemd/%) $(USER_UNITS:%=systemd/user/%) \
	systemd/tmpfiles.conf network-up cron.d openrc/nullmta-flush runit/nullmta-flush)

.PHONY: all tests FORCE
all: $(LIB) $(PROGRAMS) $(STARTERS)  ## build into build/
tests: all $(UNIT_TESTS) $(FUZZ_REPLAYS) $(TEST_PROGRAMS)  ## build the tests without running them

# --- building ----------------------------------------------------------------------

# Rewritten when the compiler or a flag changes, so that everything is built anew then.
$(BUILD)/flags/wanted: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(subst ','\'',$(ALL_CPPFLAGS) $(SETTINGS) $(ALL_CFLAGS) $(OPTIONAL_CFLAGS))' \
		'$(ALL_LDFLAGS) $(OPTIONAL_LDFLAGS)' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(BUILD)/flags/compile: $(BUILD)/flags/wanted contrib/cc-flags
	@contrib/cc-flags "$(CC) $(CFLAGS)" '$(OPTIONAL_CFLAGS)' >$@

$(BUILD)/flags/link: $(BUILD)/flags/wanted contrib/cc-flags
	@contrib/cc-flags "$(CC) $(CFLAGS) -fPIE" '$(OPTIONAL_LDFLAGS)' >$@

$(BUILD)/obj/src/%.o: private ALL_CPPFLAGS += $(SETTINGS)
$(BUILD)/obj/%.o: %.c $(BUILD)/flags/compile
	@mkdir -p $(@D)
	$(call say,CC  ,$<)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) @$(BUILD)/flags/compile $(RELAX) -MMD -MP -c -o $@ $<

# P: two rooms may have a file of the same name.
$(LIB): $(call object,$(ROOMS))
$(SUPPORT_LIB): $(call object,$(wildcard tests/support/*/*.c))
$(LIB) $(SUPPORT_LIB):
	@rm -f $@
	$(call say,AR  ,$@)ar rcsDP $@ $^

link = $(CC) $(ALL_LDFLAGS) @$(BUILD)/flags/link -o $@ $(filter %.o,$^) $(filter %.a,$^)

$(BUILD)/bin/nullmta: $(call object,src/main.c) $(LIB) $(BUILD)/flags/link
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(link) $(LIBS_SUBMIT)

$(BUILD)/bin/sendmail $(BUILD)/bin/mailq $(BUILD)/bin/newaliases: $(BUILD)/bin/nullmta
	$(Q)ln -sf nullmta $@

$(BUILD)/libexec/nullmta-flush: $(call object,src/flush_main.c) $(LIB) $(BUILD)/flags/link
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(link) $(LIBS_FLUSH)

# --- what starts them --------------------------------------------------------------

.PHONY: starters
starters: $(STARTERS)  ## units for systemd and what others start with, in build/contrib

PLACES = BINDIR SBINDIR SPOOLDIR RUNDIR
fill_in = $(foreach v,$(PLACES),-e 's|@$(v)@|$($(v))|g') \
	-e 's|@WHAT@|$(WHAT)|g' -e 's|@OPTIONS@|$(OPTIONS)|g'

$(BUILD)/flags/places: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(foreach v,$(PLACES),$($(v)))' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(BUILD)/contrib/%: contrib/%.in $(BUILD)/flags/places
	@mkdir -p $(@D)
	$(call say,FILL,$@)sed $(fill_in) $< >$@

# The same service twice: as the schedule says, or whatever it says.
$(BUILD)/contrib/systemd/nullmta-flush.service: private WHAT = Mail delivery
$(BUILD)/contrib/systemd/nullmta-flush-now.service: private WHAT = Delivery of all mail that waits, now
$(BUILD)/contrib/systemd/nullmta-flush-now.service: private OPTIONS = \ --now
$(BUILD)/contrib/systemd/nullmta-flush-now.service: contrib/systemd/nullmta-flush.service.in $(BUILD)/flags/places
	@mkdir -p $(@D)
	$(call say,FILL,$@)sed $(fill_in) $< >$@

# --- test programs -----------------------------------------------------------------

# A test says in a comment line of its own what else it is linked with:
#   /* sources: tests/support/sandbox.c */
#   /* ldflags: -Wl,--wrap=fsync */
asks = $(shell sed -n 's|^/\* $(1): *\(.*[^ ]\) *\*/$$|\1|p' $(2))
asked_objects = $(addprefix $(BUILD)/obj/,$(addsuffix .o,$(basename $(call asks,sources,$(1)))))
define link_test
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(link)
endef

.SECONDEXPANSION:
.SECONDARY:
$(BUILD)/obj/tests/%.o: private ALL_CPPFLAGS += -I. -Itests/support
# A table of cases is const, a struct under test owns its strings.
$(BUILD)/obj/tests/%.o: private RELAX = -Wno-cast-qual

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $$(call asked_objects,tests/unit/$$*.c) $(LIB) $(BUILD)/flags/link
	$(link_test) -lcmocka $(LIBS_FLUSH) $(call asks,ldflags,tests/unit/$*.c)

$(BUILD)/support/%: $(BUILD)/obj/tests/support/%.o $$(call asked_objects,tests/support/$$*.c) $(SUPPORT_LIB) $(LIB) $(BUILD)/flags/link
	$(link_test) $(LIBS_FLUSH) $(call asks,ldflags,tests/support/$*.c)

# The bare programs that nullmta is compared with: plain C, nothing of ours, and static unless
# they want a library.
$(BUILD)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -o $@ $< \
		$(or $(call asks,ldflags,$<),-static)

# Without libFuzzer a small main feeds the seeds; with it, libFuzzer has the main.
ifeq ($(LIBFUZZER),1)
FUZZ_LINK = -fsanitize=fuzzer
else
FUZZ_MAIN = $(call object,tests/fuzz/replay.c)
endif
$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $$(call asked_objects,tests/fuzz/fuzz_$$*.c) $$(FUZZ_MAIN) $(LIB) $(BUILD)/flags/link
	$(link_test) $(FUZZ_LINK) $(LIBS_FLUSH) $(call asks,ldflags,tests/fuzz/fuzz_$*.c)

# --- checking ----------------------------------------------------------------------

.PHONY: check check-quick check-asan check-ubsan check-valgrind check-suites
.PHONY: fuzz fuzz-regress run-fuzzers lint cover bench demo

QUIET = --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

# Two makes: what `deps` brings is there before the second one looks for it. Without peers
# the tests that need them say that they are skipped.
check: deps  ## everything: unit, transcripts, seeds, end to end, lint
	@tests/support/peers.sh || true
	$(Q)$(MAKE) $(QUIET) check-suites

run_tests = @BUILD='$(abspath $(BUILD))' tests/run $(if $(UNDER),--under '$(UNDER)')

SUITES = unit transcripts fuzz e2e lint
check-suites: tests
	$(run_tests) $(SUITES)

QUICK = $(UNIT_TESTS) $(filter %/cage %/transcript,$(TEST_PROGRAMS))
check-quick: $(QUICK)  ## unit tests and transcripts: seconds
	$(run_tests) unit transcripts

fuzz-regress: $(FUZZ_REPLAYS) $(BUILD)/support/cage  ## replay the seeds of every fuzzer
	$(run_tests) fuzz

lint: all $(BUILD)/support/cage  ## format, rooms, sizes, contracts, cppcheck, shellcheck, man pages
	$(run_tests) lint

again = $(MAKE) $(QUIET) CFLAGS='-O1 -g' BUILD=$(BUILD)/$(1)

check-asan:  ## unit, transcripts, seeds and end to end under AddressSanitizer
	$(Q)$(call again,asan) SANITIZE=address SUITES='$(filter-out lint,$(SUITES))' check-suites

check-ubsan:  ## the same under UndefinedBehaviorSanitizer
	$(Q)$(call again,ubsan) SANITIZE=undefined SUITES='$(filter-out lint,$(SUITES))' check-suites

check-valgrind:  ## unit, transcripts and seeds under valgrind
	$(Q)$(call again,valgrind) SUITES='$(filter-out lint e2e,$(SUITES))' check-suites \
		UNDER='valgrind -q --error-exitcode=9 --leak-check=full --child-silent-after-fork=yes'

fuzz:  ## libFuzzer, FUZZ_TIME=60 seconds a parser; FUZZERS=name for one of them
	$(Q)contrib/deps fuzz
	$(Q)$(call again,libfuzzer) CC=clang SANITIZE=address,undefined LIBFUZZER=1 run-fuzzers

run-fuzzers: $(FUZZ_REPLAYS)
	$(Q)for name in $(FUZZERS); do \
		corpus=$(BUILD)/corpus/$$name; mkdir -p $$corpus; \
		$(BUILD)/fuzz/$$name -max_total_time=$(FUZZ_TIME) -timeout=10 -print_final_stats=1 \
			-artifact_prefix=$$corpus- $$corpus tests/fuzz/seeds/$$name >$$corpus.log 2>&1 || \
			{ tail -n 60 $$corpus.log; exit 1; }; \
		sed -n "s/^stat::number_of_executed_units: */fuzz $$name: runs /p" $$corpus.log; \
	done

cover:  ## line coverage of each room
	$(Q)rm -rf $(BUILD)/cover && mkdir -p $(BUILD)/cover
	$(Q)$(CC) -c -o $(BUILD)/cover/gcov_exit.o tests/support/gcov_exit.c
	-$(Q)$(MAKE) $(QUIET) BUILD=$(BUILD)/cover CFLAGS='-O0 -g --coverage' HARDEN= \
		LDFLAGS='$(BUILD)/cover/gcov_exit.o -Wl,--wrap=_exit' \
		SUITES='$(filter-out lint,$(SUITES))' check-suites
	@tests/coverage $(BUILD)/cover

bench: tests  ## print the figures beside those of bare programs
	@BUILD='$(abspath $(BUILD))' tests/bench/bench.sh

demo: deps-build  ## the main job on loopback, as a short story
	$(Q)$(MAKE) $(QUIET) tests-support
	@BUILD='$(abspath $(BUILD))' tests/support/demo.sh

.PHONY: tests-support
tests-support: all $(filter $(BUILD)/support/%,$(TEST_PROGRAMS))

# --- what else is needed -----------------------------------------------------------

.PHONY: deps deps-build
deps:  ## install what is needed to build and to test
	$(Q)contrib/deps build check

deps-build:  ## install what is needed to build
	$(Q)contrib/deps build

# --- installing --------------------------------------------------------------------

MAN1 = sendmail mailq newaliases
MAN_PAGES = $(wildcard man/*.[1-8])
FILLED = $(BUILD)/contrib
# Nothing of this is in force until an administrator says so; the hooks look at that, too.
HOOKS = $(NMDISPATCHERDIR)/90-nullmta $(NETWORKDDISPATCHERDIR)/90-nullmta \
	$(EXAMPLEDIR)/if-up.d-nullmta
STARTER_DIRS = $(SYSTEMDUNITDIR) $(SYSTEMDUSERUNITDIR) $(TMPFILESDIR) $(dir $(HOOKS))
LINKS = $(SBINDIR)/sendmail $(BINDIR)/mailq $(BINDIR)/newaliases $(LIBDIR)/sendmail

.PHONY: install uninstall clean help
install: all  ## honours DESTDIR, PREFIX, SYSCONFDIR and the other directories
	$(INSTALL) -d $(addprefix $(DESTDIR),$(BINDIR) $(SBINDIR) $(LIBDIR) $(LIBEXECDIR) $(DOCDIR)) \
		$(addprefix $(DESTDIR)$(MANDIR)/man,1 5)
	$(INSTALL) -m 755 $(BUILD)/bin/nullmta $(DESTDIR)$(BINDIR)/nullmta
	$(INSTALL) -m 755 $(BUILD)/libexec/nullmta-flush $(DESTDIR)$(LIBEXECDIR)/nullmta-flush
	set -e; for link in $(LINKS); do ln -sfr $(DESTDIR)$(BINDIR)/nullmta $(DESTDIR)$$link; done
	set -e; for page in $(MAN_PAGES); do \
		$(INSTALL) -m 644 $$page $(DESTDIR)$(MANDIR)/man$${page##*.}/; done
	set -e; for name in $(MAN1); do \
		echo '.so man1/nullmta.1' >$(DESTDIR)$(MANDIR)/man1/$$name.1; done
	$(INSTALL) -m 644 README.md $(wildcard nullmta.conf.example) $(DESTDIR)$(DOCDIR)/
	$(INSTALL) -d $(addprefix $(DESTDIR),$(STARTER_DIRS))
	$(INSTALL) -m 644 $(UNITS:%=$(FILLED)/systemd/%) $(DESTDIR)$(SYSTEMDUNITDIR)/
	$(INSTALL) -m 644 $(USER_UNITS:%=$(FILLED)/systemd/user/%) $(DESTDIR)$(SYSTEMDUSERUNITDIR)/
	$(INSTALL) -m 644 $(FILLED)/systemd/tmpfiles.conf $(DESTDIR)$(TMPFILESDIR)/nullmta.conf
	set -e; for hook in $(HOOKS); do $(INSTALL) -m 755 $(FILLED)/network-up $(DESTDIR)$$hook; done
	$(INSTALL) -m 644 $(FILLED)/cron.d $(DESTDIR)$(EXAMPLEDIR)/cron.d
	$(INSTALL) -m 755 $(FILLED)/openrc/nullmta-flush $(DESTDIR)$(EXAMPLEDIR)/openrc-nullmta-flush
	$(INSTALL) -m 755 $(FILLED)/runit/nullmta-flush $(DESTDIR)$(EXAMPLEDIR)/runit-nullmta-flush

uninstall:  ## remove what install made; configuration and queues stay
	set -e; for link in $(LINKS); do case $$(readlink $(DESTDIR)$$link) in \
		*/nullmta | nullmta) rm -f $(DESTDIR)$$link ;; esac; done
	rm -f $(DESTDIR)$(BINDIR)/nullmta $(DESTDIR)$(LIBEXECDIR)/nullmta-flush
	rm -f $(foreach p,$(notdir $(MAN_PAGES)),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(p)))/$(p)) \
		$(MAN1:%=$(DESTDIR)$(MANDIR)/man1/%.1)
	rm -f $(UNITS:%=$(DESTDIR)$(SYSTEMDUNITDIR)/%) $(HOOKS:%=$(DESTDIR)%) \
		$(USER_UNITS:%=$(DESTDIR)$(SYSTEMDUSERUNITDIR)/%) $(DESTDIR)$(TMPFILESDIR)/nullmta.conf
	rm -f $(addprefix $(DESTDIR)$(EXAMPLEDIR)/,cron.d openrc-nullmta-flush runit-nullmta-flush)
	rm -rf $(DESTDIR)$(DOCDIR)

# --- packages ----------------------------------------------------------------------

.PHONY: deb
DEB = $(abspath $(BUILD))/deb
# Debian wants its folder at the top of the source. What this make was told is not for its.
deb:  ## the Debian package, in build/deb; needs debhelper (make deps)
	rm -rf $(DEB) && mkdir -p $(DEB)/nullmta
	tar -c --exclude=./.git --exclude=./build . | tar -x -C $(DEB)/nullmta
	cp -r contrib/debian $(DEB)/nullmta/debian
	cd $(DEB)/nullmta && env -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc -b

clean:  ## remove build/
	rm -rf $(BUILD)

help:  ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 20
	@sed -n '/^#   make/s/^#//p' Makefile

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
