# Every habit in one word.
#
#   make demo                    the whole story on a private server, in a minute or two (KEEP=1 leaves it running)
#   make test                    everything, on PostgreSQL 15, 17 and 18 (VERSIONS="15" for one)
#   make test-ad                 logins of an Active Directory's accounts: a Samba domain controller (root has to run it)
#   make bench                   figures into benches/, in about twenty-five minutes (BENCH=adding, audits, client, guard, memory or one for one report)
#   make bench-smoke             whether all of that runs, with few principals
#   make check                   format, lints, documentation, generated SQL
#   make install PG_CONFIG=...   into an existing server
#   make deb                     Debian packages into target/packages (VERSIONS="15" for one)
#   make docker                  images of a PostgreSQL like RDS, of a KDC and of a client (docs/docker.md)
#   make test-docker             tries them, with a Docker engine of its own where there is none
#   make test-packages           tries them, each in a Debian that has nothing else in it
#   make test-upgrade            upgraded equals fresh, released scripts are as released (part of make test)
#   make tarball                 the source, as .tar.gz and, for PGXN, .zip
#   make release-check           the tarball builds, the crates can be published (uploads nothing)
#   make freeze                  at a release: from here on its SQL scripts never change
#   make sql                     writes the install script anew after a change of the SQL functions
#   make clean                   removes target/, our own builds of PostgreSQL included

VERSIONS ?= 15 17 18
VERSION ?= 15
PG_CONFIG ?= pg_config
PROFILE ?= release
# The tests run a build with assertions, the benchmark an optimised one.
STAGE_PROFILE ?= dev
STAGE := target/stage-$(STAGE_PROFILE)
CARGO ?= cargo

EXTENSION := pg_kerbrole
EXTVERSION := $(shell sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
INSTALL_SQL := pg_kerbrole/install/$(EXTENSION)--$(EXTVERSION).sql
PGRX_VERSION := $(shell sed -n 's/^pgrx = "=\(.*\)"/\1/p' Cargo.toml)
CARGO_PGRX := target/tools/bin/cargo-pgrx

# pgrx declares the Rust version after the one that it needs: it builds with 1.95. With a newer Rust the flag does nothing.
PGRX_FLAGS := --ignore-rust-version

# What a Debian release carries: 15 is bookworm's, 17 trixie's.
DEB_VERSIONS := $(filter 15 17,$(VERSIONS))

target_dir = target/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))
major_of = $$($(1) --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/')

.PHONY: bench bench-smoke packages-bench deb demo docker test test-docker test-docker-here test-e2e test-kerberos test-ad logins test-packages test-upgrade regression-tests stage check fmt clippy doc check-sql check-released freeze tarball release-check sql install uninstall packages packages-demo packages-ad clean

# --- trying it -------------------------------------------------------------------------------------------------------

demo: packages-demo
	@$(MAKE) --no-print-directory stage VERSIONS=$(VERSION)
	@echo "Building the demo ..."
	@$(CARGO) build -q $(PGRX_FLAGS) -p kerbrole-tests --bin demo
	@KERBROLE_TEST_VERSIONS=$(VERSION) KEEP=$(KEEP) target/debug/demo

packages-demo:
	@tests/servers/install-packages $(VERSION)

# --- testing ---------------------------------------------------------------------------------------------------------

test: packages regression-tests
	$(CARGO) test -q $(PGRX_FLAGS) -p kerbrole-core -p kerbrole-client --no-default-features
	$(CARGO) test -q $(PGRX_FLAGS) -p kerbrole-client --features cli --bins
	@$(MAKE) --no-print-directory test-kerberos TESTS=
	@$(MAKE) --no-print-directory test-e2e

packages:
	@tests/servers/install-packages --tests $(VERSIONS)

# TESTS="names::" runs only the tests whose names contain that.
test-e2e: stage
	$(CARGO) build -q $(PGRX_FLAGS) -p kerbrole-client --features cli --bins --examples
	KERBROLE_TEST_VERSIONS="$(VERSIONS)" $(CARGO) test -q $(PGRX_FLAGS) -p kerbrole-tests --test e2e -- $(TESTS)

# Who can log in, and who cannot: compared with docs/logins.md.
test-kerberos: packages stage
	KERBROLE_TEST_VERSIONS="$(VERSIONS)" $(CARGO) test -q $(PGRX_FLAGS) -p kerbrole-tests --test logins -- $(TESTS)

packages-ad:
	@tests/servers/install-packages --tests --ad $(VERSIONS)

test-ad: packages-ad
	@$(MAKE) --no-print-directory stage VERSIONS="$(VERSIONS)"
	$(CARGO) build -q $(PGRX_FLAGS) -p kerbrole-client --features cli --bins
	KERBROLE_TEST_VERSIONS="$(VERSIONS)" $(CARGO) test -q $(PGRX_FLAGS) -p kerbrole-tests --test ad -- $(TESTS)

# Writes docs/logins.md and docs/logins-active-directory.md anew.
logins:
	@KERBROLE_WRITE_REPORT=1 $(MAKE) --no-print-directory test-kerberos test-ad

# PostgreSQL's own regression tests, which the tests run with the library loaded.
regression-tests: packages
	@for major in $(VERSIONS); do tests/servers/regression-tests $$major >/dev/null || exit 1; done

# What `make install` would put into each server, kept apart: the tests put it into copies of their own.
stage: $(addprefix stage-,$(VERSIONS))

stage-%:
	@pg_config=$$(tests/servers/pg-config $*) \
	  && $(MAKE) --no-print-directory install PROFILE=$(STAGE_PROFILE) PG_CONFIG=$$pg_config DESTDIR=$(CURDIR)/$(STAGE)/$*/root \
	  && echo $$pg_config > $(STAGE)/$*/pg_config

# An upgraded extension equals a fresh one, a new library serves an old catalogue, and released scripts are as released.
test-upgrade:
	@$(MAKE) --no-print-directory test-e2e TESTS=upgrade::

# --- Docker -----------------------------------------------------------------------------------------------------------

docker: deb
	@docker/build $(DEB_VERSIONS)

# With an engine that is found, or with one of its own. TESTS="kerberos::" runs only the tests whose names contain that.
test-docker: deb
	@tests/servers/with-docker $(MAKE) --no-print-directory test-docker-here

# Most of a test is waiting for a container.
test-docker-here:
	KERBROLE_TEST_VERSIONS="$(DEB_VERSIONS)" $(CARGO) test -q $(PGRX_FLAGS) -p kerbrole-tests --test docker -- --test-threads 4 $(TESTS)
	@for major in $(DEB_VERSIONS); do \
	  PG_MAJOR=$$major CARGO_PROFILE_DEV_DEBUG=none $(CARGO) test -q --manifest-path examples/testcontainers/Cargo.toml --target-dir target/examples || exit 1; \
	done

# --- measuring -------------------------------------------------------------------------------------------------------

BENCH_VERSIONS ?= 15 17
LDAP2PG := target/tools/ldap2pg/bin/ldap2pg
RUN_BENCH := KERBROLE_TEST_VERSIONS="$(BENCH_VERSIONS)" $(CARGO) run -q $(PGRX_FLAGS) -p kerbrole-tests --bin bench

# Writes benches/*.md, or those that BENCH names.
bench: packages-bench $(LDAP2PG)
	@$(MAKE) --no-print-directory stage VERSIONS="$(BENCH_VERSIONS)" STAGE_PROFILE=release
	KERBROLE_STAGE=target/stage-release $(RUN_BENCH) --release -- $(BENCH)

bench-smoke: packages-bench $(LDAP2PG)
	@$(MAKE) --no-print-directory stage VERSIONS="$(BENCH_VERSIONS)"
	$(RUN_BENCH) -- --smoke $(BENCH)

packages-bench:
	@tests/servers/install-packages --bench $(BENCH_VERSIONS)

# With Debian's python3-ldap and python3-psycopg2: to build them one would need more.
$(LDAP2PG): | packages-bench
	@/usr/bin/python3 -m venv --system-site-packages target/tools/ldap2pg
	@target/tools/ldap2pg/bin/pip install -q --disable-pip-version-check --no-deps ldap2pg==5.9

# --- installing ------------------------------------------------------------------------------------------------------

install:
	@command -v $(PG_CONFIG) >/dev/null || { echo "No $(PG_CONFIG): say which server with PG_CONFIG=/path/to/pg_config" >&2; exit 1; }
	@test -e "$$($(PG_CONFIG) --includedir-server)/postgres.h" || { \
	  echo "The server headers of $$($(PG_CONFIG) --version) are missing (Debian: postgresql-server-dev-$(call major_of,$(PG_CONFIG)))" >&2; exit 1; }
	@echo "Building $(EXTENSION) $(EXTVERSION) for $$($(PG_CONFIG) --version) (the first time this takes a few minutes) ..."
	@PGRX_PG_CONFIG_PATH=$(PG_CONFIG) $(CARGO) build -q $(PGRX_FLAGS) --profile $(PROFILE) -p $(EXTENSION) --features pg$(call major_of,$(PG_CONFIG))
	@lib="$(DESTDIR)$$($(PG_CONFIG) --pkglibdir)"; ext="$(DESTDIR)$$($(PG_CONFIG) --sharedir)/extension"; \
	  install -d "$$lib" "$$ext" \
	  && install -m 755 $(target_dir)/lib$(EXTENSION).so "$$lib/$(EXTENSION).so" \
	  && sed 's/@CARGO_VERSION@/$(EXTVERSION)/' pg_kerbrole/$(EXTENSION).control > "$$ext/$(EXTENSION).control" \
	  && chmod 644 "$$ext/$(EXTENSION).control" \
	  && install -m 644 pg_kerbrole/install/*.sql "$$ext/" \
	  && { set -- pg_kerbrole/sql/*.sql; test ! -e "$$1" || install -m 644 "$$@" "$$ext/"; }

uninstall:
	rm -f "$(DESTDIR)$$($(PG_CONFIG) --pkglibdir)/$(EXTENSION).so"
	rm -f "$(DESTDIR)$$($(PG_CONFIG) --sharedir)/extension/$(EXTENSION).control" "$(DESTDIR)$$($(PG_CONFIG) --sharedir)/extension/$(EXTENSION)"--*.sql

# --- packaging -------------------------------------------------------------------------------------------------------

deb:
	@test -n "$(DEB_VERSIONS)" || { echo "There are packages for PostgreSQL 15 and 17, those that Debian carries, and none for $(VERSIONS)" >&2; exit 1; }
	@tests/servers/install-packages --deb $(DEB_VERSIONS)
	@$(MAKE) --no-print-directory stage VERSIONS="$(DEB_VERSIONS)" STAGE_PROFILE=release
	@echo "Building the packages ..."
	@$(CARGO) build -q $(PGRX_FLAGS) --release -p kerbrole-client --features cli --bin kerbrole
	@CARGO=$(CARGO) packaging/deb/build $(EXTVERSION) $(DEB_VERSIONS)

# Installs them into a Debian of their own, uses them, and removes them. As root.
test-packages: deb
	@tests/packages/run $(DEB_VERSIONS)

# The source, of the last commit: the same commit makes the same files. PGXN takes the .zip.
DIST := target/dist/kerbrole-$(EXTVERSION)
ARCHIVE = TZ=UTC git -c tar.umask=0022 archive --prefix=kerbrole-$(EXTVERSION)/

tarball:
	@git rev-parse -q --verify HEAD >/dev/null || { echo "A tarball is made from a git clone" >&2; exit 1; }
	@mkdir -p target/dist
	@$(ARCHIVE) --format=tar HEAD | gzip -9n > $(DIST).tar.gz
	@$(ARCHIVE) --format=zip -9 -o $(DIST).zip HEAD
	@echo $(DIST).tar.gz $(DIST).zip

# What a release consists of can be made and works. Uploads nothing.
release-check: packages check-released tarball
	@CARGO=$(CARGO) packaging/release-check $(EXTVERSION) $$(tests/servers/pg-config $(VERSION))

# --- checking --------------------------------------------------------------------------------------------------------

check: packages fmt clippy doc check-sql check-released

fmt:
	$(CARGO) fmt --all --check
	$(CARGO) fmt --check --manifest-path examples/testcontainers/Cargo.toml

clippy:
	PGRX_PG_CONFIG_PATH=$$(tests/servers/pg-config $(VERSION)) $(CARGO) clippy -q $(PGRX_FLAGS) --workspace --all-targets --features pg_kerbrole/pg$(VERSION),kerbrole-client/cli -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc -q $(PGRX_FLAGS) --no-deps -p kerbrole-core -p kerbrole-client -p kerbrole-tests

$(CARGO_PGRX):
	@echo "Installing cargo-pgrx $(PGRX_VERSION) into target/tools (3 minutes) ..."
	@$(CARGO) install -q cargo-pgrx --version $(PGRX_VERSION) --locked --debug $(PGRX_FLAGS) --root target/tools --target-dir target/cargo-pgrx
	@rm -rf target/cargo-pgrx

# The places in the source that pgrx notes would change with every line.
target/generated.sql: FORCE $(CARGO_PGRX)
	@pg_config=$$(tests/servers/pg-config $(VERSION)); \
	  export PGRX_PG_CONFIG_PATH=$$pg_config; \
	  $(CARGO) build -q $(PGRX_FLAGS) -p $(EXTENSION) --features pg$(VERSION) \
	  && cd pg_kerbrole && ../$(CARGO_PGRX) pgrx schema --skip-build -p $(EXTENSION) --no-default-features --features pg$(VERSION) \
	    --pg-config $$pg_config --out ../target/generated.raw pg$(VERSION) >/dev/null 2>../target/schema.log || { cat ../target/schema.log >&2; exit 1; }
	@sed -e '/^-- .*\.rs:[0-9]*$$/d' -e 's/  *$$//' target/generated.raw > $@

FORCE:

check-sql: target/generated.sql
	@diff -u $(INSTALL_SQL) target/generated.sql || { echo "The install script is not what the code says: run make sql" >&2; exit 1; }

check-released:
	@packaging/released-scripts check $(EXTVERSION)

sql: target/generated.sql
	@mkdir -p pg_kerbrole/install
	cp target/generated.sql $(INSTALL_SQL)

# At a release: from here on the scripts of this version never change.
freeze: check-sql
	packaging/released-scripts freeze $(EXTVERSION)

clean:
	rm -rf target
