"""The loss of a network as an objective that every optimizer can descend."""

from dataclasses import dataclass, field

import numpy as np

from gdviz.networks.losses import LOSS_FUNCTIONS, read_targets
from gdviz.networks.trace import Trace


@dataclass(frozen=True, eq=False)
class NetworkLoss:
    """The loss of a network on a data set, as a function of its parameters (..., P).

    An objective for `descend`: `value` and `gradient`. Made by `Stack.loss` and `Recurrent.loss`.

    >>> from gdviz.networks import Stack
    >>> stack = Stack(depth=1, width=2, inputs=1, activation="tanh")
    >>> loss = stack.loss([[0.0], [1.0]], targets=[1.0, 1.0])
    >>> parameters = stack.initial(gain=0.0)
    >>> float(loss.value(parameters))
    1.0
    >>> loss.gradient(parameters)
    array([ 0.,  0.,  0.,  0.,  0.,  0., -2.])
    """

    network: object
    inputs: np.ndarray = field(repr=False)
    targets: np.ndarray = field(repr=False)
    kind: str

    def __post_init__(self):
        # glibc returns freed memory to the system as long as it has not seen a block so large freed
        # (16 MB, never written to), and every pass would wait a third of its time for new pages.
        np.empty(2_000_000)

    @property
    def dim(self):
        """P, the number of parameters."""
        return self.network.parameter_count

    def value(self, parameters):
        """The loss: (..., P) -> (...)."""
        parameters = self.network._read(parameters)
        with np.errstate(all="ignore"):
            outputs = self.network._outputs(parameters, self.inputs)
            return LOSS_FUNCTIONS[self.kind].value(outputs, self.targets)

    def gradient(self, parameters):
        """∂loss/∂parameters by backpropagation: (..., P) -> (..., P)."""
        parameters = self.network._read(parameters)
        with np.errstate(all="ignore"):
            gradient, backward = self._backward(parameters, *self._forward(parameters))
            for _ in backward:
                pass
            return gradient

    def on(self, rows):
        """The loss on some rows of the data: whole numbers (batch,), or for each run (..., batch).

        >>> from gdviz.networks import Stack
        >>> stack = Stack(depth=1, width=2, inputs=1)
        >>> loss = stack.loss([[0.0], [1.0], [2.0]], targets=[1.0, 3.0, 5.0]).on([0, 2])
        >>> float(loss.value(stack.initial(gain=0.0)))
        13.0
        """
        return NetworkLoss(self.network, self.inputs[rows], self.targets[rows], self.kind)

    def accuracy(self, parameters, inputs=None, targets=None):
        """The share of rows whose largest output is that of their class: (..., P) -> (...).

        Of the loss's own data, or of other `inputs` and `targets`, such as those of a test; a batch
        norm takes mean and variance from the loss's own in both. Raises ValueError for a loss that
        is not "cross_entropy".

        >>> from gdviz.networks import Stack
        >>> stack = Stack(depth=1, width=2, inputs=1, outputs=2)
        >>> loss = stack.loss([[0.0], [1.0], [2.0]], [0, 0, 1], "cross_entropy")
        >>> round(float(loss.accuracy(np.zeros(stack.parameter_count))), 3)
        0.667
        """
        if self.kind != "cross_entropy":
            raise ValueError(f'accuracy needs classes, a loss of kind "cross_entropy", not {self}')
        if inputs is None:
            inputs, targets = self.inputs, self.targets
            with np.errstate(all="ignore"):
                outputs = self.network._outputs(self.network._read(parameters), inputs)
        else:
            outputs = self.network.predict(parameters, inputs, reference=self.inputs)
            shape = len(inputs), self.network.outputs
            targets = read_targets(targets, self.kind, *shape, self.network.dtype)
        # an output that is no number is no answer
        right = np.argmax(outputs, axis=-1) == np.argmax(targets, axis=-1)
        return np.mean(right & np.isfinite(outputs).all(axis=-1), axis=-1)

    def layer_gradient_norms(self, parameters):
        """The gradient's norm layer by layer.

        Stack: ‖∂loss/∂(W_l, b_l)‖ for l = 1 ... L, (..., P) -> (..., L); the root of the sum of
        their squares is the norm of the whole gradient. Recurrent: ‖∂loss/∂h_t‖ for the time steps
        t = 1 ... T, (..., P) -> (..., T).
        """
        parameters = self.network._read(parameters)
        with np.errstate(all="ignore"):
            gradient, backward = self._backward(parameters, *self._forward(parameters))
            activation_gradients = (by_activation for by_activation, _ in backward)
            return self.network._layer_gradient_norms(gradient, activation_gradients)

    def trace(self, parameters):
        """One forward and one backward pass with everything in between: a `Trace`.

        Source: Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors",
        Nature 323, 1986; through time: Werbos 1990.
        """
        parameters = self.network._read(parameters)
        with np.errstate(all="ignore"):
            forward = list(self.network._forward(parameters, self.inputs))
            pre_activations, activations, kept = map(list, zip(*forward, strict=True))
            gradient, backward = self._backward(parameters, activations, kept)
            by_activation, by_pre_activation = map(list, zip(*backward, strict=True))
            return Trace(
                self.network,
                parameters,
                LOSS_FUNCTIONS[self.kind].value(activations[-1], self.targets),
                gradient,
                pre_activations,
                activations,
                by_pre_activation[::-1],
                by_activation[::-1],
            )

    def _forward(self, parameters):
        """The activations, and what the backward pass needs besides: the rest is let go."""
        passes = [(a, kept) for _, a, kept in self.network._forward(parameters, self.inputs)]
        return zip(*passes, strict=True)

    def _backward(self, parameters, activations, kept):
        """An empty gradient, and the backward pass that fills it while it is walked through."""
        output_gradient = LOSS_FUNCTIONS[self.kind].gradient(activations[-1], self.targets)
        gradient = np.empty_like(parameters)
        return gradient, self.network._backward(
            parameters, self.inputs, activations, kept, output_gradient, gradient
        )

    def first_not_finite(self, parameters):
        """The layer and quantity that was first inf or NaN in a pass, or None: a `NotFinite`.

        As `Trace.first_not_finite`, for one network, parameters of shape (P,).

        >>> from gdviz.networks import Stack
        >>> stack = Stack(depth=3, width=2, inputs=1, activation="linear")
        >>> loss = stack.loss([[1.0]], targets=[0.0])
        >>> loss.first_not_finite(stack.initial(gain=1e150))
        NotFinite(layer=3, quantity='pre-activation')
        """
        return self.trace(parameters).first_not_finite
