# data.mk: the data as the programs want it. CIFAR10_PATH: what find-data printed; empty: drawn scenes.
# train, val, test: how many rows (0: all there are).

ifeq ($(CIFAR10_PATH),)
data_name := synthetic scenes
data_kind := synthetic
data_origin := cifar-synth $(synthetic) --seed $(SEED)
data := $(out)/data
$(data): $(out)/settings/data
	$(call say,drawing scenes: $(data_origin))
	rm -rf '$@' '$@.part' && cifar-synth $(synthetic) --seed $(SEED) '$@.part' && mv '$@.part' '$@' && touch '$@'
else
data_name := CIFAR-10
data_kind := cifar
data_origin := $(CIFAR10_PATH)
data := $(CIFAR10_PATH)
endif

$(out)/settings/data: settings = $(data_origin) | val $(val) train $(train) test $(test) | seed $(SEED)

# The three parts as streams: each is read many times, and an archive would be unpacked each time.
$(out)/train.st: $(out)/settings/data $(if $(CIFAR10_PATH),,$(data))
	cifar-cat -q -s train --val $(val) -n $(train) '$(data)' $(to)
$(out)/val.st: $(out)/settings/data $(if $(CIFAR10_PATH),,$(data))
	cifar-cat -q -s val --val $(val) '$(data)' $(to)
$(out)/test.st: $(out)/settings/data $(if $(CIFAR10_PATH),,$(data))
	cifar-cat -q -s test -n $(test) '$(data)' $(to)
