# curves.awk: facts of a training log (resnet-train --log). net: label or rotation.
BEGIN { FS = "\t" }
NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
{
    epochs = $column["epoch"]
    train_loss[epochs] = $column["train_loss"]
    train_accuracy[epochs] = $column["train_accuracy"]
    val_loss[epochs] = $column["val_loss"]
    val_accuracy[epochs] = $column["val_accuracy"]
    seconds = $column["seconds"]
    # as resnet-train chooses: the least error, and among equals the least loss
    if (!chosen || val_accuracy[epochs] > val_accuracy[chosen] ||
        (val_accuracy[epochs] == val_accuracy[chosen] && val_loss[epochs] < val_loss[chosen]))
        chosen = epochs
    if (!calmest || val_loss[epochs] < val_loss[calmest])
        calmest = epochs
}
function fact(name, value) { print net "." name "\t" value }
END {
    before = epochs - int((epochs + 4) / 5)
    fact("epochs", epochs)
    fact("chosen", chosen)
    fact("best_loss_epoch", calmest)
    fact("train_loss", train_loss[chosen])
    fact("train_accuracy", train_accuracy[chosen])
    fact("val_loss", val_loss[chosen])
    fact("val_accuracy", val_accuracy[chosen])
    fact("first_train_loss", train_loss[1])
    fact("last_train_loss", train_loss[epochs])
    fact("last_gain", before >= 1 ? train_loss[before] - train_loss[epochs] : train_loss[epochs])
    fact("seconds", seconds)
}
