# EventHub: `make run` to try it, `make test` to prove it, `make help` for the rest.
VERSION = 0.1.0

# Settings of make. These may come from the environment as well as from the command line ...
PREFIX ?= /usr/local
DESTDIR ?=
PORT ?= 8080
MAIL_PORT ?=
DB ?=
PEERS ?=
SUITE ?= trixie
ifeq ($(origin CC),default)
CC = gcc
endif
# ... and all others only from the command line, because in the environment their names may be meant for other programs.

PYTHON = /usr/bin/python3
BUILD = .build/release

WARNINGS = -Wall -Wextra -Werror -Wshadow -Wconversion -Wstrict-prototypes
HARDENING = -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE
OPTIMIZE = -O2
SANITIZE =
# A Debian root other than the machine's own, to build against and to run with: see test-mysql. Its path is relative, because
# make would split an absolute one at its blanks.
ROOT =
# Makes a path absolute and quotes it for the shell.
here = '$(subst ','\'',$(if $(filter /%,$(1)),,$(CURDIR)/)$(1))'
ifneq ($(ROOT),)
ROOT_LIB = $(firstword $(wildcard $(ROOT)/usr/lib/*-linux-gnu*))
ROOT_CFLAGS = --sysroot=$(ROOT)
ROOT_LDFLAGS = --sysroot=$(ROOT) -Wl,--disable-new-dtags -Xlinker -rpath -Xlinker $(call here,$(ROOT_LIB)) \
	-Xlinker --dynamic-linker -Xlinker $(call here,$(firstword $(wildcard $(ROOT)/usr/lib*/ld-linux*.so.*)))
PKG_CONFIG = PKG_CONFIG_SYSROOT_DIR=$(ROOT) PKG_CONFIG_LIBDIR=$(ROOT_LIB)/pkgconfig:$(ROOT)/usr/share/pkgconfig pkg-config
else
PKG_CONFIG = pkg-config
endif
# pkg-config is asked when its answer is first used, because a fresh machine gets it only from .ci/packages. The client library
# has the name mysqlclient whether it is Oracle's or MariaDB's.
LIBRARIES = libevent libevent_pthreads json-c libjwt libsodium libcrypto libcurl libidn2 zlib mysqlclient
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBRARIES)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(LIBRARIES)))$(PKG_LIBS)
# The number of the newest migration, which the shim expects its database to have.
MIGRATION := $(shell expr $(firstword $(subst _, ,$(notdir $(lastword $(sort $(wildcard migrations/[0-9]*_*.sql)))))) + 0)
# The names of both programs' settings, taken from their tables: they may share a .env, so each has to know the other's.
SETTINGS := $(shell sed -n 's/^ *{\("[A-Z_]*"\),.*/\1/p' shim/settings.c notifier/settings.c | LC_ALL=C sort -u | paste -sd,)
DEFINES = -D_GNU_SOURCE -DEVENTHUB_VERSION='"$(VERSION)"' -DEVENTHUB_MIGRATION=$(MIGRATION) -DEVENTHUB_SETTINGS='$(SETTINGS)'
ALL_CFLAGS = -std=gnu11 -I. $(DEFINES) $(WARNINGS) $(HARDENING) $(OPTIMIZE) -g $(SANITIZE) $(ROOT_CFLAGS) $(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,--as-needed -Wl,-z,relro -Wl,-z,now -pthread $(SANITIZE) $(ROOT_LDFLAGS) $(LDFLAGS)

COMMON = $(wildcard db/common/*.c) $(wildcard db/client/*.c)
SHIM = $(filter-out shim/main.c,$(wildcard shim/*.c shim/*/*.c))
NOTIFIER = $(filter-out notifier/main.c,$(wildcard notifier/*.c))
UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))

# --- Build

.PHONY: all
all: $(BUILD)/eventhub-shim $(BUILD)/eventhub-notifier

$(BUILD)/eventhub-shim: $(call objects,$(COMMON) $(SHIM) shim/main.c)
	@echo "  LINK $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/eventhub-notifier: $(call objects,$(COMMON) $(NOTIFIER) notifier/main.c)
	@echo "  LINK $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(call objects,$(COMMON) $(SHIM) $(NOTIFIER))
	@echo "  LINK $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lcmocka

# The programs that tests/bench/ measures with.
BENCH_TOOLS = $(patsubst %,$(BUILD)/tests/bench/%,load bare calls)
$(BUILD)/tests/bench/load: $(call objects,$(patsubst %,tests/bench/%.c,load load_command answer histogram script))
$(BUILD)/tests/bench/bare: $(call objects,tests/bench/bare.c)
$(BUILD)/tests/bench/calls: $(call objects,tests/bench/calls.c)
$(BENCH_TOOLS):
	@echo "  LINK $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC   $@"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# What is derived from other files is compiled anew when those change: a folder's time changes when a file comes or goes.
$(BUILD)/shim/api/routes.o $(BUILD)/shim/server.o: migrations
$(BUILD)/db/common/setting_names.o: shim/settings.c notifier/settings.c

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.SECONDARY:

# --- Help

.PHONY: help
help:
	@echo "make all        build $(BUILD)/eventhub-shim and eventhub-notifier; make alone does the same"
	@echo "make run        start everything on this machine, with demo data, and say what to try (PORT=$(PORT));"
	@echo "                DB=mysql runs it on real MySQL, wherever the machine's own database is MariaDB"
	@echo "make clean-run  forget the state that make run keeps in .run/"
	@echo
	@echo "make lint       look for faults without running anything: layout, clang-tidy, cppcheck, shellcheck, flake8"
	@echo "make format     lay the C sources out with clang-format"
	@echo "make unit       the tests of single C modules, which need no database"
	@echo "make check      the quick tests: unit, structure, HTTP, SQL (WORKERS=$(WORKERS) side by side)"
	@echo "make test       all tests, also under sanitizers, with faults, and in a browser"
	@echo "make test-mysql all tests on real MySQL with its own client library, fetched into .mysql/"
	@echo "make test-debian  the quick tests, and the manuals' commands, on a fresh Debian $(SUITE) (SUITE=sid, bookworm)"
	@echo "make mysql      fetch MySQL into .mysql/, as DB=mysql and make test-mysql do by themselves"
	@echo "make coverage   which lines and branches of the programs the unit, HTTP and notifier tests reach"
	@echo "make bench      how fast it is, as ratios of things measured side by side (CASES=\"register list\" for some;"
	@echo "                PEERS=1 measures a service in Node beside it, installed by npm below .build/)"
	@echo "make bench-table  what the last make bench found on each server, as tables in Markdown"
	@echo "make schema     write migrations/schema.txt anew, after a migration has been added"
	@echo
	@echo "make install    install below PREFIX=$(PREFIX) (and DESTDIR)"
	@echo "make clean      remove what was built; make clean-mysql and make clean-debian remove what was fetched"
	@echo "make help       print this"

# --- Packages and databases

# Every target that builds, runs or tests installs first what it needs.
.PHONY: packages-run packages-check packages-test packages-bench packages-lint
packages-run:
	@.ci/packages build run
packages-check:
	@.ci/packages build run check
packages-test:
	@.ci/packages build run check test
packages-bench:
	@.ci/packages build run bench
packages-lint:
	@.ci/packages build check lint

# MySQL 9.7 and its client library, from Debian unstable. They do not replace what the machine has.
MYSQL = .mysql
ON_MYSQL = MYSQLD=$(call here,$(MYSQL)/bin/mysqld) MYSQL_CLIENT=$(call here,$(MYSQL)/bin/mysql)
.PHONY: mysql
mysql:
	@.ci/packages mysql
	@.ci/mysql "$(MYSQL)"

# Begins a recipe that takes DB=mysql. A machine whose own server is MySQL needs no other one.
CHOOSE_DB = case "$(DB),$$(PATH=$$PATH:/usr/sbin:/sbin mysqld --no-defaults --version 2>/dev/null)" in \
	,*) ;; \
	mysql, | mysql,*MariaDB*) $(MAKE) --no-print-directory mysql && export $(ON_MYSQL) ;; \
	mysql,*) ;; \
	*) echo 'DB is "$(DB)": leave it out for the database that this machine has, or set it to mysql.' >&2; exit 2 ;; \
	esac

# --- Try it

.PHONY: run
run: packages-run
	@$(MAKE) --no-print-directory --silent all
	@$(CHOOSE_DB) && PORT="$(PORT)" MAIL_PORT="$(MAIL_PORT)" db/try/demo/run $(BUILD)

.PHONY: clean-run
clean-run:
	@! [ -e .run/lock ] || flock --nonblock .run/lock true || \
		{ echo "EventHub runs from this directory. Stop it first, with Ctrl-C where it was started." >&2; exit 1; }
	@db/try/instance stop .run
	rm -rf .run

# --- Tests

# Tests mostly wait (for timeouts, for locks, for servers to start), so there are more workers than processors. Each worker
# has a database server of its own, and all tests of one file run in one worker. WORKERS=0 runs everything in one process.
WORKERS ?= 4
PYTEST = $(PYTHON) -m pytest -q --numprocesses $(WORKERS) --dist loadfile

.PHONY: check
check: packages-check
	@$(MAKE) --no-print-directory --silent all
	@$(MAKE) --no-print-directory unit
	$(PYTEST) tests/structure tests/http tests/sql

.PHONY: unit
unit: $(UNIT_TESTS)
	@set -e; for test in $^; do $$test; done

ASAN = BUILD=.build/asan OPTIMIZE=-O1 HARDENING=-fPIE \
	SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"

TSAN = BUILD=.build/tsan OPTIMIZE=-O1 HARDENING=-fPIE SANITIZE=-fsanitize=thread

# Those that take longest begin first.
REST = tests/operation tests/demo tests/notifier tests/faults tests/tls tests/browser

.PHONY: test
test: packages-test check
	$(PYTEST) $(REST)
	@$(MAKE) --no-print-directory --silent $(ASAN) all
	@$(MAKE) --no-print-directory $(ASAN) unit
	EVENTHUB_SHIM=.build/asan/eventhub-shim EVENTHUB_NOTIFIER=.build/asan/eventhub-notifier \
		$(PYTEST) tests/http tests/faults tests/notifier --ignore tests/notifier/test_standin.py
	@$(MAKE) --no-print-directory --silent $(TSAN) all .build/tsan/tests/unit/test_workers \
		.build/tsan/tests/unit/test_able_workers
# Without address space randomisation, of which newer kernels do more than this sanitizer can take.
	setarch -R .build/tsan/tests/unit/test_workers
	setarch -R .build/tsan/tests/unit/test_able_workers
	EVENTHUB_SHIM=.build/tsan/eventhub-shim setarch -R $(PYTEST) tests/http/test_races.py \
		tests/http/test_limits.py tests/http/test_shutdown.py tests/http/test_lanes.py tests/http/test_overload.py

# Which lines and branches of the programs the tests reach. Counts are added up over all processes of one run.
COVERAGE = BUILD=.build/coverage OPTIMIZE=-O0 HARDENING=-fPIE SANITIZE="--coverage -fprofile-update=atomic"
.PHONY: coverage
coverage: packages-check
	@$(MAKE) --no-print-directory --silent $(COVERAGE) all
	@find .build/coverage -name '*.gcda' -delete
	@$(MAKE) --no-print-directory $(COVERAGE) unit
	status=0; EVENTHUB_SHIM=.build/coverage/eventhub-shim EVENTHUB_NOTIFIER=.build/coverage/eventhub-notifier \
		$(PYTEST) tests/http tests/notifier || status=$$?; \
		tests/coverage/report.py .build/coverage && exit $$status

# On MySQL with Oracle's client library all of it; then the mixed pairs, as deployments have them: the machine's own
# library (MariaDB's, on Debian) on MySQL, and Oracle's on the machine's own server. Those runs, and the one under sanitizers,
# show what another client library or server changes. They leave out the tests of HTTP alone, which another library or
# server cannot change and which take half of the time because they wait for timeouts.
WITHOUT_DATABASE = $(patsubst %,--ignore=tests/http/test_%.py,connections cors large_bodies limits shutdown smuggling \
	socket_activation tokens)
MYSQL_BUILD = BUILD=.build/mysql ROOT=$(MYSQL)/root
# The sanitizers' own libraries are in no root but the machine's.
MYSQL_ASAN = $(subst .build/asan,.build/mysql-asan,$(ASAN)) ROOT=$(MYSQL)/root LDFLAGS="-static-libasan -static-libubsan"
BY_MYSQL = EVENTHUB_SHIM=.build/mysql/eventhub-shim EVENTHUB_NOTIFIER=.build/mysql/eventhub-notifier
.PHONY: test-mysql
test-mysql: packages-test mysql
	@$(MAKE) --no-print-directory --silent all
	@$(MAKE) --no-print-directory --silent $(MYSQL_BUILD) all
	@$(MAKE) --no-print-directory $(MYSQL_BUILD) unit
	$(ON_MYSQL) $(BY_MYSQL) $(PYTEST) tests/http tests/sql
	$(ON_MYSQL) $(BY_MYSQL) $(PYTEST) $(REST) tests/parity
	@$(MAKE) --no-print-directory --silent $(MYSQL_ASAN) all
	$(ON_MYSQL) EVENTHUB_SHIM=.build/mysql-asan/eventhub-shim EVENTHUB_NOTIFIER=.build/mysql-asan/eventhub-notifier \
		$(PYTEST) tests/http tests/tls $(WITHOUT_DATABASE)
	$(ON_MYSQL) $(PYTEST) tests/http tests/tls $(WITHOUT_DATABASE)
# Where MariaDB's accounts need a plugin that libmysqlclient 9 no longer has within it.
	LIBMYSQL_PLUGIN_DIR=$(call here,$(MYSQL)/root/usr/lib/mysql/plugin) $(BY_MYSQL) $(PYTEST) tests/http tests/tls $(WITHOUT_DATABASE)

# On a machine that has nothing but a Debian suite's bare root, as root. As sid is every day another one, it is tried by
# hand: the next library that behaves otherwise is noticed there.
.PHONY: test-debian
test-debian: packages-check
	@.ci/debian $(SUITE) sh -c 'export DEBIAN_FRONTEND=noninteractive && apt-get -qq update && \
		apt-get -qq install --no-install-recommends make >/dev/null && make check && $(PYTEST) tests/tls'
# Each file has a machine of its own, which mostly waits for packages, so they run side by side.
	SUITE=$(SUITE) $(PYTEST) tests/debian

# --- Lint

.PHONY: lint
lint: packages-lint
	@.ci/lint -std=gnu11 -I. $(DEFINES) $(PKG_CFLAGS)

.PHONY: format
format:
	@.ci/packages format
	clang-format -i $(shell git ls-files '*.[ch]')

# --- Benchmarks

# CASES names all of them or some, for example CASES="notifier register large"; a name also stands for those that begin with it.
CASES = notifier all
SHIM_CASES = $(filter-out notifier,$(CASES))
PEER = $(if $(filter-out 0,$(PEERS)),--peers)
.PHONY: bench bench-table bench-tools
bench-tools: $(BENCH_TOOLS)
bench: packages-bench
	@$(MAKE) --no-print-directory --silent all bench-tools
	$(CHOOSE_DB) $(if $(filter notifier,$(CASES)),&& $(PYTHON) tests/bench/notifier.py) \
		$(if $(SHIM_CASES),&& $(PYTHON) tests/bench/shim.py $(PEER) $(SHIM_CASES))
bench-table:
	@$(PYTHON) tests/bench/markdown.py

# --- Schema

# Writes what the migrations make, with which migrations/migrate compares a database. Run it when a migration is added.
.PHONY: schema
schema: packages-run
	@set -e; dir=$$(mktemp -d); trap 'db/try/instance stop $$dir; rm -rf $$dir' EXIT; \
	db/try/instance start $$dir --disposable; \
	at="--no-defaults --socket=$$(db/try/instance socket $$dir) --user=root"; \
	migrations/migrate $$at eventhub 2>$$dir/log || [ $$? = 1 ]; \
	migrations/migrate --describe $$at eventhub >$$dir/schema || { cat $$dir/log; exit 1; }; \
	cp $$dir/schema migrations/schema.txt; wc -l migrations/schema.txt

# --- Install

INSTALLED = "$(DESTDIR)$(PREFIX)"
.PHONY: install
install: all
	install -d $(INSTALLED)/bin $(INSTALLED)/share/eventhub
	install $(BUILD)/eventhub-shim $(BUILD)/eventhub-notifier $(INSTALLED)/bin
# Files of an earlier version that this one does not have must not be deployed.
	rm -rf $(INSTALLED)/share/eventhub/db $(INSTALLED)/share/eventhub/migrations
	cp -R --parents db/accounts.sql db/README.md db/SERVERS.md db/functions db/procedures db/triggers db/views migrations $(INSTALLED)/share/eventhub
# Everybody may read them, even if the clone is readable for one user only.
	chmod -R a+rX $(INSTALLED)/share/eventhub
	install -d $(INSTALLED)/lib/systemd/system
	for unit in $(wildcard shim/*.service shim/*.socket notifier/*.service notifier/*.timer); do \
		sed 's|/usr/local|$(PREFIX)|' $$unit | install -m 644 /dev/stdin $(INSTALLED)/lib/systemd/system/$${unit##*/} || exit; \
	done
# It must not have this name in /etc/cron.d, because cron passes over names with a dot.
	sed 's|/usr/local|$(PREFIX)|' notifier/eventhub-notifier.cron | \
		install -m 644 /dev/stdin $(INSTALLED)/share/eventhub/eventhub-notifier.cron
	ln -sf ../share/eventhub/migrations/migrate $(INSTALLED)/bin/eventhub-migrate
	ln -sf ../share/eventhub/migrations/import $(INSTALLED)/bin/eventhub-import

# --- Clean

.PHONY: clean
clean:
	rm -rf .build

.PHONY: clean-mysql
clean-mysql:
	rm -rf .mysql

.PHONY: clean-debian
clean-debian:
	@[ ! -e .debian ] || $$([ "$$(id -u)" -eq 0 ] || echo sudo) rm -rf --one-file-system .debian
