# SPDX-License-Identifier: Apache-2.0
# A thin front of Meson and Ninja. `make` builds, and installs nothing.
BUILD  ?= build
PREFIX ?= /usr/local
PYTHON := /usr/bin/python3

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet keel
	@mkdir -p $(BUILD)/compat
	@for n in nginx haproxy keepalived; do ln -sf ../keel $(BUILD)/compat/$$n; done

$(BUILD)/build.ninja:
	@command -v meson >/dev/null && command -v ninja >/dev/null || { echo "keel needs Meson and Ninja to build: run 'make deps' (as root) first" >&2; exit 1; }
	@meson setup --prefix $(PREFIX) $(BUILD) . >$(BUILD).log 2>&1 || { cat $(BUILD).log >&2; echo "the build could not be set up: 'make deps' (as root) installs what is missing" >&2; exit 1; }
	@rm -f $(BUILD).log

.PHONY: all
