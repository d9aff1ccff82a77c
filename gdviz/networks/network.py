"""What a stack and a recurrent net share: checked settings, parameters in one flat vector."""

from math import prod

import numpy as np

from gdviz import checks
from gdviz.networks.activations import ACTIVATIONS
from gdviz.networks.losses import LOSSES, read_targets
from gdviz.networks.network_loss import NetworkLoss


class Network:
    """The base of `Stack` and `Recurrent`, which are frozen dataclasses.

    A subclass names its `_counts` (the fields that count units or layers) and its `_input_axes`,
    and has `_shapes` (of the arrays in the flat vector, in order), `views`, `_weights`,
    `_forward`, `_backward`, `_blocks` and `_layer_gradient_norms`. The forward pass yields
    pre-activation, activation and what the backward pass needs besides, layer by layer.
    """

    def __post_init__(self):
        for name in self._counts:
            object.__setattr__(self, name, checks.whole(name, getattr(self, name)))
        checks.choice("activation", self.activation, ACTIVATIONS)
        object.__setattr__(self, "dtype", checks.float_type(self.dtype))

    @property
    def parameter_count(self):
        """P, the length of the flat parameter vector."""
        return sum(prod(shape) for shape in self._shapes)

    def predict(self, parameters, inputs, reference=None):
        """The outputs, (..., P) -> (..., batch, outputs); for cross entropy these are logits.

        `reference` is for a stack with batch norm; see `Stack.predict`.
        """
        with np.errstate(all="ignore"):
            return self._outputs(self._read(parameters), self._read_inputs(inputs))

    def loss(self, inputs, targets, kind="mse"):
        """The loss on a data set as a function of the parameters: a `NetworkLoss`.

        `kind` is "mse", the mean of (output - target)² over batch and outputs, targets of shape
        (batch, outputs) or (batch,) for one output; or "cross_entropy", the mean over the batch of
        -log softmax(outputs)[target], targets as whole class numbers (batch,) or as rows of
        probabilities (batch, outputs). Both as in PyTorch.

        Raises ValueError for shapes that do not fit the network, NaN or infinity in the data.
        """
        checks.choice("kind", kind, LOSSES)
        inputs = self._read_inputs(inputs)
        targets = read_targets(targets, kind, len(inputs), self.outputs, self.dtype)
        return NetworkLoss(self, inputs, targets, kind)

    def _outputs(self, parameters, inputs, *more):
        for _, a, _ in self._forward(parameters, inputs, *more):
            outputs = a
        return outputs

    def _read(self, parameters):
        # Contiguous, so that every matrix product goes through BLAS and a batch of networks gives
        # the very bits of the same networks one at a time.
        with np.errstate(all="ignore"):
            parameters = np.asarray(parameters, dtype=self.dtype, order="C")
        self._check_size(parameters)
        return parameters

    def _check_size(self, parameters):
        count = self.parameter_count
        if np.ndim(parameters) == 0 or np.shape(parameters)[-1] != count:
            raise ValueError(
                f"parameters have shape {np.shape(parameters)}: the last axis must hold the "
                f"{count} parameters of {self}; {type(self).__name__}.initial() makes them"
            )

    def _split(self, parameters):
        """Views into the flat parameters, one for each of `_shapes`."""
        self._check_size(parameters)
        views, end = [], 0
        for shape in self._shapes:
            start, end = end, end + prod(shape)
            views.append(parameters[..., start:end].reshape(*parameters.shape[:-1], *shape))
        return views

    def _read_inputs(self, inputs):
        inputs = checks.data("inputs", inputs, self.dtype)
        axes = self._input_axes
        if inputs.ndim != len(axes) or inputs.shape[-1] != self.inputs or 0 in inputs.shape:
            raise ValueError(
                f"inputs have shape {inputs.shape}: give ({', '.join(axes)}) with "
                f"inputs={self.inputs} and at least one row"
            )
        return inputs
