# data.mk: the data as streams. CIFAR10_PATH: the output of find-data; if empty, drawn scenes are used. The path comes
# from the user and may contain anything: it is passed through the environment, never in a recipe or a target. train,
# val, test: numbers of rows (0: all).

given := $(value CIFAR10_PATH)
ifeq ($(if $(given),yes),)
data_origin := cifar-synth $(synthetic) --seed $(SEED)
export DATA_PATH := $(out)/data
$(out)/data: $(out)/settings/data
	$(call say,drawing scenes: $(data_origin))
	rm -rf '$@' '$@.part' && cifar-synth $(synthetic) --seed $(SEED) '$@.part' && mv '$@.part' '$@' && touch '$@'
drawn := $(out)/data
else
data_origin = $(notdir $(given))
export DATA_PATH := $(given)
endif

# The streams depend on the options and also on the contents of the data files, wherever these are.
$(out)/settings/data: settings = $(if $(given),,$(data_origin) | )val $(val) train $(train) test $(test) | seed $(SEED)
$(out)/settings/data: always
	mkdir -p $(@D)
	{
	    printf '%s\n' "$$SETTINGS"
	    $(if $(given),$(here)/data-sum "$$DATA_PATH" '$@.files')
	} >'$@.part'
	if cmp -s '$@.part' '$@'; then rm '$@.part'; else mv '$@.part' '$@'; fi

# The three parts as streams: each is read many times, and an archive would have to be unpacked each time.
$(out)/train.st: $(out)/settings/data $(drawn)
	cifar-cat -q -s train --val $(val) -n $(train) "$$DATA_PATH" $(to)
$(out)/val.st: $(out)/settings/data $(drawn)
	cifar-cat -q -s val --val $(val) "$$DATA_PATH" $(to)
$(out)/test.st: $(out)/settings/data $(drawn)
	cifar-cat -q -s test -n $(test) "$$DATA_PATH" $(to)
