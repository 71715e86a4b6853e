# nullmta: GNU make. `make` builds into build/; `make help` lists the targets.
CC ?= gcc
BUILD ?= build
CSTD = -std=c11 -D_GNU_SOURCE
WARN = -Wall -Wextra -Wconversion -Wformat=2 -Wvla -Wshadow -Wstrict-prototypes \
       -Wmissing-prototypes -Wpointer-arith -Wundef -Werror=format-security \
       -Werror=implicit-function-declaration
CFLAGS ?= -O2 -g
ALL_CFLAGS = $(CSTD) $(WARN) $(CFLAGS) -Isrc -include src/base/banned.h -MMD -MP
LIBS_SUBMIT = -liniparser
LIBS_FLUSH = -liniparser -lidn2 -lresolv

ROOM_SRC = $(wildcard src/*/*.c)
ROOM_OBJ = $(ROOM_SRC:src/%.c=$(BUILD)/obj/%.o)
UNIT_SRC = $(wildcard tests/unit/t_*.c)
UNIT_BIN = $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)

.PHONY: all check-quick clean
all:

$(BUILD)/libnullmta.a: $(ROOM_OBJ)
	rm -f $@
	ar rcs $@ $^

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libnullmta.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $< $(BUILD)/libnullmta.a -lcmocka $(LIBS_FLUSH)

check-quick: $(UNIT_BIN)
	@for t in $(UNIT_BIN); do $$t || exit 1; done

clean:
	rm -rf $(BUILD)

-include $(ROOM_OBJ:.o=.d) $(UNIT_BIN:=.d)
