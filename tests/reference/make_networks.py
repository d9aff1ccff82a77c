"""Write networks.json: losses, gradients and norms by PyTorch in double precision.

    python tests/reference/make_networks.py        with an interpreter that has torch

The parameters and data are formulas, so that both sides have the same bits without random draws.
"""

import json
from itertools import pairwise, product
from pathlib import Path
from unittest import mock

import torch
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop

torch.set_default_dtype(torch.float64)

FUNCTIONS = {
    "linear": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": torch.nn.functional.leaky_relu,
}


def wave(scale, *shape):
    """scale * sin(1), scale * sin(2), ... row by row."""
    count = torch.tensor(shape).prod().item()
    return scale * torch.sin(torch.arange(1, count + 1)).reshape(shape)


def cut(parameters, shapes):
    sizes = [torch.tensor(shape).prod().item() for shape in shapes]
    return [p.reshape(s) for p, s in zip(parameters.split(sizes), shapes, strict=True)]


def loss_of(outputs, kind):
    batch, count = outputs.shape
    if kind == "mse":
        return torch.nn.functional.mse_loss(outputs, wave(1.0, batch, count))
    return torch.nn.functional.cross_entropy(outputs, torch.arange(batch) % count)


def finish(case, parameters, between, loss):
    gradient, *deltas = torch.autograd.grad(loss, [parameters, *between])
    norms = [delta.norm().item() for delta in deltas]
    return case | {"value": loss.item(), "gradient": gradient.tolist(), "norms": norms}


def stack(
    depth, width, inputs, outputs, batch, scale, activation, bias, kind,
    normalise=None, residual=False,
):  # fmt: skip
    case = {k: v for k, v in locals().items() if k != "case"}
    count = sum(torch.tensor(shape).prod().item() for shape in shapes_of(case))
    parameters = wave(scale, count).requires_grad_()
    outputs, between = forward(case, parameters)
    return finish(case, parameters, between, loss_of(outputs, kind))


def shapes_of(case):
    sizes = [case["inputs"], *[case["width"]] * case["depth"], case["outputs"]]
    shapes = []
    for layer, (n_in, n_out) in enumerate(pairwise(sizes)):
        vectors = case["bias"] + (case["normalise"] is not None and layer < case["depth"])
        shapes += [(n_out, n_in)] + [(n_out,)] * vectors
    return shapes


def forward(case, parameters):
    """The outputs, and what goes into each activation."""
    arrays = iter(cut(parameters, shapes_of(case)))
    a, between = wave(1.0, case["batch"], case["inputs"]), []
    for layer in range(case["depth"] + 1):
        hidden = layer < case["depth"]
        z, b = a @ next(arrays).T, next(arrays) if case["bias"] else None
        if hidden and case["normalise"]:
            z = torch.nn.functional.batch_norm(z, None, None, next(arrays), b, training=True)
        elif b is not None:
            z = z + b
        between.append(z)
        output = FUNCTIONS[case["activation"]](z) if hidden else z
        a = a + output if case["residual"] and hidden and layer else output
    return a, between


OPTIMIZERS = {
    "GD": lambda p: SGD(p, lr=0.1),
    "Momentum": lambda p: SGD(p, lr=0.05, momentum=0.9),
    "Nesterov": lambda p: SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "AdaGrad": lambda p: Adagrad(p, lr=0.1),
    "RMSProp": lambda p: RMSprop(p, lr=0.01, alpha=0.9),
    "Adam": lambda p: Adam(p, lr=0.02),
    "AdamW": lambda p: AdamW(p, lr=0.02, weight_decay=0.1),
}
MAX_NORM, STRENGTH, STEPS = 0.5, 0.05, 12


def training(case, name, cure):
    """A stack with batch norm and skips after some steps; the gradient clipped, or with L2."""
    point = torch.tensor(case["start"]).requires_grad_()
    optimizer = OPTIMIZERS[name]([point])
    for _ in range(STEPS):
        (gradient,) = torch.autograd.grad(loss_of(forward(case, point)[0], case["kind"]), point)
        if cure == "WeightDecay":
            gradient = gradient + STRENGTH * point.detach()
        if cure == "Clipped" and gradient.norm() > MAX_NORM:
            # exactly: clip_grad_norm_ adds 1e-6 to the norm
            gradient = gradient * (MAX_NORM / gradient.norm())
        point.grad = gradient
        optimizer.step()
    return {"optimizer": name, "cure": cure, "final": point.tolist()}


def trainings():
    case = stack(3, 4, 3, 2, 6, 0.8, "tanh", True, "cross_entropy", "batch", True)
    count = len(case["gradient"])
    case |= {"start": wave(0.8, count).tolist()}
    cures = product(OPTIMIZERS, (None, "Clipped", "WeightDecay"))
    runs = [training(case, name, cure) for name, cure in cures]
    settings = {"max_norm": MAX_NORM, "strength": STRENGTH, "steps": STEPS}
    kept = "depth width inputs outputs batch activation kind normalise residual start"
    return {name: case[name] for name in kept.split()} | settings | {"runs": runs}


def orthogonal(n_out, n_in):
    """What `orthogonal_` makes of these numbers in place of its normal draws."""
    draws = torch.sin(torch.arange(1.0, n_out * n_in + 1) ** 2).reshape(n_out, n_in)
    with mock.patch.object(torch.Tensor, "normal_", lambda self, *_, **__: self.copy_(draws)):
        weight = torch.nn.init.orthogonal_(torch.empty(n_out, n_in), gain=1.5)
    return {"n_out": n_out, "n_in": n_in, "gain": 1.5, "weight": weight.tolist()}


def recurrent(inputs, hidden, outputs, batch, time, scale, activation, bias, kind):
    case = {k: v for k, v in locals().items() if k != "case"}
    shapes = [(hidden, hidden), (hidden, inputs), (hidden,), (outputs, hidden), (outputs,)]
    shapes = [shape for shape in shapes if bias or len(shape) == 2]
    count = sum(torch.tensor(shape).prod().item() for shape in shapes)
    parameters = wave(scale, count).requires_grad_()
    w, u, *rest = cut(parameters, shapes)
    b, v, c = rest if bias else (0, rest[0], 0)
    x = wave(1.0, batch, time, inputs)
    h, between = torch.zeros(batch, hidden), []
    for t in range(time):
        h = FUNCTIONS[activation](h @ w.T + x[:, t] @ u.T + b)
        between.append(h)
    return finish(case, parameters, between, loss_of(h @ v.T + c, kind))


def main():
    stacks = [
        stack(3, 5, 4, 3, 6, 0.8, activation, bias, kind)
        for activation, bias, kind in product(FUNCTIONS, (True, False), ("mse", "cross_entropy"))
    ]
    stacks += [stack(40, 3, 2, 1, 5, 1.5, activation, True, "mse") for activation in FUNCTIONS]
    stacks += [
        stack(3, 5, 4, 3, 6, 0.8, activation, bias, kind, normalise, residual)
        for activation, bias, kind, (normalise, residual) in product(
            FUNCTIONS,
            (True, False),
            ("mse", "cross_entropy"),
            (("batch", False), (None, True), ("batch", True)),
        )
    ]
    recurrents = [
        recurrent(2, 4, 3, 5, 6, 0.8, activation, bias, kind)
        for activation, bias, kind in product(FUNCTIONS, (True, False), ("mse", "cross_entropy"))
    ]
    reference = {"torch": torch.__version__, "stacks": stacks, "recurrents": recurrents}
    reference |= {"trainings": trainings()}
    reference |= {"orthogonal": [orthogonal(*shape) for shape in ((3, 3), (5, 3), (3, 5))]}
    Path(__file__).with_name("networks.json").write_text(json.dumps(reference) + "\n")


if __name__ == "__main__":
    main()
