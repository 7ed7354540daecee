#include "layers/activation.h"

const char *const activation_names[ACTIVATIONS + 1] = { [ACTIVATION_RELU] = "relu", [ACTIVATION_CELU] = "celu" };
