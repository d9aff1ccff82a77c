"""Gradient norm per layer of a deep stack, beside PyTorch's autograd in the same run.

    python benchmarks/networks.py                       gdviz alone
    python benchmarks/networks.py --peers PYTHON        PYTHON is an interpreter that has torch

Both compute loss, every gradient and its norm layer by layer, on the same shapes and with the
threads that each takes by itself; the rounds alternate, so that both see the same machine.
"""

import argparse
import subprocess
import sys
import time
from itertools import pairwise
from statistics import median

CASES = [
    (depth, width, 128, activation, dtype)
    for depth, width in ((10, 64), (30, 64), (60, 64), (30, 128))
    for activation in ("sigmoid", "tanh", "relu")
    for dtype in ("float64", "float32")
]
ROUNDS, REPEATS = 9, 5


def gdviz_case(depth, width, batch, activation, dtype):
    import numpy as np

    from gdviz.networks import Stack

    random = np.random.default_rng(0)
    stack = Stack(depth, width, inputs=64, outputs=10, activation=activation, dtype=dtype)
    inputs = random.normal(size=(batch, 64))
    loss = stack.loss(inputs, random.integers(0, 10, batch), kind="cross_entropy")
    parameters = stack.initial()
    return lambda: loss.layer_gradient_norms(parameters)


def torch_case(depth, width, batch, activation, dtype):
    import torch

    torch.manual_seed(0)
    dtype = getattr(torch, dtype)
    function = getattr(torch, activation)
    sizes = [64, *[width] * depth, 10]
    weights = [
        torch.randn(n_out, n_in, dtype=dtype).div_(n_in**0.5).requires_grad_()
        for n_in, n_out in pairwise(sizes)
    ]
    biases = [torch.zeros(n_out, dtype=dtype, requires_grad=True) for n_out in sizes[1:]]
    inputs = torch.randn(batch, 64, dtype=dtype)
    targets = torch.randint(10, (batch,))

    def norms():
        a = inputs
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            a = function(torch.nn.functional.linear(a, weight, bias))
        outputs = torch.nn.functional.linear(a, weights[-1], biases[-1])
        loss = torch.nn.functional.cross_entropy(outputs, targets)
        gradients = torch.autograd.grad(loss, weights + biases)
        squares = torch.stack(torch._foreach_norm(gradients)).square()
        return (squares[: depth + 1] + squares[depth + 1 :]).sqrt()

    return norms


def seconds(function):
    """The median of a few calls, after one to warm up."""
    function()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return median(times)


def serve_torch():
    cases = {}
    for line in sys.stdin:
        index = int(line)
        if index not in cases:
            cases[index] = torch_case(*CASES[index])
        print(seconds(cases[index]), flush=True)


def ask(peer, index):
    peer.stdin.write(f"{index}\n")
    peer.stdin.flush()
    return float(peer.stdout.readline())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has torch")
    parser.add_argument("--serve-torch", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve_torch:
        serve_torch()
        return
    peer = None
    if arguments.peers:
        command = [arguments.peers, __file__, "--serve-torch"]
        peer = subprocess.Popen(command, stdin=-1, stdout=-1, text=True)
    print("depth x width  batch  activation  dtype    gdviz ms  torch ms  gdviz / torch")
    for index, case in enumerate(CASES):
        depth, width, batch, activation, dtype = case
        function = gdviz_case(*case)
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(seconds(function))
            if peer:
                theirs.append(ask(peer, index))
        line = (
            f"{depth:5} x {width:<6} {batch:6}  {activation:10}  {dtype}  {1e3 * median(ours):8.2f}"
        )
        if peer:
            ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
            line += f"  {1e3 * median(theirs):8.2f}  {ratio:8.2f}"
        print(line, flush=True)
    if peer:
        peer.stdin.close()
        peer.wait()


if __name__ == "__main__":
    main()
