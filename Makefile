# gazetted: `make run` to try it, `make check` to test it. Variants live in build/VARIANT.

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC := gcc
endif
PYTHON ?= /usr/bin/python3
CLANG ?= clang
V ?= release

# PostgreSQL beside SQLite, where libpq is there (`--version` says so); `make LIBPQ=` without.
LIBPQ := $(shell pkg-config --exists libpq 2>/dev/null && echo libpq)
PACKAGES := libxml-2.0 libcurl openssl sqlite3 yaml-0.1 jansson md4c zlib libbrotlienc \
	libqrencode libutf8proc libseccomp $(LIBPQ)
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wwrite-strings \
	-Wcast-qual -Wpointer-arith -Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough \
	-Wnull-dereference -Wdouble-promotion -fno-common
# Loaded only when something is to be compiled, so that `make deps` works without pkg-config.
PC_CFLAGS = $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null | sed 's/-I/-isystem /g')
PC_LIBS = $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lev -lm
PC_CFLAGS := $(PC_CFLAGS)
PC_LIBS := $(PC_LIBS)

FLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2
FLAGS_test := -O1 -g -Werror -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
FLAGS_tsan := -O1 -g -Werror -fsanitize=thread -fno-omit-frame-pointer
FLAGS_coverage := -O0 -g --coverage
FLAGS_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
HARDEN := -fstack-protector-strong -fPIE
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DGAZETTED_VERSION='"$(VERSION)"' -I. -pthread \
	$(WARNINGS) $(HARDEN) $(FLAGS_$(V)) $(PC_CFLAGS) $(if $(LIBPQ),-DHAVE_LIBPQ) $(CFLAGS)
ALL_LDFLAGS = -pthread -pie -Wl,-z,relro,-z,now \
	$(filter -fsanitize=% --coverage,$(subst fuzzer-no-link$(comma),,$(FLAGS_$(V)))) $(LDFLAGS)
comma := ,

B := build/$(V)
FEEDS := $(wildcard feeds/*.c feeds/base/*.c feeds/*/*.c)
FEEDS := $(sort $(FEEDS))
DAEMON := $(filter-out daemon/main.c daemon/control/gazettectl.c \
	$(if $(LIBPQ),,daemon/store/postgres%),$(wildcard config/*.c daemon/*.c daemon/*/*.c))
UNIT := $(wildcard tests/unit/test_*.c)
FUZZ := $(wildcard tests/fuzz/fuzz_*.c)
obj = $(patsubst %.c,$(B)/%.o,$(1))

.PHONY: all deps run check units fuzzers check-release check-tsan check-systemd deb \
	check-deb lint \
	browser bench bench-archive fuzz coverage install uninstall clean
all: $(B)/gazetted $(B)/gazettectl

# Once for a build directory: a library that is missing is said in words.
$(B)/packages:
	@mkdir -p $(@D)
	@pkg-config --exists --print-errors $(PACKAGES) && touch $@ || { \
		echo "what gazetted is built with is not all here; make deps installs it" >&2; \
		exit 1; }
$(B)/%.o: %.c Makefile | $(B)/packages
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/daemon/site/page_style.o: daemon/site/feed.css
$(B)/daemon/control/admin_style.o: daemon/control/admin.css
$(B)/libfeeds.a: $(call obj,$(FEEDS))
	@rm -f $@ && ar rcs $@ $^
$(B)/libdaemon.a: $(call obj,$(DAEMON))
	@rm -f $@ && ar rcs $@ $^
$(B)/gazetted: $(call obj,daemon/main.c) $(B)/libdaemon.a $(B)/libfeeds.a
	$(CC) -o $@ $^ $(ALL_LDFLAGS) $(PC_LIBS)
$(B)/gazettectl: $(call obj,daemon/control/gazettectl.c) $(B)/libdaemon.a $(B)/libfeeds.a
	$(CC) -o $@ $^ $(ALL_LDFLAGS) $(PC_LIBS)
# Compared with llhttp, whose C source Debian's node-llhttp has; without it that test is skipped.
$(B)/tests/unit/test_http_llhttp.o $(B)/tests/unit/llhttp.o: \
	PC_CFLAGS += -isystem /usr/share/llhttp -isystem /usr/share/include/llhttp
$(B)/tests/unit/test_http_llhttp: $(B)/tests/unit/llhttp.o
$(addprefix $(B)/tests/unit/test_http_,cost limits server): $(B)/tests/unit/http_rig.o
$(addprefix $(B)/tests/unit/test_hub_,changes external fanout post private tasks verify): \
	$(B)/tests/unit/hub_stage.o
$(B)/tests/unit/test_%: $(B)/tests/unit/test_%.o $(B)/tests/unit/harness.o \
		$(B)/libdaemon.a $(B)/libfeeds.a
	$(CC) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(ALL_LDFLAGS) $(PC_LIBS)
$(B)/tests/unit/test_store $(B)/tests/unit/test_store_jobs $(B)/tests/unit/test_store_nodes \
	$(B)/tests/unit/test_store_postgres: $(B)/tests/unit/store_engines.o
# Replays its corpus in `make check`; the same source is a libFuzzer target in `make fuzz`.
$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o \
		$(B)/libdaemon.a $(B)/libfeeds.a
	$(CC) -o $@ $^ $(ALL_LDFLAGS) $(PC_LIBS)
$(B)/tests/bench/%: $(B)/tests/bench/%.o $(B)/libdaemon.a $(B)/libfeeds.a
	$(CC) -o $@ $^ $(ALL_LDFLAGS) $(PC_LIBS)
$(B)/tests/bench/%.so: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O1 -Wall -Wextra -fPIC -shared -o $@ $< -ldl
.SECONDARY:

deps:
	@tests/deps.sh

run: deps
	@$(MAKE) --no-print-directory -s all
	@tests/run-demo.sh $(B)/gazetted

units: $(patsubst %.c,$(B)/%,$(UNIT)) $(patsubst %.c,$(B)/%,$(FUZZ))

check: deps
	@$(MAKE) --no-print-directory -s -j$$(nproc) V=test all units hub-tools \
		compile_commands.json
	@$(PYTHON) tests/run.py --build build/test --slowest 10

check-release:
	@$(MAKE) --no-print-directory -s V=release all units hub-tools
	@$(PYTHON) tests/run.py --build build/release

check-tsan:
	@$(MAKE) --no-print-directory -s V=tsan all units
	@$(PYTHON) tests/run.py --build build/tsan --only threads

# The units under a real systemd, booted in namespaces; says so where that cannot be.
check-systemd: all
	@$(PYTHON) tests/system/boot/check_systemd.py

# The Debian package, built from a copy of the tree: build/deb/gazetted_VERSION_ARCH.deb.
deb:
	@rm -rf build/deb && mkdir -p build/deb/gazetted-$(VERSION)
	@tar -c --exclude=./build --exclude=./.git --exclude=__pycache__ . | \
		tar -x -C build/deb/gazetted-$(VERSION)
	@cd build/deb/gazetted-$(VERSION) && dpkg-buildpackage -b -us -uc >../build.log 2>&1 || \
		{ tail -30 ../build.log; exit 1; }
	@ls build/deb/*.deb

# The package judged by lintian; installed, upgraded and purged in a booted Debian.
check-deb: deb
	@$(PYTHON) tests/system/boot/check_deb.py build/deb

lint:
	@$(PYTHON) tests/run.py --build build/test --only lint

# Pictures of every page in every look: build/screenshots.
browser: deps
	@npm ci --silent --prefix tests/browser || true # without it that test is skipped
	@$(MAKE) --no-print-directory -s V=test all
	@$(PYTHON) tests/run.py --build build/test --only browser

bench: all
	@$(PYTHON) tests/bench/run.py --build $(B)
.PHONY: bench-http
bench-http: all $(addprefix $(B)/tests/bench/,load bare sink fill_subs)
	@GAZETTED_BUILD=$(CURDIR)/$(B) $(PYTHON) tests/bench/http_bench.py $(BENCH)

# Mixed load for SOAK_SECONDS; what it leaves behind is looked at.
SOAK_SECONDS ?= 3600
.PHONY: soak
soak:
	@$(MAKE) --no-print-directory -s V=release all
	@GAZETTED_BUILD=$(CURDIR)/build/release $(PYTHON) tests/bench/soak.py \
		--seconds $(SOAK_SECONDS)

# Subscriptions, pages and steps: SQLite against PostgreSQL, in turn, on one disk.
.PHONY: bench-store
bench-store: all $(B)/tests/bench/bench_store
	@$(PYTHON) tests/bench/store.py --build $(B)
# N articles: a cold start, a restart, one article more, and the memory; Hugo as the peer.
N ?= 10000
.PHONY: bench-ledger
bench-ledger: all
	@$(PYTHON) tests/bench/ledger.py --build $(B)
bench-archive: all
	@$(PYTHON) tests/bench/archive.py --build $(B) --count $(N) $(if $(HUGO),--hugo)

coverage:
	@$(MAKE) --no-print-directory -s V=coverage all units hub-tools
	@$(PYTHON) tests/run.py --build build/coverage
	@cd build/coverage && gcov -r -s $(CURDIR) $$(find . -name '*.gcda' ! -path './tests/*') \
		2>/dev/null | grep -A1 "^File" | tail -400

# Articles a second of every format; also a part of `make bench`.
.PHONY: bench-parse
bench: $(B)/tests/bench/bench_parse
bench-parse: $(B)/tests/bench/bench_parse
	@$(PYTHON) tests/bench/parse.py $(B)

# FUZZ_SECONDS for each target, the corpus in tests/fuzz/corpus/NAME.
FUZZ_SECONDS ?= 60
fuzz:
	@$(MAKE) --no-print-directory -s V=fuzz CC=$(CLANG) fuzzers
	@for f in $(notdir $(basename $(FUZZ))); do \
		mkdir -p build/fuzz/found/$$f; \
		build/fuzz/tests/fuzz/lf_$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
			-rss_limit_mb=4096 -artifact_prefix=build/fuzz/found/$$f- \
			build/fuzz/found/$$f tests/fuzz/corpus/$${f#fuzz_} tests/corpus || exit 1; \
	done
	@$(MAKE) --no-print-directory -s V=test build/test/tests/unit/test_http_llhttp
	@LLHTTP_SEED=$$(date +%s%N) LLHTTP_ROUNDS=$$(($(FUZZ_SECONDS) * 100000)) \
		build/test/tests/unit/test_http_llhttp
fuzzers: $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/lf_%,$(FUZZ))
$(B)/tests/fuzz/lf_%: $(B)/tests/fuzz/%.o $(B)/libdaemon.a $(B)/libfeeds.a
	$(CC) -fsanitize=fuzzer,address,undefined -o $@ $^ -pthread -pie $(PC_LIBS)

.PHONY: bench-hub bench-nodes hub-tools crash
# What the hub's benches and crash tests are done with: see tests/bench/hub.py.
HUB_TOOLS := $(addprefix $(B)/tests/bench/,sink post fill_subs slow_dns.so jump_clock.so)
hub-tools: $(HUB_TOOLS)
bench-hub: all $(HUB_TOOLS)
	@$(PYTHON) tests/bench/hub.py --build $(B) $(HUB_BENCH)
# Several nodes on PostgreSQL beside one on SQLite, and what fails: SUBS=1000000 for more.
SUBS ?= 200000
bench-nodes: all $(HUB_TOOLS)
	@$(PYTHON) tests/bench/nodes.py --build $(B) --subs $(SUBS)
# kill -9 at random moments of a fan-out; CRASH=--jumps sets the clock meanwhile.
ROUNDS ?= 200
crash: all $(HUB_TOOLS)
	@GAZETTED_BUILD=$(CURDIR)/$(B) $(PYTHON) -m tests.system.crash --rounds $(ROUNDS) $(CRASH)

compile_commands.json: Makefile
	@$(PYTHON) tests/compile_commands.py '$(CC) $(subst ','\'',$(ALL_CFLAGS))' \
		$(FEEDS) $(DAEMON) daemon/main.c daemon/control/gazettectl.c $(UNIT) >$@

MAN7 := daemon/gazetted-nodes.7
MAN8 := daemon/gazetted.8 daemon/gazettectl.8
MAN5 := config/gazetted.yaml.5 feeds/gazetted-article.5
UNITS := gazetted.service gazetted.socket gazetted-backup.service gazetted-backup.timer
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man5 \
		$(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)$(PREFIX)/share/doc/gazetted \
		$(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/sysusers.d \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions \
		$(DESTDIR)$(PREFIX)/share/zsh/vendor-completions
	install -m 755 $(B)/gazetted $(B)/gazettectl $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(MAN8) $(DESTDIR)$(PREFIX)/share/man/man8
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man7 $(MAN7)
	install -m 644 $(MAN5) $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 README.md config/gazetted.yaml $(DESTDIR)$(PREFIX)/share/doc/gazetted
	install -m 644 daemon/control/gazettectl.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/gazettectl
	install -m 644 daemon/control/_gazettectl \
		$(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_gazettectl
	install -m 644 systemd/publish-only.conf systemd/grafana.json \
		$(DESTDIR)$(PREFIX)/share/doc/gazetted
	install -m 644 systemd/gazetted.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/gazetted.conf
	install -m 644 systemd/gazetted.tmpfiles \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/gazetted.conf
	for unit in $(UNITS); do \
		sed 's,/usr/bin/gazett,$(PREFIX)/bin/gazett,g' systemd/$$unit \
			>$(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit && \
		chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit || exit 1; \
	done

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/gazetted $(DESTDIR)$(PREFIX)/bin/gazettectl \
		$(addprefix $(DESTDIR)$(PREFIX)/share/man/man8/,$(notdir $(MAN8))) \
		$(addprefix $(DESTDIR)$(PREFIX)/share/man/man7/,$(notdir $(MAN7))) \
		$(addprefix $(DESTDIR)$(PREFIX)/share/man/man5/,$(notdir $(MAN5))) \
		$(addprefix $(DESTDIR)$(PREFIX)/lib/systemd/system/,$(UNITS)) \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/gazetted.conf \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/gazetted.conf \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/gazettectl \
		$(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_gazettectl
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/gazetted

clean:
	rm -rf build compile_commands.json

-include $(shell find $(B) -name '*.d' 2>/dev/null)
