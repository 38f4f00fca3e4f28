# keyfall. `make help` lists the targets; `make demo` is the shortest way to see something.
#
# Variables: BUILD (default build), CC, CFLAGS, LDFLAGS, PREFIX, DESTDIR, V=1 (show commands),
# FUZZ_SECONDS. A build directory holds one flavour; `make asan` builds in $(BUILD)/asan and so on.

BUILD ?= build
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
FUZZ_SECONDS ?= 20
ifeq ($(origin CC),default)
CC := gcc
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

# What pkg-config calls a library, and the Debian package that holds it. libcsv has no .pc file.
LIBRARIES := libcurl:libcurl4-openssl-dev libcjson:libcjson-dev libcrypto:libssl-dev \
	expat:libexpat1-dev ncursesw:libncurses-dev sqlite3:libsqlite3-dev zlib:zlib1g-dev
# What keyfall does without, if it is not there: a viewer then tells which guard it lacks.
OPTIONAL := libseccomp:KEYFALL_SECCOMP

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wformat=2 \
	-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wvla -Wimplicit-fallthrough \
	-Werror=implicit-function-declaration
HARDENING := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
STANDARD := -std=c17 -D_GNU_SOURCE -pthread -I.
PIE := -fPIE
PIE_LINK := -pie -Wl,-z,relro,-z,now

# Flavours: what differs from the default build.
FLAVOUR ?= default
SANITIZE := -fno-omit-frame-pointer -fno-sanitize-recover=all
FLAGS_default := $(HARDENING)
FLAGS_werror := $(HARDENING) -Werror
FLAGS_asan := -O1 $(SANITIZE) -fsanitize=address,undefined
FLAGS_tsan := -O1 $(SANITIZE) -fsanitize=thread
FLAGS_fuzz := -O1 $(SANITIZE) -fsanitize=fuzzer-no-link,address,undefined
FLAVOUR_FLAGS := $(FLAGS_$(FLAVOUR))

ifneq ($(filter 1,$(V))$(findstring s,$(firstword -$(MAKEFLAGS))),)
Q := $(if $(filter 1,$(V)),,@)
say = @:
else
Q := @
say = @printf '  %-8s %s\n'
endif

# --- What there is ---------------------------------------------------------------------------

DATA := $(wildcard backend/*/data/* backend/*/*/data/* themes/*.theme)
BACKEND := $(wildcard backend/*/*.c backend/*/*/*.c)
TUI := $(wildcard tui/*.c tui/*/*.c)
UNIT := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
THREADS := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/tsan/test_*.c))
FUZZERS := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS := $(FUZZERS:$(BUILD)/fuzz/fuzz_%=$(BUILD)/fuzz/replay_%)

embedded_name = $(subst -,_,$(subst .,_,$(subst /,_,$(1))))
EMBEDDED := $(foreach f,$(DATA),$(BUILD)/gen/$(call embedded_name,$(f)).o)
BACKEND_OBJECTS := $(BACKEND:%.c=$(BUILD)/obj/%.o) $(EMBEDDED)
TUI_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out tui/main.c,$(TUI)))
LIBBACKEND := $(BUILD)/libbackend.a
LIBTUI := $(BUILD)/libtui.a

# ./keyfall belongs to the default build; other build directories keep theirs inside.
PROGRAM := $(if $(filter build,$(BUILD)),keyfall,$(BUILD)/keyfall)
PROGRAMS := $(if $(wildcard tui/main.c),$(PROGRAM) $(PROGRAM)-viewer)

# --- Libraries: looked for once a build directory --------------------------------------------

WITHOUT_LIBRARIES := help clean layers demo test organization fuzz bench asan tsan clang gcc-werror uninstall
GOALS := $(or $(MAKECMDGOALS),all)
ifneq ($(filter-out $(WITHOUT_LIBRARIES),$(GOALS)),)
include $(BUILD)/libraries.mk
endif

# If one is missing, the file that is written says so when it is read, and removes itself.
$(BUILD)/libraries.mk: Makefile
	@mkdir -p $(@D)
	@missing() { echo "\$$(shell rm -f $@)\$$(error $$1 is missing: install the package $$2" \
	        "(or run make demo))" >$@; exit 0; }; \
	command -v $(firstword $(CC)) >/dev/null || missing $(firstword $(CC)) build-essential; \
	command -v pkg-config >/dev/null || missing pkg-config pkg-config; \
	for row in $(LIBRARIES); do \
	    pkg-config --exists $${row%%:*} || missing $${row%%:*} $${row#*:}; \
	done; \
	echo 'int csv_error(void *); int main(void) { return csv_error(0); }' >$@.c; \
	$(CC) -o $@.probe $@.c -lcsv 2>/dev/null || missing libcsv libcsv-dev; \
	rm -f $@.c $@.probe; \
	names="$(foreach row,$(LIBRARIES),$(firstword $(subst :, ,$(row))))"; has=; \
	for row in $(OPTIONAL); do \
	    pkg-config --exists $${row%%:*} && { names="$$names $${row%%:*}"; has="$$has -D$${row#*:}"; }; \
	done; \
	{ echo "LIB_CFLAGS := $$(pkg-config --cflags $$names)$$has"; \
	  echo "LIBS := $$(pkg-config --libs $$names) -lcsv -lm"; } >$@

# --- Rules -----------------------------------------------------------------------------------

COMPILE = $(CC) $(STANDARD) $(WARNINGS) $(PIE) $(CFLAGS) $(FLAVOUR_FLAGS) $(LIB_CFLAGS) $(CPPFLAGS) \
	-MMD -MP -c
LINK = $(CC) $(PIE_LINK) $(CFLAGS) $(FLAVOUR_FLAGS) -pthread $(LDFLAGS)

$(BUILD)/obj/%.o: %.c Makefile
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -o $@ $<

# A data file becomes `const unsigned char data_<name>[]` (a NUL follows) and `size_t data_<name>_len`.
define embed
$(BUILD)/gen/$(call embedded_name,$(1)).c: $(1) Makefile
	$$(say) EMBED $(1)
	@mkdir -p $$(@D)
	$$(Q){ echo '#include <stddef.h>'; \
	    echo 'extern const unsigned char data_$(call embedded_name,$(1))[];'; \
	    echo 'extern const size_t data_$(call embedded_name,$(1))_len;'; \
	    echo 'const unsigned char data_$(call embedded_name,$(1))[] = {'; \
	    od -An -v -tx1 $(1) | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'; \
	    echo '0};'; \
	    echo 'const size_t data_$(call embedded_name,$(1))_len ='; \
	    echo '    sizeof data_$(call embedded_name,$(1)) - 1;'; } > $$@
endef
$(foreach f,$(DATA),$(eval $(call embed,$(f))))

$(BUILD)/gen/%.o: $(BUILD)/gen/%.c
	$(Q)$(COMPILE) -o $@ $<

$(LIBBACKEND): $(BACKEND_OBJECTS)
$(LIBTUI): $(TUI_OBJECTS)
$(LIBBACKEND) $(LIBTUI):
	$(say) AR $@
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(PROGRAM): $(BUILD)/obj/tui/main.o $(LIBTUI) $(LIBBACKEND)
	$(say) LINK $@
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$(PROGRAM)-viewer: $(PROGRAM)
	$(Q)ln -sf keyfall $@

# Only the tests of the screen need the screen to compile.
$(patsubst tests/%.c,$(BUILD)/%,$(shell grep -l '"tui/' $(wildcard tests/unit/*.c) /dev/null)): $(LIBTUI)

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(LIBBACKEND)
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $< $(filter $(LIBTUI),$^) $(LIBBACKEND) -lcmocka $(LIBS)

$(BUILD)/tsan/%: $(BUILD)/obj/tests/tsan/%.o $(LIBBACKEND)
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^ -lcmocka $(LIBS)

$(BUILD)/fuzz/replay_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay.o $(LIBBACKEND)
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/fuzz/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(LIBBACKEND)
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(LINK) -fsanitize=fuzzer -o $@ $^ $(LIBS)

-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/obj/*/*/*.d $(BUILD)/obj/*/*/*/*.d)
.SECONDARY:

# --- Targets ---------------------------------------------------------------------------------

.PHONY: all demo test test-long mutants mutant-cflags mutant-libs organization unit unit-programs \
	thread-programs replay-programs fuzz fuzz-programs bench \
	layers asan tsan clang gcc-werror install uninstall deb screenshots clean help

# Who typed no -j has all cores work for what is a single command.
ALL_CORES = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))

all: $(LIBBACKEND) $(PROGRAMS) ## build ./keyfall and ./keyfall-viewer (the default)

demo: ## install what is missing to build, build, and open the built-in demo estate
	@tests/bootstrap.sh
	+@$(MAKE) --no-print-directory $(ALL_CORES) all
	@./keyfall --demo

test: ## install what the tests need, build, run everything; ends with `N passed, N failed`
	@tests/bootstrap.sh --tests
	+@MAKE='$(MAKE)' BUILD='$(BUILD)' tests/run.sh

test-long: ## the same with what takes too long for every day
	@tests/bootstrap.sh --tests
	+@LONG=1 SCRIPT_TIMEOUT=3600 MAKE='$(MAKE)' BUILD='$(BUILD)' tests/run.sh

unit: unit-programs ## build and run the unit tests alone (TEST=json for one of them)
	@status=0; for t in $(filter %/test_$(or $(TEST),%),$(UNIT)); do $$t || status=1; done; exit $$status

unit-programs: $(UNIT)
thread-programs: $(THREADS)
replay-programs: $(REPLAYS)
fuzz-programs: $(FUZZERS)

fuzz: ## run each fuzzer for FUZZ_SECONDS (clang); new inputs go to BUILD/fuzz/corpus
	@mkdir -p $(BUILD) && echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | \
	    clang -fsanitize=fuzzer,address -x c -o $(BUILD)/probe - 2>/dev/null || { \
	    echo "no libFuzzer: install the packages clang and libclang-rt-dev" >&2; exit 1; }
	@rm -f $(BUILD)/probe
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz FLAVOUR=fuzz CC=clang fuzz-programs
	@for f in $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)); do \
	    mkdir -p $(BUILD)/fuzz/corpus/$$f tests/fuzz/corpus/$$f; echo "fuzz $$f"; \
	    $(BUILD)/fuzz/fuzz/fuzz_$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 \
	        -verbosity=0 -print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz/ \
	        $(BUILD)/fuzz/corpus/$$f tests/fuzz/corpus/$$f || exit 1; done

mutants: all ## put small faults into the policy evaluator, one at a time: the tests must find each
	@tests/bootstrap.sh --tests
	+@LONG=1 MAKE='$(MAKE)' BUILD='$(BUILD)' CC='$(CC)' tests/.venv/bin/python tests/policy/test_mutants.py

mutant-cflags:
	@echo '$(STANDARD) $(LIB_CFLAGS)'
mutant-libs:
	@echo '$(LIBS)'

organization: ## read 50 accounts x 17 regions and compare every view with boto3's reading (minutes)
	@tests/bootstrap.sh --tests
	+@$(MAKE) --no-print-directory $(ALL_CORES) all
	@tests/.venv/bin/python tests/live/test_organization.py --large

bench: ## the figures of the design, each with its limit and its peer
	@if [ -x tests/bench/run.sh ]; then BUILD='$(BUILD)' MAKE='$(MAKE)' tests/bench/run.sh; \
	    else echo "no benchmarks yet"; fi

layers: ## check that no file includes what its layer must not know
	@tests/layers.sh

asan: ## build everything with AddressSanitizer and UBSan, in BUILD/asan
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan FLAVOUR=asan all unit-programs replay-programs

tsan: ## build everything with ThreadSanitizer, in BUILD/tsan
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan FLAVOUR=tsan all thread-programs

clang: ## build everything with clang and -Werror, in BUILD/clang
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/clang FLAVOUR=werror CC=clang all unit-programs

gcc-werror: ## build everything with gcc and -Werror, in BUILD/gcc
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/gcc FLAVOUR=werror CC=gcc all unit-programs

ZSH_FUNCTIONS ?= site-functions
# What `keyfall manual` makes from the program's tables, and the folder that each goes to.
MANUAL := keyfall.1:man/man1/keyfall.1 keyfall.conf.5:man/man5/keyfall.conf.5 \
	keyfall.bash:bash-completion/completions/keyfall _keyfall:zsh/$(ZSH_FUNCTIONS)/_keyfall \
	keyfall.fish:fish/vendor_completions.d/keyfall.fish
SHARE = $(DESTDIR)$(PREFIX)/share

install: all ## install to DESTDIR/PREFIX: the program, its manual, completions of shells, themes as examples
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/keyfall
	ln -sf keyfall $(DESTDIR)$(PREFIX)/bin/keyfall-viewer
	@for row in $(MANUAL); do \
	    echo "keyfall manual $${row%%:*} >$(SHARE)/$${row#*:}"; \
	    install -d "$(SHARE)/$$(dirname $${row#*:})"; \
	    $(abspath $(PROGRAM)) manual $${row%%:*} >"$(SHARE)/$${row#*:}" || exit 1; \
	    chmod 644 "$(SHARE)/$${row#*:}"; done
	@echo '.so man1/keyfall.1' >$(SHARE)/man/man1/keyfall-viewer.1
	install -d $(SHARE)/doc/keyfall/themes
	install -m 644 README.md $(SHARE)/doc/keyfall
	install -m 644 themes/*.theme $(SHARE)/doc/keyfall/themes

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/keyfall $(DESTDIR)$(PREFIX)/bin/keyfall-viewer \
	    $(foreach row,$(MANUAL),$(SHARE)/$(lastword $(subst :, ,$(row)))) $(SHARE)/man/man1/keyfall-viewer.1
	rm -rf $(SHARE)/doc/keyfall

deb: ## a Debian package, in BUILD
	rm -rf $(BUILD)/deb
	+@$(MAKE) --no-print-directory DESTDIR=$(BUILD)/deb PREFIX=/usr \
	    ZSH_FUNCTIONS=vendor-completions install
	@.packaging/deb.sh $(BUILD)/deb $(BUILD)

screenshots: all ## make the pictures of screenshots/ anew, from the program (needs tmux, and what make test installs)
	@tests/.venv/bin/python tests/screen/shots.py

clean: ## remove what was built
	rm -rf $(BUILD) $(if $(filter build,$(BUILD)),keyfall keyfall-viewer)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | awk -F '\t' '{printf "  make %-12s %s\n", $$1, $$2}'
