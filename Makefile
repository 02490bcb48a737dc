# cardlink: build, run and test on a Debian machine with Swift.
# `make help` lists the targets. One build at a time: SwiftPM holds its folder.

SHELL := /bin/bash
comma := ,
CARDLINK := .build/release/cardlink
PIPELINE ?= pipelines/nightly.yaml
# The business date of the sample data.
AS_OF ?= 2026-11-23
# What the command needs on the host that it is copied to: C libraries, and no Swift. Neither the folder
# of the build is in it nor a build id, which depends on that folder.
STATIC := --static-swift-stdlib -Xcc -ffile-prefix-map=$(CURDIR)=. -Xlinker --build-id=none
# The store in PostgreSQL: tested where libpq's headers are, built in with `make build PostgreSQL=1`. The console is tested
# everywhere; the command itself is built without its web framework.
LIBPQ := $(shell pkg-config --exists libpq 2>/dev/null && echo 1)
TEST_TRAITS := --traits $(if $(LIBPQ),PostgreSQL$(comma))Console
BUILD_TRAITS := $(if $(PostgreSQL),--traits PostgreSQL)
# `cardlink --version` shows both. They depend on the commit alone, so that builds are reproducible.
export CARDLINK_COMMIT ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null)$(shell git diff --quiet HEAD 2>/dev/null || echo -changed)
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)
PACKAGES := libxml2-dev libsqlite3-dev zlib1g-dev pkg-config

.PHONY: help run console build-console test test-packages test-attestations test-console test-serve quick build install uninstall tarball deb test-deb \
  image test-image reproducible test-install libraries format lint sample-data reference bench bench-scale bench-duckdb \
  bench-numbers bench-check instructions soak fuzz clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Install what is missing, build, run the nightly pipeline on the sample data, then a base and its deltas
	$(CARDLINK) run $(PIPELINE) --as-of $(AS_OF)
	$(if $(filter pipelines/nightly.yaml,$(PIPELINE)),$(CARDLINK) run pipelines/series.yaml --as-of $(AS_OF))

console: build-console ## Serve the console on the sample data, after a run where there is none, and print its link
	[ -e var/nightly/runs ] || .build-console/release/cardlink run $(PIPELINE) --as-of $(AS_OF)
	.build-console/release/cardlink console $(PIPELINE)

build-console: libraries ## Build the command with the console's program beside it, which `make install` then installs too
	for product in cardlink cardlink-console cardlink-serve; do \
	  swift build -c release --product $$product $(STATIC) --traits $(if $(PostgreSQL),PostgreSQL$(comma))Console \
	    --scratch-path .build-console || exit; \
	done

test: libraries ## Install what is missing, build and run all tests
	swift build --build-tests $(TEST_TRAITS)
	scripts/test $(TEST_TRAITS)

test-packages: build ## Check packages with outside tools: bagit, fhir.resources, xmllint, openssl, age
	scripts/outside-tools
	scripts/test-packages $(CARDLINK)

test-attestations: ## Let PyPI's sd-jwt and openvc-core check our attestations and status lists
	scripts/test-attestations .build/debug/cardlink

test-console: ## Open each screen of the console in Chromium, with axe, by keyboard and while a run works (SCREENSHOTS=folder)
	scripts/outside-tools
	scripts/test-console .build/debug

test-serve: ## Ask cardlink serve as programs and attackers do, and by schemathesis
	scripts/outside-tools
	scripts/test-serve .build/debug

quick: libraries ## The fast tests only: values, rules, extract and module imports
	CARDLINK_QUICK=1 swift test $(TEST_TRAITS)

build: libraries ## Build the command in release mode
	swift build -c release --product cardlink $(STATIC) $(BUILD_TRAITS)

install: ## Install the built command on this host, with manual, completions and units (PREFIX, SYSCONFDIR, DESTDIR)
	PREFIX="$(PREFIX)" SYSCONFDIR="$(SYSCONFDIR)" DESTDIR="$(DESTDIR)" CARDLINK=$(CARDLINK) \
	  CARDLINK_CONSOLE=$(wildcard .build-console/release/cardlink-console) scripts/install install

uninstall: ## Remove what install installed; pipeline files and workspaces stay
	PREFIX="$(PREFIX)" SYSCONFDIR="$(SYSCONFDIR)" DESTDIR="$(DESTDIR)" scripts/install uninstall

tarball: build ## One archive for hosts without Swift: tar -C / -xzf it
	scripts/tarball $(CARDLINK)

deb: build ## A Debian package, and the list of its parts (SPDX) beside it
	scripts/deb $(CARDLINK)

test-deb: deb ## Let lintian look at the package; install, upgrade and remove it in empty Debian 12 and 13 (root; BEFORE=older.deb)
	scripts/test-deb .build/cardlink_$$(scripts/version $(CARDLINK))-*.deb $(BEFORE)

image: deb ## An OCI image of the package, made without an engine, and the list of its parts
	scripts/image .build/cardlink_$$(scripts/version $(CARDLINK))-*.deb

test-image: image ## Run a night in the image, not as root, on a read-only root (root)
	scripts/test-image .build/cardlink_$$(scripts/version $(CARDLINK))-*.oci.tar

reproducible: ## Build twice from fresh clones; command, package, image and lists of parts are the same bytes
	scripts/reproducible

test-install: build ## Install into an empty root and run the night there, without Swift (root)
	scripts/test-install $(CARDLINK)

libraries: ## Install the C libraries and headers that are missing
	@scripts/debian-packages $(PACKAGES)

format: ## Format all Swift files
	swift format format --in-place --parallel --recursive Package.swift Sources Tests

lint: ## Check the formatting (`make format` mends it), and the scripts with shellcheck
	swift format lint --strict --parallel --recursive Package.swift Sources Tests
	scripts/lint-scripts

sample-data: build ## Write sample-data again (the same seed gives the same bytes)
	scripts/sample-data $(CARDLINK)

reference: build ## Write the JSON Schema of the pipeline file and the tables of docs/pipeline-file.md
	$(CARDLINK) reference > pipelines/pipeline.schema.json
	page="$$($(CARDLINK) reference docs/pipeline-file.md; echo .)" && printf %s "$${page%.}" > docs/pipeline-file.md

bench: build ## Time the stages on ten million invented people as CSV and as XML, within the bound on memory (PEOPLE=n FORMATS=csv; 16 GB of disk)
	scripts/bench $(CARDLINK) $(or $(PEOPLE),10000000)

bench-scale: build ## Time per record at several sizes, as a table and as docs/scale.svg (SIZES="1000000 3000000")
	scripts/bench-scale $(CARDLINK) "$(or $(SIZES),1000000 3000000 10000000)"

bench-duckdb: build ## The same job in cardlink and in DuckDB's SQL on the same exports, and the ratio (PEOPLE=n)
	scripts/bench-duckdb $(CARDLINK) $(or $(PEOPLE),1000000)

bench-numbers: build ## What the numbers of 2025 change and cost: outcomes, a million records of two persons, a night that renumbers all cards (PEOPLE=n)
	scripts/bench-numbers $(CARDLINK) $(or $(PEOPLE),4000000)

bench-check: build ## Time card checks against a store of a million invented people (PEOPLE=n for more)
	scripts/bench-check $(CARDLINK) $(or $(PEOPLE),1000000)

instructions: build ## Count each stage's instructions per thousand records; fails 5 % above Tests/instructions.txt (WRITE=1 writes it)
	scripts/instructions $(CARDLINK) $(if $(WRITE),write)

fuzz: libraries ## Let libFuzzer invent files to extract and stage (SECONDS=n, default 60)
	scripts/fuzz $(or $(SECONDS),60)

soak: libraries ## Kill a hundred runs at random moments; each next run must end with the same store (KILLS=n for more)
	swift build --build-tests $(TEST_TRAITS)
	CARDLINK_SOAK=$(or $(KILLS),100) scripts/test $(TEST_TRAITS) --filter 'CrashTests'

clean: ## Remove what was built and what the sample run left
	rm -rf .build var
