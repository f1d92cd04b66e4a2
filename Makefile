# Every habit in one word.
#
#   make demo                    the whole story on a private server, in two or three minutes the
#                                first time (KEEP=1 leaves it running)
#   make test                    everything on the PostgreSQL at hand and one more
#                                (VERSIONS="15" for one)
#   make test VERSIONS="14 15 16 17 18 19"   on all that there are
#   make test-ad                 logins of an Active Directory's accounts: a Samba domain
#                                controller (root has to run it)
#   make test-aws                whether both versions of aws take what kerbrole aws plan prints,
#                                and moto does it (Debian's awscli; moto is got by pip)
#   make test-gssapi             logins by the crate tokio-postgres-gssapi (part of make test)
#   make prove                   never in both: a model, variants of it that have to fail, random
#                                graphs; writes docs/evidence/never-both.md
#   make fuzz                    what reads from others, by samples with something done to them, for
#                                a minute of a processor's time each (FUZZ="keytab hba" for some,
#                                FUZZ_SECONDS=3600 for longer)
#   make mutants                 whether kerbrole-core's unit tests notice a change of one thing in
#                                its code, in files that were changed; writes
#                                docs/evidence/mutants.md (MUTANTS=kerbrole-core/src/names for
#                                some, missed for those that were missed, all)
#   make test-replays            what the model's checker found against each fault, on servers that
#                                are built with it, and real sessions in all orders of two (part of
#                                make prove)
#   make bench                   figures into benches/, in about two hours and a half (BENCH=adding,
#                                audits, client, directory, guard, memory, million or one for one
#                                report; of a directory root only)
#   make bench-smoke             whether all of that runs, with few principals
#   make public-api              writes anew what is public in the crates (public-api.txt)
#   make pictures                writes the pictures of the documents anew (docs/pictures)
#   make check                   format, width, lints, documentation, generated SQL
#   make deny                    licences, advisories and sources of the crates (cargo-deny)
#   make typos                   spelling (typos)
#   make install PG_CONFIG=...   into an existing server
#   make deb                     Debian packages into target/packages (DEB_VERSIONS="15" for one)
#   make docker                  images of a PostgreSQL like RDS, of a KDC and of a client
#                                (docs/guides/docker.md)
#   make test-docker             tries them, with a Docker engine of its own where there is none
#   make test-packages           tries them, each in a Debian that has nothing else in it
#   make test-bare               make demo and make test in a Debian that has nothing but Rust,
#                                make, gcc and git (root)
#   make test-upgrade            upgraded equals fresh, released scripts are as released (part of
#                                make test)
#   make test-memory             the extension on a server that checks its memory and forgets its
#                                caches at each chance (test-memory-short: the guard and disable)
#   make tarball                 the source, as .tar.gz and, for PGXN, .zip
#   make release-check           the tarball builds, the crates can be published (uploads nothing)
#   make release TAG=v0.1.0      all that is published, with checksums, into target/dist
#                                (uploads nothing)
#   make version NEW=0.2.0       the version, everywhere it is written
#   make freeze                  at a release: from here on its SQL scripts never change
#   make sql                     writes the install script anew after a change of the SQL functions
#   make tle                     the functions in PL/pgSQL for pg_tle: one script, in target
#   make clean                   removes target/, the servers that were got for the tests included

ALL_VERSIONS := 14 15 16 17 18 19
ifndef VERSIONS
VERSIONS := $(shell tests/servers/versions)
endif
# What needs one only: the demo, lints.
VERSION ?= $(firstword $(VERSIONS))
PG_CONFIG ?= pg_config
PROFILE ?= release
# What is built and tested together. Always all of it: Cargo chooses the features of what several
# of them use by what is selected, and would compile that once for each choice.
ALL := -p kerbrole -p kerbrole-core -p kerbrole-client -p kerbrole-directory -p kerbrole-tests \
  -p tokio-postgres-gssapi --features kerbrole/gssapi,kerbrole-directory/gssapi
# The tests run a build with assertions, the benchmark an optimised one.
STAGE_PROFILE ?= dev
STAGE := target/stage-$(STAGE_PROFILE)
CARGO ?= cargo

# What Cargo builds goes where it would by itself. The extension has a folder of its own there, so
# that it can be built beside the rest: each version of it keeps one core busy, and no more.
OUT = $${CARGO_TARGET_DIR:-target}
EXTENSION_OUT = $(OUT)/extension
# Where nothing may be written to the home folder, Cargo keeps its crates here.
ifndef CARGO_HOME
ifneq ($(shell mkdir -p "$$HOME/.cargo" 2>/dev/null && test -w "$$HOME/.cargo" && echo yes),yes)
export CARGO_HOME := $(CURDIR)/target/cargo-home
endif
endif

EXTENSION := pg_kerbrole
EXTVERSION := $(shell sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
INSTALL_SQL := pg_kerbrole/install/$(EXTENSION)--$(EXTVERSION).sql

# pgrx declares the Rust version after the one that it needs: it builds with 1.95. With a newer Rust
# the flag does nothing.
PGRX_FLAGS := --ignore-rust-version

# What a Debian release carries: 15 is bookworm's, 17 trixie's.
DEB_VERSIONS ?= 15 17
# With `dev` they hold what the tests have built already: to try whether they are whole and work.
DEB_PROFILE ?= release

profile_dir = $(if $(filter dev,$(PROFILE)),debug,$(PROFILE))
major_of = $$($(1) --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/')
# rustdoc warns of the jobserver of a make -j that did not hand it down.
NO_JOBSERVER := MAKEFLAGS=
both = $(MAKE) --no-print-directory -j2 VERSIONS="$(VERSIONS)"

.PHONY: bench bench-smoke bench-ready deb demo demo-built demo-packages docker fuzz test \
  test-units test-docker test-docker-here test-e2e test-kerberos test-ad ad-built e2e-built logins \
  test-packages test-upgrade test-memory test-bare others stage check width deny typos fmt clippy \
  doc prove mutants stage-faults test-replays public-api pictures check-sql check-released freeze \
  tarball release-check release version sql tle test-gssapi test-aws memory-ready \
  test-memory-short install clippy-extension check-rest check-functions check-extension \
  install-quietly uninstall packages packages-all command-release command-dev clean

# --- trying it ------------------------------------------------------------------------------------

# What it needs to run is installed while it is built. It walks no long chains of memberships, so
# that nothing is optimised for that.
DEMO_NEEDS ?= stage demo-built demo-packages
demo: export CARGO_CONFIG = --config profile.dev.package.kerbrole-core.opt-level=0
demo:
	@tests/servers/ready --packages --compilers
	@$(MAKE) --no-print-directory -j3 VERSIONS=$(VERSION) $(DEMO_NEEDS)
	@KERBROLE_TEST_VERSIONS=$(VERSION) KEEP=$(KEEP) "$(OUT)/debug/demo"

demo-built:
	@echo "Building the demo ..."
	@$(CARGO) build -q $(PGRX_FLAGS) $(CARGO_CONFIG) -p kerbrole-tests --no-default-features --bin demo

# After the server: where packages are needed to get it, building waits for those.
demo-packages:
	@tests/servers/pg-config $(VERSION) > /dev/null && tests/servers/install-packages

# --- testing --------------------------------------------------------------------------------------

test: packages
	@$(both) stage test-units e2e-built others
	@$(MAKE) --no-print-directory test-kerberos TESTS= VERSIONS="$(VERSIONS)"
	@$(MAKE) --no-print-directory test-gssapi TESTS= VERSIONS="$(VERSIONS)"
	@$(MAKE) --no-print-directory test-e2e VERSIONS="$(VERSIONS)"

# Other clients take a Java and a Go. Where they are not here their tests are left out, and say so.
packages:
	@tests/servers/ready --packages --tests $(if $(CI),--clients)

# All that any goal here installs, at once.
packages-all:
	@tests/servers/ready --packages --tests --clients --ad --aws --bench --deb
	@tests/servers/install-packages --docker
	@tests/servers/install-packages --only lintian debootstrap debian-archive-keyring patchelf

# Without a server.
test-units:
	@echo "The tests of the crates that need no server"
	@$(NO_JOBSERVER) $(CARGO) test -q $(PGRX_FLAGS) $(ALL) --lib --bins --test deep
	@$(NO_JOBSERVER) $(CARGO) test -q $(PGRX_FLAGS) $(ALL) --doc
	@$(NO_JOBSERVER) $(CARGO) test -q $(PGRX_FLAGS) -p kerbrole-mutants
	@echo "The model of what is promised, which takes a minute or two"
	@$(NO_JOBSERVER) $(CARGO) test -q $(PGRX_FLAGS) -p kerbrole-model

# What nobody is promised without having been gone through: the model and its variants, which
# docs/evidence/never-both.md shows, random graphs offline, the first of them on real servers, and
# real sessions in all orders, at each level and with each ending.
prove: export KERBROLE_PROVED := $(CURDIR)/target/proved
prove: packages
	@rm -f "$(KERBROLE_PROVED)"
	@$(CARGO) run -q $(PGRX_FLAGS) -p kerbrole-model --bin prove
	@KERBROLE_TIMES=10 $(MAKE) --no-print-directory test-e2e TESTS=differential::
	@KERBROLE_TIMES=10 $(MAKE) --no-print-directory test-replays TESTS=
	@$(CARGO) run -q $(PGRX_FLAGS) -p kerbrole-model --bin prove -- table $(REPLAY_VERSIONS)

# It changes a copy of the code, in target/mutants.
CARGO_MUTANTS := target/tools/cargo-mutants
mutants: $(CARGO_MUTANTS)/bin/cargo-mutants
	@PATH="$(CURDIR)/$(CARGO_MUTANTS)/bin:$$PATH" \
	  $(CARGO) run -q $(PGRX_FLAGS) -p kerbrole-mutants -- $(MUTANTS)

$(CARGO_MUTANTS)/bin/cargo-mutants:
	@$(CARGO) install -q --locked --root $(CARGO_MUTANTS) cargo-mutants@27.1.0

# TESTS="names::" runs only the tests whose names contain that.
test-e2e: stage e2e-built
	KERBROLE_TEST_VERSIONS="$(VERSIONS)" \
	  $(CARGO) test -q $(PGRX_FLAGS) $(ALL) --test e2e -- $(TESTS)

# What fails is written to a file below target/fuzz, and said with the command that tries it again.
FUZZ ?=
FUZZ_SECONDS ?= 60
comma := ,
fuzz: packages
	@binaries=$$($(NO_JOBSERVER) $(CARGO) test $(PGRX_FLAGS) $(ALL) --lib --bins --no-run 2>&1) \
	  || { echo "$$binaries" >&2; exit 1; }; \
	FUZZ_BINARIES=$$(echo "$$binaries" | sed -n 's/.*Executable.*(\(.*\))$$/\1/p') \
	FUZZ_PG_CONFIG=$$(tests/servers/pg-config $(VERSION)) FUZZ_SECONDS=$(FUZZ_SECONDS) \
	  tests/fuzz/run $(subst $(comma), ,$(FUZZ))

e2e-built:
	@$(CARGO) build -q $(PGRX_FLAGS) $(ALL) --bins --examples --test e2e --test logins \
	  --test gssapi --test replays

# What of the client and of tokio-postgres-gssapi is public, as it is in the sources.
public-api:
	@KERBROLE_WRITE_PUBLIC_API=1 KERBROLE_TEST_VERSIONS="$(VERSION)" \
	  $(CARGO) test -q $(PGRX_FLAGS) $(ALL) --test e2e -- api::

# The pictures of the documents, of what is printed now. Look at them, in both colour schemes.
pictures: stage e2e-built
	@KERBROLE_WRITE_PICTURES=1 KERBROLE_TEST_VERSIONS="$(VERSION)" \
	  $(CARGO) test -q $(PGRX_FLAGS) $(ALL) --test e2e -- pictures::

# Who can log in, and who cannot: compared with docs/evidence/logins.md.
test-kerberos: packages stage
	KERBROLE_TEST_VERSIONS="$(VERSIONS)" \
	  $(CARGO) test -q $(PGRX_FLAGS) $(ALL) --test logins -- $(TESTS)

# Logins by tokio-postgres-gssapi: its example `login`.
test-gssapi: packages stage
	@$(CARGO) build -q $(PGRX_FLAGS) $(ALL) --examples
	KERBROLE_TEST_VERSIONS="$(VERSIONS)" \
	  $(CARGO) test -q $(PGRX_FLAGS) $(ALL) --test gssapi -- $(TESTS)

# Most of a test is waiting for the directory.
test-ad:
	@tests/servers/ready --packages --tests --ad
	@$(both) stage ad-built
	KERBROLE_TEST_VERSIONS="$(VERSIONS)" \
	  $(CARGO) test -q $(PGRX_FLAGS) $(ALL) --test ad -- --test-threads 4 $(TESTS)

# Commands that are planned, by aws itself: Debian's version 2, and version 1 beside moto, which
# stands for AWS. Nothing but loopback is reached.
AWS_TOOLS := target/tools/aws

test-aws: $(AWS_TOOLS)/bin/moto_server
	@tests/servers/ready --packages --tests --aws
	@$(CARGO) build -q $(PGRX_FLAGS) $(ALL) --bins --test aws
	$(CARGO) test -q $(PGRX_FLAGS) $(ALL) --test aws -- $(TESTS)

$(AWS_TOOLS)/bin/moto_server:
	@tests/servers/ready --packages --aws
	@/usr/bin/python3 -m venv $(AWS_TOOLS)
	@$(AWS_TOOLS)/bin/pip install -q --disable-pip-version-check awscli==1.46.2 'moto[server]==5.2.5'

ad-built:
	@$(CARGO) build -q $(PGRX_FLAGS) $(ALL) --bins --examples --test ad

# Writes docs/evidence/logins.md and docs/evidence/logins-active-directory.md anew.
logins:
	@KERBROLE_WRITE_REPORT=1 $(MAKE) --no-print-directory test-kerberos test-ad \
	  VERSIONS="$(ALL_VERSIONS)"

# What the tests need of others: PostgreSQL's own regression tests, which they run with the library
# loaded, and pgaudit.
others:
	@for major in $(VERSIONS); do tests/servers/regression-tests $$major >/dev/null || exit 1; done
	@case " $(VERSIONS) " in *" 15 "*) tests/servers/pgaudit >/dev/null ;; esac

# What `make install` would put into each server, kept apart: the tests put it into copies of their
# own. One after the other: they are built in one folder, which Cargo locks.
stage:
	@set -e; for major in $(VERSIONS); do \
	  pg_config=$$(tests/servers/pg-config $$major); \
	  $(MAKE) --no-print-directory install-quietly PROFILE=$(STAGE_PROFILE) \
	    PG_CONFIG="$$pg_config" DESTDIR="$(CURDIR)/$(STAGE)/$$major/root"; \
	  test "$$(cat $(STAGE)/$$major/pg_config 2>/dev/null)" = "$$pg_config" \
	    || echo "$$pg_config" > $(STAGE)/$$major/pg_config; \
	done

# The same with faults on purpose, for the tests that replay what the model's checker found.
stage-faults:
	@$(MAKE) --no-print-directory stage STAGE=target/stage-faults EXTENSION_FEATURES=faults \
	  VERSIONS="$(VERSIONS)"

# With all that is built together, so that only kerbrole-client and what is above it is built once
# more, with its faults.
CLIENT_REPLAYS := $(ALL) -p kerbrole-client-replays

# On the first and the last of the versions.
REPLAY_VERSIONS = $(sort $(firstword $(VERSIONS)) $(lastword $(VERSIONS)))
test-replays: packages
	@$(MAKE) --no-print-directory stage-faults VERSIONS="$(REPLAY_VERSIONS)"
	KERBROLE_STAGE=target/stage-faults KERBROLE_TEST_VERSIONS="$(REPLAY_VERSIONS)" \
	  $(CARGO) test -q $(PGRX_FLAGS) $(ALL) --test replays -- $(TESTS)
	KERBROLE_STAGE=target/stage-faults KERBROLE_TEST_VERSIONS="$(REPLAY_VERSIONS)" \
	  $(CARGO) test -q $(PGRX_FLAGS) $(CLIENT_REPLAYS) --test client_replays -- $(TESTS)

# As a newcomer: the two commands of the README, in a Debian that has nothing but Rust, make, gcc
# and git. As root.
test-bare:
	@tests/bare/run 'make demo' 'make test'

# The suites in which the extension does the most in a backend, on a server that checks its own
# assertions, fills memory that is given back, and forgets what it has cached at each chance: what
# is used after its end is seen at once. Where there is no extension there is nothing to see.
MEMORY_VERSION ?= 18
MEMORY_SUITES ?= add apply_access atomic disable drop groups guard rename sync
test-memory: packages e2e-built memory-ready
	KERBROLE_STAGE=target/memory/stage KERBROLE_TEST_VERSIONS="$(MEMORY_VERSION)" \
	  KERBROLE_TEST_SETTINGS="debug_discard_caches = 1" \
	  KERBROLE_TEST_SUITES="$(MEMORY_SUITES)" KERBROLE_TEST_LIMIT=1200 \
	  $(CARGO) test -q $(PGRX_FLAGS) $(ALL) --test e2e -- --skip _bare --skip _plpgsql $(TESTS)

# What of it fits beside everything else, in four minutes of one core: the guard, and principals
# that are added, shut out and let in again while others change them.
test-memory-short:
	@$(MAKE) --no-print-directory test-memory MEMORY_SUITES="guard disable" TESTS="--skip _caseins"

# Such a server, from Debian's source in three minutes of one core, and the extension for it.
memory-ready:
	@set -e; pg_config=$$(KERBROLE_ASSERTIONS=yes KERBROLE_SERVER_ROUTES=source \
	    tests/servers/get-server $(MEMORY_VERSION) target/memory/server); \
	  $(MAKE) --no-print-directory install-quietly PROFILE=dev PG_CONFIG="$$pg_config" \
	    DESTDIR="$(CURDIR)/target/memory/stage/$(MEMORY_VERSION)/root"; \
	  echo "$$pg_config" > target/memory/stage/$(MEMORY_VERSION)/pg_config

# An upgraded extension equals a fresh one, a new library serves an old catalogue, and released
# scripts are as released.
test-upgrade:
	@$(MAKE) --no-print-directory test-e2e TESTS=upgrade::

# --- Docker ---------------------------------------------------------------------------------------

docker: deb
	@docker/build $(DEB_VERSIONS)

# With an engine that is found, or with one of its own. TESTS="kerberos::" runs only the tests whose
# names contain that.
test-docker: deb
	@tests/servers/with-docker $(MAKE) --no-print-directory test-docker-here

# Most of a test is waiting for a container.
test-docker-here:
	KERBROLE_TEST_VERSIONS="$(DEB_VERSIONS)" \
	  $(CARGO) test -q $(PGRX_FLAGS) $(ALL) --test docker -- --test-threads 4 $(TESTS)
	@for major in $(DEB_VERSIONS); do \
	  PG_MAJOR=$$major CARGO_PROFILE_DEV_DEBUG=none $(CARGO) test -q \
	    --manifest-path examples/testcontainers/Cargo.toml --target-dir "$(OUT)/examples" || exit 1; \
	done

# --- measuring ------------------------------------------------------------------------------------

BENCH_VERSIONS ?= 15 17
LDAP2PG := target/tools/ldap2pg/bin/ldap2pg

# Writes benches/*.md, or those that BENCH names.
bench: bench-ready $(LDAP2PG)
	@$(MAKE) --no-print-directory stage VERSIONS="$(BENCH_VERSIONS)" STAGE_PROFILE=release
	@$(CARGO) build -q $(PGRX_FLAGS) $(ALL) --bins --release
	KERBROLE_STAGE=target/stage-release KERBROLE_TEST_VERSIONS="$(BENCH_VERSIONS)" \
	  "$(OUT)/release/bench" $(BENCH)

bench-smoke: bench-ready $(LDAP2PG)
	@$(MAKE) --no-print-directory stage VERSIONS="$(BENCH_VERSIONS)"
	@$(CARGO) build -q $(PGRX_FLAGS) $(ALL) --bins --test e2e
	KERBROLE_TEST_VERSIONS="$(BENCH_VERSIONS)" "$(OUT)/debug/bench" --smoke $(BENCH)

bench-ready:
	@tests/servers/ready --packages --tests --bench --ad

# With Debian's python3-ldap and python3-psycopg2: to build them one would need more.
$(LDAP2PG): | bench-ready
	@/usr/bin/python3 -m venv --system-site-packages target/tools/ldap2pg
	@target/tools/ldap2pg/bin/pip install -q --disable-pip-version-check --no-deps ldap2pg==5.9

# --- installing -----------------------------------------------------------------------------------

install:
	@tests/servers/ready
	@$(MAKE) --no-print-directory install-quietly \
	  PG_CONFIG="$(PG_CONFIG)" PROFILE="$(PROFILE)" DESTDIR="$(DESTDIR)"

# The library of each version is built into the same file of its profile, so building and copying go
# together; what is there and the same is left alone, since somebody may be copying it.
install-quietly:
	@command -v "$(PG_CONFIG)" >/dev/null || { \
	  echo "No $(PG_CONFIG): say which server with PG_CONFIG=/path/to/pg_config" >&2; \
	  exit 1; }
	@test -e "$$("$(PG_CONFIG)" --includedir-server)/postgres.h" || { \
	  echo "The server headers of $$("$(PG_CONFIG)" --version) are missing" \
	    "(Debian: postgresql-server-dev-$(call major_of,"$(PG_CONFIG)"))" >&2; exit 1; }
	@major=$(call major_of,"$(PG_CONFIG)"); \
	  case " $(ALL_VERSIONS) " in *" $$major "*) ;; *) \
	    echo "kerbrole runs on PostgreSQL $(firstword $(ALL_VERSIONS))" \
	      "to $(lastword $(ALL_VERSIONS))," \
	      "and $(PG_CONFIG) is $$major" >&2; \
	    exit 1 ;; esac
	@set -e; major=$(call major_of,"$(PG_CONFIG)"); \
	  mkdir -p "$(EXTENSION_OUT)"; exec 8> "$(EXTENSION_OUT)/install-$(PROFILE).lock"; flock 8; \
	  echo "Building $(EXTENSION) $(EXTVERSION) for $$("$(PG_CONFIG)" --version)" \
	    "(the first time this takes a minute or two) ..."; \
	  PGRX_PG_CONFIG_PATH="$(PG_CONFIG)" $(CARGO) build -q $(PGRX_FLAGS) $(CARGO_CONFIG) \
	    --target-dir "$(EXTENSION_OUT)" --profile $(PROFILE) \
	    -p $(EXTENSION) --features "pg$$major $(EXTENSION_FEATURES)" 8>&-; \
	  lib="$(DESTDIR)$$("$(PG_CONFIG)" --pkglibdir)"; \
	  ext="$(DESTDIR)$$("$(PG_CONFIG)" --sharedir)/extension"; \
	  control=$$(mktemp); trap 'rm -f "$$control"' EXIT; \
	  sed 's/@CARGO_VERSION@/$(EXTVERSION)/' pg_kerbrole/$(EXTENSION).control > "$$control"; \
	  install -d "$$lib" "$$ext"; \
	  install -C -m 755 "$(EXTENSION_OUT)/$(profile_dir)/lib$(EXTENSION).so" "$$lib/$(EXTENSION).so"; \
	  install -C -m 644 "$$control" "$$ext/$(EXTENSION).control"; \
	  install -C -m 644 pg_kerbrole/install/*.sql "$$ext/"; \
	  set -- pg_kerbrole/sql/*.sql; test ! -e "$$1" || install -C -m 644 "$$@" "$$ext/"

uninstall:
	rm -f "$(DESTDIR)$$("$(PG_CONFIG)" --pkglibdir)/$(EXTENSION).so"
	rm -f "$(DESTDIR)$$("$(PG_CONFIG)" --sharedir)/extension/$(EXTENSION).control" \
	  "$(DESTDIR)$$("$(PG_CONFIG)" --sharedir)/extension/$(EXTENSION)"--*.sql

# --- packaging ------------------------------------------------------------------------------------

deb:
	@case " $(DEB_VERSIONS) " in *" 14 "*|*" 16 "*|*" 18 "*|*" 19 "*) \
	  echo "There are packages for PostgreSQL 15 and 17, those that Debian carries" >&2; exit 1 ;; esac
	@tests/servers/ready --packages --deb
	@$(MAKE) --no-print-directory -j2 stage command-$(DEB_PROFILE) \
	  VERSIONS="$(DEB_VERSIONS)" STAGE_PROFILE=$(DEB_PROFILE)
	@echo "Building the packages ..."
	@CARGO=$(CARGO) PROFILE=$(DEB_PROFILE) packaging/deb/build $(EXTVERSION) $(DEB_VERSIONS)

command-release:
	@$(CARGO) build -q $(PGRX_FLAGS) --release -p kerbrole --features gssapi

command-dev:
	@$(CARGO) build -q $(PGRX_FLAGS) $(ALL) --bins

# Installs them into a Debian of their own, uses them, and removes them. As root.
test-packages: deb
	@tests/packages/run $(DEB_VERSIONS)

# The source, of the last commit: the same commit makes the same files. PGXN takes the .zip.
DIST := target/dist/kerbrole-$(EXTVERSION)
ARCHIVE = TZ=UTC git -c tar.umask=0022 archive --prefix=kerbrole-$(EXTVERSION)/

tarball:
	@git rev-parse -q --verify HEAD >/dev/null || { \
	  echo "A tarball is made from a git clone" >&2; exit 1; }
	@mkdir -p target/dist
	@$(ARCHIVE) --format=tar HEAD | gzip -9n > $(DIST).tar.gz
	@$(ARCHIVE) --format=zip -9 -o $(DIST).zip HEAD
	@echo $(DIST).tar.gz $(DIST).zip

# What a release consists of can be made and works. Uploads nothing.
release-check: packages check-released tarball
	@pg_config=$$(tests/servers/pg-config $(VERSION)) \
	  && CARGO=$(CARGO) packaging/release-check $(EXTVERSION) "$$pg_config"

# All that is published, made from the tag that is checked out. Uploads nothing.
release:
	@CARGO=$(CARGO) packaging/release check $(EXTVERSION) "$(TAG)"
	@$(MAKE) --no-print-directory release-check
	@$(MAKE) --no-print-directory deb
	@CARGO=$(CARGO) packaging/release collect $(EXTVERSION) $(DEB_VERSIONS)

version:
	@CARGO=$(CARGO) packaging/version $(EXTVERSION) "$(NEW)"

# --- checking -------------------------------------------------------------------------------------

check: packages check-rest check-extension

# Apart, since whatever is built in the extension's folder waits for what is being built there.
check-rest: fmt width doc clippy check-released check-functions

check-extension: clippy-extension check-sql

# No line of what is written by hand has more than 100 columns.
width:
	@tests/width

# Both need a program that is not among what `make packages-all` installs:
# `cargo install --locked cargo-deny typos-cli`.
deny:
	$(CARGO) deny --locked check

typos:
	typos --hidden

fmt:
	$(CARGO) fmt --all --check
	$(CARGO) fmt --check --manifest-path examples/testcontainers/Cargo.toml

clippy:
	@$(CARGO) clippy -q $(PGRX_FLAGS) --workspace --exclude $(EXTENSION) \
	  --exclude kerbrole-client-replays --all-targets \
	  --features kerbrole/gssapi,kerbrole-directory/gssapi -- -D warnings
	@$(CARGO) clippy -q $(PGRX_FLAGS) -p kerbrole -p kerbrole-directory --all-targets -- -D warnings
	@$(CARGO) clippy -q $(PGRX_FLAGS) $(CLIENT_REPLAYS) --test client_replays -- -D warnings

# In the folder where it is built.
clippy-extension:
	@pg_config=$$(tests/servers/pg-config $(VERSION)) && PGRX_PG_CONFIG_PATH="$$pg_config" \
	  $(CARGO) clippy -q $(PGRX_FLAGS) --target-dir "$(EXTENSION_OUT)" \
	  -p $(EXTENSION) --all-targets --features pg$(VERSION) -- -D warnings
	@pg_config=$$(tests/servers/pg-config $(VERSION)) && PGRX_PG_CONFIG_PATH="$$pg_config" \
	  $(CARGO) clippy -q $(PGRX_FLAGS) --target-dir "$(EXTENSION_OUT)" \
	  -p $(EXTENSION) --all-targets --features "pg$(VERSION) faults" -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc -q $(PGRX_FLAGS) --no-deps \
	  $(ALL)
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc -q $(PGRX_FLAGS) --no-deps \
	  -p tokio-postgres-gssapi --no-default-features

# The script is in the library: a section of it holds what pgrx's macros know of the functions.
target/generated.sql: FORCE
	@mkdir -p target
	@set -e; pg_config=$$(tests/servers/pg-config $(VERSION)); \
	  root="$(CURDIR)/target/stage-dev/$(VERSION)/root"; \
	  $(MAKE) --no-print-directory install-quietly \
	    PROFILE=dev PG_CONFIG="$$pg_config" DESTDIR="$$root" > /dev/null; \
	  objcopy --dump-section .pgrxsc=target/generated.section \
	    "$$root$$("$$pg_config" --pkglibdir)/$(EXTENSION).so" /dev/null; \
	  sed 's/@CARGO_VERSION@/$(EXTVERSION)/' pg_kerbrole/$(EXTENSION).control \
	    > target/generated.control; \
	  $(CARGO) run -q $(PGRX_FLAGS) -p kerbrole-schema -- \
	    target/generated.section target/generated.control > $@

FORCE:

# The functions in PL/pgSQL, for servers that take no extension: joined from sql/kerbrole.
FUNCTIONS_SQL := sql/kerbrole.sql

target/functions.sql: FORCE
	@mkdir -p target
	@$(CARGO) run -q $(PGRX_FLAGS) -p kerbrole-sql -- sql/kerbrole > $@

check-functions: target/functions.sql
	@diff -u $(FUNCTIONS_SQL) target/functions.sql || { \
	  echo "$(FUNCTIONS_SQL) is not what its parts say: run make sql" >&2; exit 1; }

check-sql: target/generated.sql
	@diff -u $(INSTALL_SQL) target/generated.sql || { \
	  echo "The install script is not what the code says: run make sql" >&2; exit 1; }

check-released:
	@packaging/released-scripts check $(EXTVERSION)

sql: target/generated.sql target/functions.sql
	@mkdir -p pg_kerbrole/install
	cp target/generated.sql $(INSTALL_SQL)
	cp target/functions.sql $(FUNCTIONS_SQL)

# The same for pg_tle, as the command prints it.
TLE_SQL := target/kerbrole-pg_tle.sql

tle:
	@mkdir -p target
	@$(CARGO) build -q $(PGRX_FLAGS) $(ALL) --bin kerbrole
	@"$(OUT)/debug/kerbrole" install-sql --print --pg-tle > $(TLE_SQL)
	@echo $(TLE_SQL)

# At a release: from here on the scripts of this version never change.
freeze: check-sql
	packaging/released-scripts freeze $(EXTVERSION)

clean:
	rm -rf target
