# SPDX-License-Identifier: Apache-2.0
# A thin front of Meson and Ninja. `make` builds, and installs nothing.
BUILD  ?= build
PREFIX ?= /usr/local
DESTDIR ?=
# gcc joins the rooms where it links, which the path of a request is the shorter for; clang would need a linker of its own
LTO    ?= $(shell $(CC) --version 2>/dev/null | grep -qi clang || echo -Db_lto=true)
# as many jobs as processors; make JOBS=1 for small machines
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) -j $(JOBS) --quiet keel
	@mkdir -p $(BUILD)/compat
	@for n in nginx haproxy keepalived; do ln -sf ../keel $(BUILD)/compat/$$n; done

$(BUILD)/build.ninja:
	@command -v meson >/dev/null && command -v ninja >/dev/null || { echo "keel needs Meson and Ninja to build: run 'make deps' (as root) first" >&2; exit 1; }
	@meson setup --prefix $(abspath $(PREFIX)) $(LTO) $(BUILD) . >$(BUILD).log 2>&1 || { cat $(BUILD).log >&2; rm -f $(BUILD).log; echo "the build could not be set up: 'make deps' (as root) installs what is missing" >&2; exit 1; }
	@rm -f $(BUILD).log

# Installs what is missing to build and test; nothing when all is there.
deps:
	@tools/deps

# Builds and shows the balancer in front of toy backends, until Ctrl-C.
demo:
	@tools/deps build
	@$(MAKE) --no-print-directory all
	@exec $(BUILD)/keel demo

# What a machine can judge in a few minutes: warnings as errors, layers, headers, formats ...
lint:
	@tools/deps
	@tools/lint --fast

# The same, and clang-tidy over everything; what it has found clean is remembered.
tidy:
	@tools/deps
	@tools/lint

# Every test: units twice under sanitizers (slabs and arenas on, and as plain malloc), then the plays.
# TESTS=unit, TESTS=threads (what threads share, under ThreadSanitizer) or TESTS=plays runs one part.
test:
	@tools/deps
	@tools/run-tests $(TESTS)

# Each fuzz target for FUZZ_SECONDS on its corpus.
FUZZ_SECONDS ?= 60
fuzz:
	@tools/deps
	@tools/run-fuzz $(FUZZ_SECONDS)

bench: all
	@test -x tests/bench/run || { echo "there is no tests/bench/run in this tree" >&2; exit 1; }
	@tests/bench/run

install: all
	@meson setup --reconfigure --prefix $(abspath $(PREFIX)) $(BUILD) >/dev/null
	@ninja -C $(BUILD) --quiet
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild --quiet

# build/peers stays: it was downloaded.
clean:
	@for f in $(BUILD)/* $(BUILD)/.[!.]*; do case "$$f" in $(BUILD)/peers) ;; *) rm -rf "$$f" ;; esac; done

.PHONY: all deps demo lint tidy test fuzz bench install clean
