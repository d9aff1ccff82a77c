"""Write networks.json: losses, gradients and norms by PyTorch in double precision.

    python tests/reference/make_networks.py        with an interpreter that has torch

The parameters and data are formulas, so that both sides have the same bits without random draws.
"""

import json
from itertools import pairwise, product
from pathlib import Path

import torch

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


def stack(depth, width, inputs, outputs, batch, scale, activation, bias, kind):
    case = {k: v for k, v in locals().items() if k != "case"}
    sizes = [inputs, *[width] * depth, outputs]
    shapes = []
    for n_in, n_out in pairwise(sizes):
        shapes += [(n_out, n_in), (n_out,)] if bias else [(n_out, n_in)]
    count = sum(torch.tensor(shape).prod().item() for shape in shapes)
    parameters = wave(scale, count).requires_grad_()
    arrays = cut(parameters, shapes)
    layers = list(zip(arrays[::2], arrays[1::2], strict=True)) if bias else [(w, 0) for w in arrays]
    a, between = wave(1.0, batch, inputs), []
    for layer, (weight, b) in enumerate(layers):
        z = a @ weight.T + b
        between.append(z)
        a = FUNCTIONS[activation](z) if layer < depth else z
    return finish(case, parameters, between, loss_of(a, kind))


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
    recurrents = [
        recurrent(2, 4, 3, 5, 6, 0.8, activation, bias, kind)
        for activation, bias, kind in product(FUNCTIONS, (True, False), ("mse", "cross_entropy"))
    ]
    reference = {"torch": torch.__version__, "stacks": stacks, "recurrents": recurrents}
    Path(__file__).with_name("networks.json").write_text(json.dumps(reference) + "\n")


if __name__ == "__main__":
    main()
