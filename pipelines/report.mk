# report.mk: makes out/report.pdf and out/report.html from the data. `make report` finds the data (find-data) and runs
#
#   CIFAR10_PATH=FOLDER make -f pipelines/report.mk PRESET=quick
#
# with the programs in PATH. An expensive stage writes a file; cheap steps are pipes between two such files. Every
# target is written to a temporary file and renamed. Settings are also files, rewritten only when they change, so a
# different number of epochs trains again, and the results of different presets are never mixed.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.ONESHELL:
MAKEFLAGS += --no-builtin-rules
$(if $(V),,.SILENT:)

# The same text and numbers in any locale.
export LC_ALL := C.UTF-8

# How long a waiting libgomp thread keeps its core busy. The default, some milliseconds, is 1 % faster on an idle
# machine but halves the speed if other programs need the cores.
export GOMP_SPINCOUNT ?= 20000

PRESET ?= quick
SEED ?= 1
here := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
include $(here)/presets/$(PRESET).mk

OUT ?= out
out := $(OUT)/$(if $(value CIFAR10_PATH),cifar-10,synthetic)-$(PRESET)
# A failure before this ends the recipe (set -e); on the left of && it would not.
to = >'$@.part'; mv '$@.part' '$@'
say = echo "  $1"

.PHONY: report
report: $(out)/report.pdf $(out)/report.html $(out)/map.html
	for file in report.pdf report.html map.html; do
	    cmp -s $(out)/$$file $(OUT)/$$file || {
	        cp $(out)/$$file $(OUT)/$$file.part
	        mv $(OUT)/$$file.part $(OUT)/$$file
	    }
	done

# $(out)/settings/NAME holds the value of its target-specific variable `settings`.
.PHONY: always
always:
$(out)/settings/%: export SETTINGS = $(settings)
$(out)/settings/%: always
	mkdir -p $(@D)
	printf '%s\n' "$$SETTINGS" >'$@.part'
	if cmp -s '$@.part' '$@'; then rm '$@.part'; else mv '$@.part' '$@'; fi

include $(here)/data.mk $(here)/networks.mk $(here)/figures.mk

# Files in the middle of a chain of pattern rules are kept.
.SECONDARY: $(foreach n,label rotation,$(out)/features-$n.st $(out)/database-$n.st $(out)/filters-first-$n.tsv)

# --- facts, text and the two forms of the report

$(out)/settings/report: settings = $(PRESET) $(SEED) | $(network) | $(label) | $(rotation) | $(tsne) | \
    $(map_rows) $(map_tsne) | $(data_origin)

# Facts that are known before anything is measured.
$(out)/facts/run.tsv: export DATA_ORIGIN = $(data_origin)
$(out)/facts/run.tsv: $(here)/facts/run.awk $(out)/settings/report $(out)/settings/data $(out)/label.safetensors \
    $(out)/train.st $(out)/test.st $(out)/val.st
	mkdir -p $(@D)
	{
	    printf '%s\t%s\n' data.origin "$$(tr '\000-\037\177' '?' <<<"$$DATA_ORIGIN" | sed 's/?$$//')"
	    printf '%s\t%s\n' source "$$(tensor-ls -m source $(out)/train.st | tr '\000-\037\177' '?' | sed 's/?$$//')"
	    printf '%s\t%s\n' run.preset '$(PRESET)' run.seed '$(SEED)' run.cores "$$(nproc)"
	    printf '%s\t%s\n' run.version "$$(tensor-ls --version | awk '{ print $$NF }')"
	    printf '%s\t%s\n' run.date "$$(date -u -r $(out)/label.safetensors '+%Y-%m-%d')"
	    printf '%s\t%s\n' widths "$$(tensor-ls -m widths $(out)/label.safetensors)"
	    printf '%s\t%s\n' blocks "$$(tensor-ls -m blocks $(out)/label.safetensors)"
	    printf '%s\t%s\n' net.downsample "$$(tensor-ls -m downsample $(out)/label.safetensors)" net.stem '$(stem)'
	    printf '%s\t%s\n' classes "$$(tensor-ls -m classes $(out)/label.safetensors)"
	    printf '%s\t%s\n' options.label '$(label)' options.rotation '$(rotation)'
	    printf '%s\t%s\n' options.tsne '$(tsne)' per_class '$(per_class)'
	    printf '%s\t%s\n' data.train "$$(tensor-tsv index <$(out)/train.st | wc -l)"
	    printf '%s\t%s\n' data.train_all "$$(cifar-cat -q -s train --val $(val) "$$DATA_PATH" | tensor-tsv index | wc -l)"
	    printf '%s\t%s\n' data.val "$$(tensor-tsv index <$(out)/val.st | wc -l)"
	    printf '%s\t%s\n' data.test "$$(tensor-tsv index <$(out)/test.st | wc -l)"
	    tensor-ls $(out)/label.safetensors
	} | awk -f $< $(to)

# Times at which the figures were drawn.
$(out)/facts/made.tsv: $(figures:%=$(out)/figures/%.svg)
	for figure in $(figures); do
	    printf 'made.%s\t%s\n' "$$figure" "$$(date -u -r "$(out)/figures/$$figure.svg" '+%Y-%m-%d %H:%M UTC')"
	done $(to)

fact_names := run label rotation names turns extremes filters cam depth neighbours tsne map made
facts := $(fact_names:%=$(out)/facts/%.tsv)
$(out)/report.md: $(here)/report/report.md $(here)/report/template.awk $(here)/report/library.awk $(facts)
	awk -f $(here)/report/template.awk $< >$(out)/report.awk
	LC_ALL=C awk -f $(here)/report/library.awk -f $(out)/report.awk $(facts) $(to)

$(out)/report.html $(out)/report.pdf &: $(out)/report.md $(figures:%=$(out)/figures/%.svg) \
    $(filter-out $(here)/report/report.md,$(wildcard $(here)/report/*))
	$(call say,typesetting $(out)/report.pdf and $(out)/report.html)
	$(here)/report/typeset $< $(out)/figures $(out)/report.html $(out)/report.pdf
