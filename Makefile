# tale: two networks told by Unix filters.
#
#   make            build the programs in build/bin
#   make report     run the pipeline and write out/report.pdf, out/report.html and out/map.html
#   make test       all tests; SANITIZE=1 builds with ASan and UBSan, SANITIZE=thread with clang's ThreadSanitizer, each
#                   in a folder of its own
#   make lint       compilers' and checkers' warnings, manual pages, shell scripts
#   make fuzz       made-up inputs for every reader and program, MINUTES=10 in all (tests/fuzz/README.md)
#   make torture    runs that are killed, disks that fill up, an hour of training: two hours in all (tests/torture)
#   make bench-accuracy   train PRESET's two networks on all of CIFAR-10, SEEDS=1,2,3: mean and deviation on its test
#                   images, and what features of each layer know of the classes
#   make install    PREFIX=/usr/local, DESTDIR=
#
# V=1 shows the commands; DEBUG=1 builds without optimisation.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules

comma := ,

PREFIX ?= /usr/local
BUILD ?= build$(if $(SANITIZE),/sanitize$(addprefix -,$(filter-out 1,$(SANITIZE))))
ifeq ($(origin CC),default)
CC := $(if $(filter thread,$(SANITIZE)),clang,gcc)
endif

# For `make test` and `make report` on a fresh machine: missing packages are installed, or the command for it is
# printed. This happens while the Makefile is read, because the following lines look for headers.
needs := $(sort $(if $(filter fuzz,$(MAKECMDGOALS)),build fuzz) \
	$(if $(filter test,$(MAKECMDGOALS)),build report test $(if $(filter thread,$(SANITIZE)),lint)) \
	$(if $(filter report,$(MAKECMDGOALS)),build report) $(if $(filter lint,$(MAKECMDGOALS)),build lint))
ifneq ($(needs),)
ifneq ($(shell pipelines/setup.sh $(needs) && echo ready),ready)
$(error packages are missing)
endif
endif

floors := base streams pictures datasets methods layers model learning
sources := $(foreach floor,$(floors),$(wildcard common/$(floor)/*.c))
tools := $(patsubst tools/%.c,%,$(wildcard tools/*.c))
unit_tests := $(patsubst tests/%.c,%,$(wildcard tests/*_test.c))
test_support := $(filter-out $(wildcard tests/*_test.c),$(wildcard tests/*.c))
objects := $(sources:%.c=$(BUILD)/%.o)
programs := $(tools:%=$(BUILD)/bin/%)
test_programs := $(unit_tests:%=$(BUILD)/tests/%)
test_helpers := $(patsubst tests/helpers/%.c,$(BUILD)/tests/helpers/%,$(wildcard tests/helpers/*.c))

# -ffp-contract=fast lets the compiler fuse a multiply and an add, which then round once instead of twice. No other part
# of -ffast-math is used, so NaN is handled and sums keep their order.
MARCH ?= native
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings \
	-Wpointer-arith -Wundef -Wformat=2 -Wno-unknown-pragmas
OPENMP := -fopenmp
OPTIMIZE := $(if $(DEBUG),-O0,-O3 -march=$(MARCH) -ffp-contract=fast)
SANITIZERS := $(if $(SANITIZE),-fsanitize=$(SANITIZE:1=address$(comma)undefined) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)
# If there is still a write past the end of a buffer, it ends the program instead of controlling it. The sanitizers find
# more, and -O0 does not know buffer sizes.
HARDENING := $(if $(SANITIZE)$(DEBUG),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fPIE)
override CFLAGS += -std=c11 -g $(OPTIMIZE) $(WARNINGS) $(SANITIZERS) $(HARDENING) $(OPENMP)
override LDFLAGS += $(if $(HARDENING),-pie -Wl$(comma)-z$(comma)relro$(comma)-z$(comma)now)
BLIS_HEADERS := /usr/include/*/blis-openmp/blis.h /usr/include/*/blis.h /usr/include/blis/blis.h
BLIS_INCLUDE := $(dir $(firstword $(wildcard $(BLIS_HEADERS))))
override CPPFLAGS += -Icommon -isystem $(BLIS_INCLUDE) -isystem /usr/include/netpbm
override LDLIBS += -lblis -ljansson -larchive -lnetpbm -lfftw3f -lfftw3 -lm

Q := $(if $(V),,@)

.PHONY: all
all: $(programs)

$(BUILD)/%.o: %.c
	$(if $(V),,@echo "  CC   $<")
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Drawn scenes have the same bytes on every machine: a fused multiply and add would round differently.
exactly_rounded := pictures/canvas datasets/scene datasets/scene_things
$(exactly_rounded:%=$(BUILD)/common/%.o): override CFLAGS += -ffp-contract=off
# The same for directions, wherever the program computes them: a row's distance from itself must be 0.
$(BUILD)/common/methods/direction.o: override CFLAGS += -ffp-contract=off

$(BUILD)/libtale.a: $(objects)
	$(if $(V),,@echo "  AR   $@")
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/bin/%: $(BUILD)/tools/%.o $(BUILD)/libtale.a
	$(if $(V),,@echo "  LD   $@")
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/helpers/%: $(BUILD)/tests/helpers/%.o $(BUILD)/libtale.a
	$(if $(V),,@echo "  LD   $@")
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(test_support:%.c=$(BUILD)/%.o) $(BUILD)/libtale.a
	$(if $(V),,@echo "  LD   $@")
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# T="stream tsne" runs only the tests of those stems; JOBS= how many files run at once.
.PHONY: test
test: $(programs) $(test_programs) $(test_helpers)
	$(Q)BUILD=$(BUILD) tests/run $(T)

# Fuzzers: our code built by clang with the sanitizers and libFuzzer's counters, and with static data in a place where
# tests/fuzz/harness.c can reset them. Without OpenMP, because a run may be abandoned at any point. T="stream tsne" runs
# only those fuzzers; MINUTES=0 only the corpus; JOBS= how many at once.
MINUTES ?= 10
fuzz_readers := stream pickle cifar model options
fuzz_wrapped := malloc calloc realloc aligned_alloc free open close fopen fopen64 fdopen fclose opendir \
	closedir mmap munmap exit quick_exit _exit at_quick_exit isatty pthread_create sigaction archive_read_new \
	archive_read_free
fuzz_link := -fsanitize=fuzzer -lgomp $(fuzz_wrapped:%=-Wl$(comma)--wrap=%)
.PHONY: fuzz fuzz-programs
fuzz:
	$(Q)$(MAKE) CC=clang BUILD=build/fuzz SANITIZE=fuzzer-no-link,address,undefined OPENMP= \
	    OPTIMIZE="-O1 -march=$(MARCH)" CPPFLAGS="-include tests/fuzz/state.h -DREAD_STEP=4096" fuzz-programs
	$(Q)BUILD=build/fuzz MINUTES=$(MINUTES) tests/fuzz/run $(T)
fuzz-programs: $(fuzz_readers:%=$(BUILD)/fuzzers/%) $(tools:%=$(BUILD)/fuzzers/%)

$(fuzz_readers:%=$(BUILD)/fuzzers/%): $(BUILD)/fuzzers/%: $(BUILD)/tests/fuzz/%.o
$(BUILD)/fuzzers/model: $(BUILD)/tests/fuzz/made.o
$(tools:%=$(BUILD)/fuzzers/%): $(BUILD)/fuzzers/%: $(BUILD)/main/%.o \
	$(patsubst %,$(BUILD)/tests/fuzz/%.o,program made)
$(tools:%=$(BUILD)/fuzzers/%): fuzz_link += -Wl,--wrap=options_parse
$(BUILD)/fuzzers/%: $(BUILD)/tests/fuzz/harness.o $(BUILD)/libtale.a
	$(if $(V),,@echo "  LD   $@")
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(fuzz_link) -o $@ $(filter-out %.a,$^) $(BUILD)/libtale.a $(LDLIBS)

# A program's main() under another name, to be called by a fuzzer.
$(BUILD)/main/%.o: tools/%.c
	$(if $(V),,@echo "  CC   $< (main)")
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Dmain=tool_main -Wno-missing-prototypes -MMD -MP -c -o $@ $<

.PHONY: torture
torture: $(programs)
	$(Q)BUILD=$(BUILD) tests/torture

# Warnings of both compilers are errors here, including gcc warnings that are too strict for daily use.
LINT_gcc := -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wnull-dereference -Wcast-align
LINT_clang := -Wcast-align -Wunreachable-code -Wmissing-variable-declarations
.PHONY: lint lint-gcc lint-clang lint-analyzer lint-tidy
lint: lint-gcc lint-clang lint-analyzer lint-tidy
	$(Q)tests/lint $(floors)
lint-gcc lint-clang: lint-%:
	$(Q)$(MAKE) CC=$* BUILD=build/lint-$* CFLAGS="-Werror $(LINT_$*)" all build-tests

# gcc's analyzer does not understand vector types, nor structs that are returned with ownership of memory; the
# sanitizers do.
ANALYZER := -fanalyzer -Wno-analyzer-use-of-uninitialized-value -Wno-analyzer-shift-count-overflow \
	-Wno-analyzer-malloc-leak
lint-analyzer:
	$(Q)$(MAKE) CC=gcc BUILD=build/lint-analyzer OPTIMIZE="-O1 -march=$(MARCH)" CFLAGS="-Werror $(ANALYZER)" analyze
.PHONY: analyze
analyze: $(objects) $(tools:%=$(BUILD)/tools/%.o)

# A file is checked again when it or a header has changed. .clang-tidy lists the disabled checks with reasons.
lint-tidy: $(sources:%.c=build/lint-tidy/%.ok) $(tools:%=build/lint-tidy/tools/%.ok)
build/lint-tidy/%.ok: %.c .clang-tidy $(wildcard common/*/*.h)
	$(if $(V),,@echo "  TIDY $<")
	$(Q)mkdir -p $(@D)
	$(Q)clang-tidy --quiet --warnings-as-errors='*' $< -- -std=c11 -O1 -march=$(MARCH) -fopenmp $(CPPFLAGS) 2>/dev/null
	$(Q)touch $@
.PHONY: build-tests
build-tests: $(test_programs) $(test_helpers) $(BUILD)/tests/bench/train-step \
	$(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/fuzz/*.c))

.PHONY: install
install: $(programs)
	$(Q)install -d $(DESTDIR)$(PREFIX)/bin
	$(Q)install $(programs) $(DESTDIR)$(PREFIX)/bin
	$(Q)for page in $(wildcard man/*.[157]); do \
		install -D -m 644 "$$page" "$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}"; done

.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# The report (pipelines/tell, pipelines/report.mk). PRESET=smoke, quick (default) or full; CIFAR10=FOLDER or archive;
# SEED=1; OUT=out. DATA=synthetic does not look for CIFAR-10; neither does PRESET=smoke, unless CIFAR10 is given. Values
# from the user are passed unchanged through the environment, with quotes and blanks.
PRESET ?= quick
drawn := $(or $(filter synthetic,$(DATA)),$(if $(value CIFAR10),,$(filter smoke,$(PRESET))))
# With PRESET=smoke each program has one thread, so two run at a time.
two = $(if $(filter smoke,$(PRESET)),$(if $(findstring jobserver,$(MAKEFLAGS)),,-j2))
.PHONY: report
report: export REPORT_OUT := $(if $(filter undefined,$(origin OUT)),out,$(value OUT))
report: export REPORT_CIFAR10 := $(if $(drawn),drawn,$(value CIFAR10))
report: export REPORT_PRESET := $(value PRESET)
report: export REPORT_SEED := $(if $(filter undefined,$(origin SEED)),1,$(value SEED))
report:
	$(Q)MAKE='$(MAKE)' BUILD='$(BUILD)' exec pipelines/tell "$$REPORT_OUT" "$$REPORT_PRESET" "$$REPORT_SEED" \
	    "$$REPORT_CIFAR10" $(two)

# The accuracy of a preset's recipes (tests/bench/recipes) and of features at each layer, compared with untrained
# networks; an hour and a half with PRESET=full on two fast cores. out/accuracy-PRESET keeps the models, so they are not
# trained twice.
SEEDS ?= 1,2,3
.PHONY: bench-accuracy
bench-accuracy: export ACCURACY_CIFAR10 := $(value CIFAR10)
bench-accuracy: all
	$(Q)data=$$(CIFAR10="$$ACCURACY_CIFAR10" pipelines/find-data data); \
	[ -n "$$data" ] || { echo "bench-accuracy: CIFAR-10 is not to be had" >&2; exit 1; }; \
	for target in label rotation random; do \
		BUILD=$(abspath $(BUILD)) tests/bench/recipes -p $(PRESET) -t $$target -s $(SEEDS) -g 2 \
		    -o out/accuracy-$(PRESET) "$$data"; done

.PHONY: clean
clean:
	rm -rf build
