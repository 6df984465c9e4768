# EventHub: `make run` to try it, `make test` to prove it, `make help` for the rest.
VERSION = 0.1.0

PREFIX = /usr/local
DESTDIR =
PYTHON = /usr/bin/python3
BUILD = .build/release

CC = gcc
WARNINGS = -Wall -Wextra -Werror -Wshadow -Wconversion -Wstrict-prototypes
HARDENING = -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE
OPTIMIZE = -O2
SANITIZE =
# Lazily: the client library is under either of two names, and neither is there before `make packages`.
LIBRARIES = libevent libevent_pthreads json-c libjwt libsodium
PKG_CFLAGS = $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null) $(shell mysql_config --include 2>/dev/null)
PKG_LIBS = $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null) $(shell mysql_config --libs 2>/dev/null)
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DEVENTHUB_VERSION='"$(VERSION)"' $(WARNINGS) $(HARDENING) $(OPTIMIZE) -g $(SANITIZE) \
	$(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro -Wl,-z,now -pthread $(SANITIZE) $(LDFLAGS)

COMMON = $(wildcard db/common/*.c) $(wildcard db/client/*.c)
SHIM = $(wildcard shim/*.c)
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))

.PHONY: all
all: $(BUILD)/eventhub-shim

$(BUILD)/eventhub-shim: $(call objects,$(COMMON) $(SHIM))
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(patsubst %.o,%.d,$(call objects,$(COMMON) $(SHIM)))
