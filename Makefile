# make run     builds everything and starts a demo that needs nothing else
# make test    installs what it needs and runs every test
# make check   format, lints, docs, dependencies, layers
# make bench   what calls and registered lines cost, beside Kamailio: a short run (bench/README.md has the long ones)
# make generated, make samples, make images   write files that are made from others

.PHONY: run test check bench generated samples images build-tools web-app web-check browser-driver

run: build-tools web-app
	cargo run --locked --bin offhook -- demo

test:
	scripts/test

check:
	scripts/check

bench: build-tools web-app
	scripts/install-test-tools
	cargo build --locked --release --bin offhook
	bench/bench.py quick

# Writes what is generated from the Rust types: the browser app's types, the table of causes.
generated:
	OFFHOOK_GENERATE=1 cargo test --locked --lib generated

# Captures pcap-samples/ anew from a real call each way. Needs the right to capture on lo.
samples: web-app browser-driver
	cargo test --locked --test system captures_are_made -- --ignored

# Takes the pictures in docs/images/ anew.
images: web-app browser-driver
	cargo test --locked --test system pictures_are_taken -- --ignored

build-tools:
	@scripts/install-build-tools

# The browser app, built when one of its sources is newer than the last build.
web_sources := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)

web-app: web/dist/index.html

web/dist/index.html: web/node_modules/.package-lock.json $(web_sources)
	cd web && npm run build
	@touch $@

web-check: web/node_modules/.package-lock.json
	cd web && npm run check

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

browser-driver: tests/browser/node_modules/.package-lock.json

tests/browser/node_modules/.package-lock.json: tests/browser/package-lock.json
	cd tests/browser && npm ci --no-audit --no-fund
	@touch $@
