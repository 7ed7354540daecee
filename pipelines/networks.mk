# networks.mk: the two networks, the untrained one, and their outputs for the images. Later stages read only streams
# without images (*.st) and tables (*.tsv).

comma := ,
stages := $(wordlist 1,$(words $(subst $(comma), ,$(widths))),1 2 3 4 5 6 7 8)
blocks_of = $(word $1,$(subst $(comma), ,$(blocks)))
# A first stage without blocks has the same output as conv1.
first_stage := $(if $(filter 0,$(call blocks_of,1)),2,1)
# Layers with their own output: conv1, and in each stage the pooling unit and the blocks (at most ten).
layers := conv1 $(foreach s,$(stages),$(if $(filter pool,$(downsample)),$(if $(filter-out 1,$s),layer$s.pool)) \
    $(addprefix layer$s.,$(wordlist 1,$(call blocks_of,$s),0 1 2 3 4 5 6 7 8 9)))
nets := label rotation random
knn := -k 10 --metric cosine --vote weighted --temperature 0.1
# The probes: softmax regression, and the two hidden layers of 200 units that Gidaris et al. use.
probe_linear := --epochs 30
probe_hidden := --hidden 200,200 --epochs 10 --lr 0.03

network := --widths $(widths) --blocks $(blocks) --downsample $(downsample)
fit = resnet-train -j $(threads) $(network) --seed $(SEED)
embed = resnet-embed -q -j $(threads) -m $(out)/$1.safetensors --emit

# Each output names the part of the data and the network that it comes from, and is rejected if it is not the expected
# one, so swapped inputs are never drawn. only,PART; only,PART,NETWORK.
only = tensor-pick --require "source=* $1" $(if $2,--require "model=$$(cat $(out)/$2.id)")

$(out)/settings/label: settings = $(network) | $(label) | $(SEED)
$(out)/settings/rotation: settings = $(network) | $(rotation) | $(SEED)
$(out)/settings/depth: settings = $(knn_database) $(knn_queries) $(depth_grid) | $(knn) | $(probe_linear) | \
    $(probe_hidden) | $(SEED)
$(out)/settings/neighbours: settings = $(knn)
$(out)/settings/cam: settings = $(cam_studied)
$(out)/settings/tsne: settings = $(tsne) | $(SEED)
$(out)/settings/map: settings = $(map_rows) | $(map_tsne) | $(SEED)

# Checks that the three parts have the right names, and that no image is used both for training and for choosing.
$(out)/parts.txt: $(out)/train.st $(out)/val.st $(out)/test.st
	for part in train val test; do
	    $(call only,$$part) --fields index <$(out)/$$part.st | tensor-tsv index | sort >'$@.part.'$$part
	    echo "$$part $$(wc -l <'$@.part.'$$part)"
	done >'$@.part'
	both=$$(comm -12 '$@.part.train' '$@.part.val' | wc -l)
	[ "$$both" == 0 ] || { echo "$(out): $$both validation images are among those to train on" >&2; exit 1; }
	rm '$@.part.'{train,val,test}
	mv '$@.part' '$@'

# The network's identity, as in the streams that it computes.
.SECONDARY: $(nets:%=$(out)/%.id)
$(out)/%.id: $(out)/%.safetensors $(out)/test.st
	tensor-pick -n 1 <$(out)/test.st | $(call embed,$*) feature |
	    tensor-pick --require 'model=$(if $(filter rotation,$*),rotation,label) *' | tensor-ls -m model $(to)

# --- training. The second network waits for the first if each uses all cores.

# Checks whether there are enough images, before hours of training.
$(out)/enough.tsv: $(here)/facts/enough.awk $(out)/train.st $(out)/val.st $(out)/test.st
	labels() { tensor-tsv label <$(out)/$$1.st; }
	awk -f $< <(labels train) <(labels val) <(labels test) $(to)

$(out)/label.safetensors $(out)/label.tsv &: $(out)/settings/label $(out)/train.st $(out)/val.st $(out)/parts.txt | \
    $(out)/enough.tsv
	$(call say,training with labels)
	$(fit) $(label) <$(out)/train.st --val $(out)/val.st --log $(out)/label.tsv.part |
	    $(call only,train) --require task=label >$(out)/label.part
	mv $(out)/label.tsv.part $(out)/label.tsv
	mv $(out)/label.part $(out)/label.safetensors

$(out)/rotation.safetensors $(out)/rotation.tsv &: $(out)/settings/rotation $(out)/train.st $(out)/val-turned.st | \
    $(out)/enough.tsv $(if $(filter 1,$(threads)),,$(out)/label.safetensors)
	$(call say,training without labels)
	rotate-aug -q <$(out)/train.st | $(fit) --target rotation $(rotation) --val $(out)/val-turned.st \
	    --log $(out)/rotation.tsv.part | $(call only,train) --require task=rotation >$(out)/rotation.part
	mv $(out)/rotation.tsv.part $(out)/rotation.tsv
	mv $(out)/rotation.part $(out)/rotation.safetensors

# A network of this shape with random weights; only its batch norms have seen images. It must be no better than chance,
# because it is the baseline of the comparison.
$(out)/random.safetensors: $(out)/settings/label $(out)/train.st $(out)/parts.txt
	tensor-pick -n 2000 <$(out)/train.st |
	    $(fit) -q --stem trained --init random --average none --batch 50 --epochs 1 --optimizer sgd --lr 0 >'$@.part'
	classes=$$(tensor-ls -m classes '$@.part' | tr , '\n' | wc -l)
	rows=$$(awk '$$1 == "train" { print $$2 < 2000 ? $$2 : 2000 }' $(out)/parts.txt)
	tensor-ls -m train_accuracy '$@.part' | awk -v classes="$$classes" -v rows="$$rows" '
	    $$1 > 3 / classes + 3 / sqrt(classes * rows) { print "the untrained network names " $$1 " rightly"; exit 1 }' >&2
	mv '$@.part' '$@'

# --- held-out and test images as the networks see them

$(out)/val-turned.st: $(out)/val.st
	rotate-aug -q <$< | $(call only,val) $(to)

$(out)/names.st: $(out)/test.st $(out)/label.safetensors $(out)/label.id
	$(call say,naming the test images)
	$(call embed,label) feature,logit,prediction,loss <$< |
	    $(call only,test,label) --fields index,label,feature,logit,prediction,loss $(to)

$(out)/turns.tsv: $(out)/test.st $(out)/rotation.safetensors $(out)/rotation.id
	$(call say,turning the test images)
	rotate-aug -q <$< | $(call embed,rotation) prediction,loss | $(call only,test,rotation) |
	    tensor-tsv label rotation prediction loss $(to)

$(out)/val-turned.tsv: $(out)/val-turned.st $(out)/rotation.safetensors $(out)/rotation.id
	$(call embed,rotation) prediction,loss <$< | $(call only,val,rotation) |
	    tensor-tsv label index rotation prediction loss $(to)

# --- features: the whole training set and the test set, as seen by the last layer

$(out)/features-%.st: $(out)/%.safetensors $(out)/%.id $(out)/test.st
	$(call embed,$*) feature <$(out)/test.st | $(call only,test,$*) --fields index,label,feature $(to)

$(out)/database-%.st: $(out)/%.safetensors $(out)/%.id $(out)/train.st
	$(call say,features of all training images: $*)
	$(call embed,$*) feature <$(out)/train.st | $(call only,train,$*) --fields index,label,feature $(to)

$(out)/neighbours-%.st: $(out)/features-%.st $(out)/database-%.st $(out)/settings/neighbours
	knn -q -j $(threads) -d $(out)/database-$*.st $(knn) <$< |
	    $(call only,test,$*) --fields index,label,neighbor_index,neighbor_label,neighbor_distance $(to)

# --- features at every depth: for each network and layer, the shares of test images whose class is found by the
# neighbours' vote, by a linear probe and by a probe with hidden layers, one per line

define depth_rule
$(out)/depth/$1-$2.txt: $(out)/$1.safetensors $(out)/$1.id $(out)/settings/depth $(out)/train.st $(out)/test.st
	mkdir -p $$(@D)
	tensor-pick -n $(knn_database) <$(out)/train.st | $(call embed,$1) feature --layer $2 --grid $(depth_grid) |
	    $$(call only,train,$1) --fields index,label,feature >'$$@.part.database'
	tensor-pick -n $(knn_queries) <$(out)/test.st | $(call embed,$1) feature --layer $2 --grid $(depth_grid) |
	    $$(call only,test,$1) --fields index,label,feature >'$$@.part.queries'
	share='{ right += $$$$1 == $$$$2 } END { print right / NR }'
	probe="probe -q -j $(threads) --seed $(SEED) -t $$@.part.database"
	{
	    knn -q -j $(threads) -d '$$@.part.database' $(knn) <'$$@.part.queries' | tensor-tsv label knn_prediction |
	        awk "$$$$share"
	    $$$$probe $(probe_linear) <'$$@.part.queries' | tensor-tsv label probe_prediction | awk "$$$$share"
	    $$$$probe $(probe_hidden) <'$$@.part.queries' | tensor-tsv label probe_prediction | awk "$$$$share"
	} $$(to)
	rm '$$@.part.database' '$$@.part.queries'
endef
$(foreach n,$(nets),$(foreach l,$(layers),$(eval $(call depth_rule,$n,$l))))

# LAYER, then LABELS ROTATION UNTRAINED by neighbours, by the linear probe, and by the probe with hidden layers.
$(out)/depth.tsv: $(foreach n,$(nets),$(foreach l,$(layers),$(out)/depth/$n-$l.txt))
	! cmp $(out)/label.id $(out)/random.id || { echo "$(out): the untrained network is the one with labels" >&2; exit 1; }
	for layer in $(layers); do
	    printf '%s' $$layer
	    printf '\t%s' $$(paste $(out)/depth/{label,rotation,random}-$$layer.txt)
	    printf '\n'
	done $(to)

# --- the maps of t-SNE and of class activation

# lay_out OPTIONS ROWS: a map of the rows of a stream; its messages and the perplexity used go to '$@.kl'. With few rows
# the perplexity must be smaller.
define lay_out
perplexity=$$(tensor-tsv index <$2 | wc -l | awk -f $(here)/facts/perplexity.awk -v options='$1')
	    echo "perplexity $$perplexity" >'$@.kl'
	    tsne -j $(threads) $1 --seed $(SEED) --perplexity $$perplexity <$2 2>>'$@.kl' || { cat '$@.kl' >&2; exit 1; }
endef
# The first ten test images of each class, class by class; the same images as in the first figure.
per_class := 10
$(out)/tsne-%.tsv: $(out)/features-%.st $(out)/settings/tsne
	$(call only,test,$*) --sort label -n $(per_class) --per label <$< >'$@.part.rows'
	{
	    $(call lay_out,$(tsne),'$@.part.rows')
	} | tensor-tsv map label $(to)
	rm '$@.part.rows'

# All test images, or the first ones; X Y LABEL PREDICTION, where the prediction is by the network with labels.
$(out)/map-%.st: $(out)/features-%.st $(out)/settings/map
	$(call say,a map of the test images: $*)
	$(call only,test,$*) $(if $(filter-out 0,$(map_rows)),-n $(map_rows)) --fields index,label,feature <$< \
	    >'$@.part.rows'
	{
	    $(call lay_out,$(map_tsne),'$@.part.rows')
	} | tensor-pick --fields index,label,map $(to)
	rm '$@.part.rows'
$(out)/map-%.tsv: $(out)/map-%.st $(out)/names.st
	paste <(tensor-tsv map label <$<) <(tensor-tsv prediction <$(out)/names.st) | awk -F'\t' '$$1 != ""' $(to)

# LABEL PREDICTION LOGITS MAP of the first images, and the size of the maps.
$(out)/cam-%.tsv: $(out)/%.safetensors $(out)/%.id $(out)/test.st $(out)/settings/cam
	tensor-pick -n $(cam_studied) <$(out)/test.st | $(call embed,$*) fmap,logit,prediction |
	    cam-render -m $< --map | $(call only,test,$*) --drop image,fmap >'$@.part.st'
	places=$$(tensor-ls '$@.part.st' | awk '$$1 == "cam" { gsub(/[][N,]/, " "); print $$(NF - 1) * $$NF; exit }')
	tensor-tsv label prediction logit $$(seq -f cam.%g 0 $$((places - 1))) <'$@.part.st' $(to)
	rm '$@.part.st'
