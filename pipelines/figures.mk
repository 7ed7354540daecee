# figures.mk: the figures, each made from a table or a contact sheet by one gnuplot script, and the facts for them.

draw = mkdir -p $(@D) && $(here)/figures/draw $(here)/figures/$1.gp $(basename $@)
class_count = $$(wc -l <$(out)/classes.txt)
classes = "$$(paste -sd, $(out)/classes.txt)"
width_of = $$(od -An -tu4 --endian=big -j16 -N4 '$1' | tr -d ' ')
height_of = $$(od -An -tu4 --endian=big -j20 -N4 '$1' | tr -d ' ')
statistics := awk -f $(here)/facts/statistics.awk
style := $(addprefix $(here)/figures/,draw paper style.gp tables.gp names.gp)

# The two file formats of a drawing.
figures := samples curves-label curves-rotation confusion turns rotation-loss filters-first filters-picked \
    filters-second cam cam-odd cam-both tsne map map-images neighbours depth
drawing = $(out)/figures/$1.svg $(out)/figures/$1.eps

# A sheet is a table (positions of items) and a picture (tiles without gaps, each pixel 3 pixels wide).
sheet = mkdir -p $(@D) && $(here)/figures/sheet $1.png $(basename $@) $2 rows=$1.tsv
tiles = tensor-pnm --gap 0 --zoom 3 --columns $1 | pnmtopng -quiet
tile := tile_width=96 tile_height=96

# The height of the tiles of a table, plus room below them.
height_to_fit = $$(awk -F'\t' '$$4 != "-" && $$2 + $$4 > y { y = $$2 + $$4 } END { print y + $1 }' $2)

sheet_scripts := $(here)/figures/sheet.gp $(here)/figures/sheet

# The class names, one per line. They contain no comma (cifar-cat ensures this) but may contain any other character with
# a special meaning for the shell, gnuplot or a markup language: pass them only in files and in the environment.
$(out)/classes.txt: $(out)/train.st
	tensor-ls -m classes $< | tr , '\n' $(to)

# --- the data

$(out)/sheets/samples.png: $(out)/test.st
	mkdir -p $(@D)
	$(call only,test) --sort label -n $(per_class) --per label <$< | $(call tiles,$(per_class)) $(to)
$(out)/sheets/samples.tsv: $(here)/figures/samples.awk $(out)/classes.txt $(out)/test.st
	mkdir -p $(@D)
	tensor-pick --sort label -n $(per_class) --per label <$(out)/test.st | tensor-tsv label |
	    names=$(classes) LC_ALL=C awk -f $< -v each=$(per_class) $(to)
$(call drawing,samples) &: $(out)/sheets/samples.png $(out)/sheets/samples.tsv $(sheet_scripts) $(style)
	$(call sheet,$(out)/sheets/samples,$(tile)) width=15.8 \
	    height=$(call height_to_fit,0.1,$(out)/sheets/samples.tsv)

# --- learning curves

$(out)/facts/label.tsv $(out)/facts/rotation.tsv: $(out)/facts/%.tsv: $(here)/facts/curves.awk $(out)/%.tsv
	mkdir -p $(@D)
	awk -f $< -v net=$* $(out)/$*.tsv $(to)
define curves_rule
$(call drawing,curves-$1) &: $(out)/$1.tsv $(out)/facts/$1.tsv $(out)/$1.safetensors $(here)/figures/curves.gp $(style)
	$$(call draw,curves) rows=$(out)/$1.tsv chosen=$$$$(awk '$$$$1 == "$1.chosen" { print $$$$2 }' $(out)/facts/$1.tsv) \
	    classes=$$$$(tensor-ls -m classes $(out)/$1.safetensors | tr ',' '\n' | wc -l)
endef
$(foreach n,label rotation,$(eval $(call curves_rule,$n)))

# --- names and turns

$(out)/facts/names.tsv $(out)/confusion.tsv &: $(here)/facts/names.awk $(here)/facts/surest-mistake.awk $(out)/names.st
	mkdir -p $(out)/facts
	{
	    tensor-tsv label prediction loss <$(out)/names.st | awk -f $< -v matrix=$(out)/confusion.tsv
	    tensor-tsv label prediction logit <$(out)/names.st | awk -f $(here)/facts/surest-mistake.awk
	} >$(out)/facts/names.tsv
$(call drawing,confusion) &: $(out)/confusion.tsv $(out)/classes.txt $(here)/figures/confusion.gp \
    $(here)/figures/matrix.gp $(style)
	$(call draw,confusion) cells=$< names=$(out)/classes.txt

$(out)/facts/turns.tsv $(out)/turns-cells.tsv $(out)/turns-classes.tsv &: $(here)/facts/turns.awk \
    $(here)/facts/statistics.awk $(out)/facts/names.tsv $(out)/turns.tsv
	$(statistics) -f $< -v matrix=$(out)/turns-cells.tsv -v classes=$(out)/turns-classes.tsv \
	    $(out)/facts/names.tsv $(out)/turns.tsv >$(out)/facts/turns.tsv
$(call drawing,turns) &: $(out)/turns-cells.tsv $(out)/turns-classes.tsv $(out)/classes.txt \
    $(here)/figures/turns.gp $(here)/figures/matrix.gp $(style)
	$(call draw,turns) cells=$(out)/turns-cells.tsv rows=$(out)/turns-classes.tsv names=$(out)/classes.txt

extremes := 10
$(out)/extremes.tsv: $(here)/facts/extremes.awk $(out)/val-turned.tsv
	number='{ print NR - 1 "\t" $$0 }'
	awk -f $< -v count=$(extremes) <(awk "$$number" $(out)/val-turned.tsv | LC_ALL=C sort -t $$'\t' -k6,6gr -k1,1n) \
	    <(awk "$$number" $(out)/val-turned.tsv | LC_ALL=C sort -t $$'\t' -k6,6g -k1,1n) $(to)
$(out)/facts/extremes.tsv: $(here)/facts/extremes-facts.awk $(out)/extremes.tsv
	mkdir -p $(@D)
	awk -f $< -v count=$(extremes) $(out)/extremes.tsv $(to)
$(out)/sheets/rotation-loss.png: $(out)/extremes.tsv $(out)/val-turned.st
	mkdir -p $(@D)
	$(call only,val) --rows "$$(cut -f1 $< | paste -sd,)" <$(out)/val-turned.st | $(call tiles,$(extremes)) $(to)
$(out)/sheets/rotation-loss.tsv: $(here)/figures/rotation-loss.awk $(out)/extremes.tsv
	mkdir -p $(@D)
	awk -f $< -v count=$(extremes) $(out)/extremes.tsv $(to)
$(call drawing,rotation-loss) &: $(out)/sheets/rotation-loss.png $(out)/sheets/rotation-loss.tsv \
    $(sheet_scripts) $(style)
	$(call sheet,$(out)/sheets/rotation-loss,$(tile)) width=15.8 height=4.75

# --- filters

second := $(if $(filter 2,$(first_stage)),layer2.pool.conv.weight,layer1.0.conv1.weight)
# Whitened unless the preset says otherwise, as is resnet-train's default.
stem := $(if $(findstring --stem trained,$(label)),trained,whiten)
weights = $$(tensor-ls $1 | awk '$$1 == "$2" { gsub(/[][,]/, " "); print $$4 * $$5 * $$6 - 1 }')
$(out)/filters-first-%.tsv: $(out)/%.safetensors
	tensor-pick --fields conv1.weight <$< | tensor-tsv $$(seq -f conv1.weight.%g 0 26) $(to)
$(out)/filters-second-%.tsv: $(out)/%.safetensors
	tensor-pick --fields $(second) <$< | tensor-tsv $$(seq -f $(second).%g 0 $(call weights,$<,$(second))) $(to)
$(out)/picks-%.tsv $(out)/facts/filters-first-%.tsv &: $(here)/facts/filters-first.awk $(out)/filters-first-%.tsv
	mkdir -p $(out)/facts
	awk -f $< -v net=$* -v stem=$(stem) \
	    -v picks=$(out)/picks-$*.tsv $(out)/filters-first-$*.tsv >$(out)/facts/filters-first-$*.tsv
$(out)/facts/filters.tsv: $(here)/facts/filters-second.awk \
    $(foreach n,label rotation,$(out)/facts/filters-first-$n.tsv $(out)/filters-second-$n.tsv)
	for net in label rotation; do
	    cat $(out)/facts/filters-first-$$net.tsv
	    awk -f $< -v net=$$net -v layer=$(basename $(second)) $(out)/facts/filters-first-$$net.tsv \
	        $(out)/filters-second-$$net.tsv
	done $(to)

filter_count = $(firstword $(subst $(comma), ,$(widths)))
$(out)/sheets/filters-first.png: scale = $(if $(filter whiten,$(stem)),each,shared)
$(out)/sheets/filters-picked.png: scale = each
$(out)/sheets/filters-first.png $(out)/sheets/filters-picked.png: $(foreach n,label rotation,$(out)/$n.safetensors)
	mkdir -p $(@D)
	render='filter-render --scale $(scale) --gap 0 --zoom 24 --columns 1'
	pnmcat -tb <($$render $(out)/label.safetensors) <($$render $(out)/rotation.safetensors) | pnmtopng -quiet $(to)
$(out)/sheets/filters-first.tsv $(out)/sheets/filters-picked.tsv: $(out)/sheets/%.tsv: $(here)/figures/%.awk \
    $(foreach n,label rotation,$(out)/picks-$n.tsv)
	mkdir -p $(@D)
	awk -f $< -v count=$(filter_count) $(out)/picks-label.tsv $(out)/picks-rotation.tsv $(to)
$(call drawing,filters-first) &: $(out)/sheets/filters-first.png $(out)/sheets/filters-first.tsv \
    $(sheet_scripts) $(style)
	$(call sheet,$(out)/sheets/filters-first,tile_width=72 tile_height=72) width=15.8 \
	    height=$$(awk -F'\t' 'END { print $$2 + $$4 + 0.35 }' $(out)/sheets/filters-first.tsv)
$(call drawing,filters-picked) &: $(out)/sheets/filters-picked.png $(out)/sheets/filters-picked.tsv \
    $(sheet_scripts) $(style)
	$(call sheet,$(out)/sheets/filters-picked,tile_width=72 tile_height=72) width=15.8 height=5.2

# The kernels of one layer as one tile for each network.
$(out)/sheets/filters-second.png: $(foreach n,label rotation,$(out)/$n.safetensors)
	mkdir -p $(@D)
	render='filter-render --layer $(second) --scale each --palette diverging --gap 1 --zoom 3 --columns 1'
	pnmcat -lr <($$render $(out)/label.safetensors) <($$render $(out)/rotation.safetensors) | pnmtopng -quiet $(to)
$(out)/sheets/filters-second.tsv: $(here)/figures/filters-second.awk $(out)/sheets/filters-second.png
	mkdir -p $(@D)
	awk -f $< -v width=$$(($(call width_of,$(word 2,$^)) / 2)) -v height=$(call height_of,$(word 2,$^)) $(to)
$(call drawing,filters-second) &: $(out)/sheets/filters-second.png $(out)/sheets/filters-second.tsv \
    $(sheet_scripts) $(style)
	$(call sheet,$(out)/sheets/filters-second,tile_width=$$(($(call width_of,$<) / 2)) tile_height=$(call height_of,$<)) \
	    width=15.8 height=$$(awk -F'\t' 'END { print $$2 + $$4 + 0.2 }' $(out)/sheets/filters-second.tsv)

# --- class activation maps

cam_columns := 4
maps = $(call embed,$1) fmap,logit,prediction | $(call only,test,$1)
cam_tiles = cam-render -m $(out)/$1.safetensors --gap 0 --zoom 3 --columns 1

$(out)/cam-rows.txt $(out)/facts/cam-rows.tsv &: $(here)/facts/cam-rows.awk $(out)/facts/names.tsv $(out)/test.st
	awk -f $< -v columns=$(cam_columns) -v facts=$(out)/facts/cam-rows.tsv $(out)/facts/names.tsv \
	    <(tensor-tsv label <$(out)/test.st) >$(out)/cam-rows.txt
$(out)/cam-shown.st: $(out)/cam-rows.txt $(out)/test.st $(out)/label.safetensors $(out)/label.id
	tensor-pick --rows "$$(paste -sd, $<)" <$(out)/test.st | $(call maps,label) $(to)
$(out)/sheets/cam.png: $(out)/cam-shown.st $(out)/label.safetensors
	mkdir -p $(@D)
	$(call cam_tiles,label) <$< | pnmtopng -quiet $(to)
$(out)/sheets/cam.tsv: $(here)/figures/cam.awk $(out)/cam-shown.st $(out)/classes.txt
	mkdir -p $(@D)
	tensor-tsv label prediction logit <$(out)/cam-shown.st |
	    names=$(classes) awk -f $< -v columns=$(cam_columns) $(to)
$(call drawing,cam) &: $(out)/sheets/cam.png $(out)/sheets/cam.tsv $(sheet_scripts) $(style)
	$(call sheet,$(out)/sheets/cam,$(tile)) width=15.8 height=$(call height_to_fit,0.55,$(out)/sheets/cam.tsv)

# Results that look counter-intuitive.
$(out)/facts/odd.tsv: $(here)/facts/cam.awk $(here)/facts/correlation.awk $(here)/facts/statistics.awk \
    $(out)/facts/names.tsv $(out)/test.st $(out)/classes.txt $(foreach n,label rotation,$(out)/cam-$n.tsv)
	$(statistics) -f $< -v classes=$(class_count) $(out)/cam-label.tsv $(out)/cam-rotation.tsv >'$@.part'
	wrong=$$(awk '$$1 == "odd.wrong.index" { print $$2 }' $(out)/facts/names.tsv)
	tensor-pick --rows "$$wrong" <$(out)/test.st | $(call maps,label) >'$@.part.st'
	values=$$(awk '$$1 == "cam.size" { for (i = 0; i < $$2 * $$2; i++) print "cam." i }' '$@.part')
	for class in predicted label; do
	    cam-render -m $(out)/label.safetensors --map --class $$class <'$@.part.st' | tensor-tsv $$values
	done | $(statistics) -f $(here)/facts/correlation.awk -v name=odd.wrong.overlap >>'$@.part'
	grep '^odd\.wrong' $(out)/facts/names.tsv >>'$@.part'
	rm '$@.part.st'
	mv '$@.part' '$@'
$(out)/sheets/cam-odd.png: $(out)/facts/odd.tsv $(out)/test.st $(out)/label.safetensors
	mkdir -p $(@D)
	row() { awk -v name="odd.$$1.index" '$$1 == name { print $$2 }' $<; }
	tiles() { tensor-pick --rows "$$1" <$(out)/test.st | $(call maps,label) | $(call cam_tiles,label) --class $$2; }
	pnmcat -tb <(tiles "$$(row wrong)" predicted) <(tiles "$$(row wrong)" label) <(tiles "$$(row edge)" predicted) |
	    pnmtopng -quiet $(to)
$(out)/sheets/cam-odd.tsv: $(here)/figures/cam-odd.awk $(out)/facts/odd.tsv $(out)/classes.txt
	mkdir -p $(@D)
	names=$(classes) awk -f $< $(out)/facts/odd.tsv $(to)
$(call drawing,cam-odd) &: $(out)/sheets/cam-odd.png $(out)/sheets/cam-odd.tsv $(sheet_scripts) $(style)
	$(call sheet,$(out)/sheets/cam-odd,$(tile)) width=15.8 height=4.1

# The same images for both networks, at most ten classes.
$(out)/cam-both-%.st: $(out)/test.st $(out)/%.safetensors $(out)/%.id
	tensor-pick --sort label -n 1 --per label <$< | tensor-pick -n 10 | $(call maps,$*) $(to)
$(out)/sheets/cam-both.png: $(foreach n,label rotation,$(out)/cam-both-$n.st)
	mkdir -p $(@D)
	pnmcat -tb <($(call cam_tiles,label) <$(out)/cam-both-label.st) \
	    <($(call cam_tiles,rotation) --class predicted <$(out)/cam-both-rotation.st) | pnmtopng -quiet $(to)
$(out)/sheets/cam-both.tsv: $(here)/figures/cam-both.awk $(out)/classes.txt \
    $(foreach n,label rotation,$(out)/cam-both-$n.st)
	mkdir -p $(@D)
	names=$(classes) awk -f $< <(tensor-tsv label prediction <$(out)/cam-both-label.st) \
	    <(tensor-tsv prediction <$(out)/cam-both-rotation.st) $(to)
$(call drawing,cam-both) &: $(out)/sheets/cam-both.png $(out)/sheets/cam-both.tsv $(sheet_scripts) $(style)
	$(call sheet,$(out)/sheets/cam-both,$(tile)) width=15.8 height=5.6

$(out)/facts/cam.tsv: $(out)/facts/odd.tsv $(out)/facts/cam-rows.tsv $(out)/cam-shown.st
	{
	    cat $(out)/facts/odd.tsv $(out)/facts/cam-rows.tsv
	    tensor-tsv label prediction <$(out)/cam-shown.st |
	        awk '{ right += $$1 == $$2 } END { print "cam.shown\t" NR "\ncam.right\t" right + 0 }'
	} $(to)

# --- t-SNE

$(out)/tsne-names-%.tsv: $(here)/figures/tsne-names.awk $(here)/facts/statistics.awk $(out)/tsne-%.tsv \
    $(out)/classes.txt
	names=$(classes) $(statistics) -f $< $(out)/tsne-$*.tsv $(to)
$(call drawing,tsne) &: $(foreach n,label rotation,$(out)/tsne-$n.tsv $(out)/tsne-names-$n.tsv) \
    $(out)/classes.txt $(here)/figures/tsne.gp $(style)
	$(call draw,tsne) first=$(out)/tsne-label.tsv second=$(out)/tsne-rotation.tsv names=$(out)/classes.txt \
	    first_names=$(out)/tsne-names-label.tsv second_names=$(out)/tsne-names-rotation.tsv
$(out)/facts/tsne.tsv: $(here)/facts/tsne.awk $(here)/facts/statistics.awk \
    $(foreach n,label rotation,$(out)/tsne-$n.tsv)
	mkdir -p $(@D)
	for net in label rotation; do
	    sed -n 's/^perplexity /tsne.perplexity\t/p' $(out)/tsne-$$net.tsv.kl
	    kl=$$(sed -n 's/.*KL divergence \([0-9.]*\).*/\1/p' $(out)/tsne-$$net.tsv.kl)
	    $(statistics) -f $< -v net=$$net -v kl="$$kl" $(out)/tsne-$$net.tsv
	done $(to)

# --- the maps of all test images: points, images, and a page on which each point shows its image

$(out)/map-names-%.tsv: $(here)/figures/tsne-names.awk $(here)/facts/statistics.awk $(out)/map-%.tsv \
    $(out)/classes.txt
	names=$(classes) $(statistics) -f $< $(out)/map-$*.tsv $(to)
# A size that looks right for 100 points, as in the figure of 100, and still shows shapes for 10 000.
map_size = $$(awk 'END { print 0.7 * (100 / NR) ^ 0.2 }' $(out)/map-label.tsv)
$(call drawing,map) &: $(foreach n,label rotation,$(out)/map-$n.tsv $(out)/map-names-$n.tsv) \
    $(out)/classes.txt $(here)/figures/tsne.gp $(style)
	$(call draw,tsne) first=$(out)/map-label.tsv second=$(out)/map-rotation.tsv names=$(out)/classes.txt size=$(map_size) \
	    first_names=$(out)/map-names-label.tsv second_names=$(out)/map-names-rotation.tsv

# Two mosaics, padded to one size.
$(out)/sheets/map-images.png: $(out)/settings/mosaic $(out)/test.st $(foreach n,label rotation,$(out)/map-$n.st)
	mkdir -p $(@D)
	high=0
	for net in label rotation; do
	    tensor-pick $(if $(filter-out 0,$(map_rows)),-n $(map_rows)) --join $(out)/map-$$net.st --fields image,map \
	        <$(out)/test.st | tensor-pnm --at map --columns $(map_columns) --gap 0 --zoom 1 >'$@.part.'$$net.ppm
	    lines=$$(pamfile -size '$@.part.'$$net.ppm | awk '{ print $$2 }')
	    high=$$((lines > high ? lines : high))
	done
	fill="pnmpad -white -width $$((32 * $(map_columns))) -height $$high -halign 0.5 -valign 0.5"
	pnmcat -lr <($$fill '$@.part.label.ppm') <($$fill '$@.part.rotation.ppm') | pnmtopng -quiet $(to)
	rm '$@.part.'*.ppm
$(out)/settings/mosaic: settings = $(map_columns)
$(out)/sheets/map-images.tsv: $(here)/figures/map-images.awk $(out)/sheets/map-images.png
	mkdir -p $(@D)
	awk -f $< -v width=$(call width_of,$(out)/sheets/map-images.png) \
	    -v height=$(call height_of,$(out)/sheets/map-images.png) $(to)
$(call drawing,map-images) &: $(out)/sheets/map-images.png $(out)/sheets/map-images.tsv $(sheet_scripts) $(style)
	$(call sheet,$(out)/sheets/map-images,tile_width=$$(($(call width_of,$<) / 2)) \
	    tile_height=$(call height_of,$<)) width=15.8 \
	    height=$$(awk -F'\t' '$$4 != "-" { print $$2 + $$4 }' $(out)/sheets/map-images.tsv | head -n 1)

# The images as one sheet that is about square.
page_columns = $$(awk 'END { n = int(sqrt(NR)); print n * n < NR ? n + 1 : n }' $(out)/map-label.tsv)
$(out)/sheets/map.jpg: $(out)/map-label.tsv $(out)/test.st
	mkdir -p $(@D)
	tensor-pick $(if $(filter-out 0,$(map_rows)),-n $(map_rows)) <$(out)/test.st |
	    tensor-pnm --gap 0 --zoom 1 --columns $(page_columns) | pnmtojpeg -quality=85 $(to)
$(out)/map.html: $(here)/page/make $(here)/page/map.html $(out)/classes.txt $(out)/facts/run.tsv \
    $(out)/sheets/map.jpg \
    $(foreach n,label rotation,$(out)/map-$n.tsv)
	data=$$(awk -F'\t' '$$1 == "data.name" { print $$2 }' $(out)/facts/run.tsv | sed 's/&/\&amp;/g; s/</\&lt;/g')
	$< 'What two networks see' "t-SNE of the features that test images ($$data) have before the classifier of two \
	networks: one has learnt with labels, one to tell how an image was turned." \
	    $(classes) $(page_columns) $(out)/sheets/map.jpg \
	    'Labels'=$(out)/map-label.tsv 'Rotation'=$(out)/map-rotation.tsv $(to)

$(out)/facts/map.tsv: $(foreach n,label rotation,$(out)/map-$n.st)
	mkdir -p $(@D)
	{
	    printf 'map.count\t%s\n' "$$(tensor-tsv index <$(out)/map-label.st | wc -l)"
	    sed -n 's/^perplexity /map.perplexity\t/p' $(out)/map-label.st.kl
	    for net in label rotation; do
	        printf 'map.%s.kl\t%s\n' $$net \
	            "$$(sed -n 's/.*KL divergence \([0-9.]*\).*/\1/p' $(out)/map-$$net.st.kl)"
	        knn -q -j $(threads) -d $(out)/map-$$net.st --field map -k 1 --exclude-self <$(out)/map-$$net.st |
	            tensor-tsv label knn_prediction |
	            awk -v net=$$net '{ same += $$1 == $$2 } END { print "map." net ".agreement\t" same / NR }'
	    done
	} $(to)

# --- nearest neighbours: the first test image of every other class, of five at most

$(out)/query-rows.txt: $(out)/test.st
	tensor-tsv label <$< | awk '
	    !($$1 in seen) { seen[$$1] = NR - 1; if ($$1 > last) last = $$1 }
	    END {
	        for (k = 0; k <= last; k++) if (k in seen) row[n++] = seen[k]
	        shown = n < 5 ? n : 5
	        for (i = 0; i < shown; i++) print row[int(i * n / shown)]
	    }' $(to)
$(out)/facts/neighbours.tsv: $(here)/facts/neighbours.awk $(out)/query-rows.txt \
    $(foreach n,label rotation,$(out)/neighbours-$n.st)
	mkdir -p $(@D)
	awk -f $< -v shown="$$(paste -sd, $(out)/query-rows.txt)" \
	    <(tensor-tsv label neighbor_label neighbor_index <$(out)/neighbours-label.st) \
	    <(tensor-tsv label neighbor_label neighbor_index <$(out)/neighbours-rotation.st) $(to)
# The neighbours' images, found in the training set by their index.
$(out)/sheets/neighbours.png: $(out)/query-rows.txt $(out)/train.st $(out)/test.st \
    $(foreach n,label rotation,$(out)/neighbours-$n.st)
	mkdir -p $(@D)
	rows=$$(paste -sd, $<)
	for net in label rotation; do
	    tensor-pick --rows "$$rows" <$(out)/neighbours-$$net.st >'$@.part.'$$net.st
	done
	tensor-pick --rows "$$rows" <$(out)/test.st >'$@.part.query.st'
	for net in label rotation; do
	    tensor-pick --join '$@.part.'$$net.st --fields image,neighbor_index <'$@.part.query.st' |
	        tensor-pnm --neighbors $(out)/train.st --gap 0 --zoom 3 >'$@.part.'$$net.ppm
	done
	# tensor-pnm leaves a space after the query; without that space all tiles are adjacent.
	pnmcat -tb '$@.part.label.ppm' '$@.part.rotation.ppm' >'$@.part.ppm'
	pnmcat -lr <(pnmcut -left 0 -width 96 '$@.part.ppm') <(pnmcut -left -960 '$@.part.ppm') | pnmtopng -quiet $(to)
	rm '$@.part.'*
$(out)/sheets/neighbours.tsv: $(here)/figures/neighbours.awk $(out)/classes.txt $(out)/query-rows.txt \
    $(foreach n,label rotation,$(out)/neighbours-$n.st)
	mkdir -p $(@D)
	rows=$$(paste -sd, $(out)/query-rows.txt)
	labels() { tensor-pick --rows "$$rows" <$(out)/neighbours-$$1.st | tensor-tsv label neighbor_label; }
	names=$(classes) awk -f $< <(labels label) <(labels rotation) $(to)
$(call drawing,neighbours) &: $(out)/sheets/neighbours.png $(out)/sheets/neighbours.tsv $(sheet_scripts) \
    $(style)
	$(call sheet,$(out)/sheets/neighbours,$(tile)) width=15.8 \
	    height=$$(awk -F'\t' '{ y = $$2 + $$4 > y ? $$2 + $$4 : y } END { print y + 0.4 }' $(out)/sheets/neighbours.tsv)

# --- depth

$(call drawing,depth) &: $(out)/depth.tsv $(out)/classes.txt $(here)/figures/depth.gp $(style)
	$(call draw,depth) rows=$< classes=$(class_count)
after = $$(sed 's/.*--\?$1 \([^ ]*\).*/\1/' <<<' $(knn)')
$(out)/facts/depth.tsv: $(here)/facts/depth.awk $(out)/depth.tsv $(out)/train.st $(out)/test.st
	mkdir -p $(@D)
	least() { tensor-pick -n $$1 <$(out)/$$2.st | tensor-tsv index | wc -l; }
	awk -f $< -v k=$(call after,k) -v temperature=$(call after,temperature) \
	    -v database=$$(least $(knn_database) train) \
	    -v queries=$$(least $(knn_queries) test) -v grid=$(depth_grid) $(out)/depth.tsv $(to)
