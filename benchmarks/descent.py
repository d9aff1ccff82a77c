"""What a descent costs, beside PyTorch and JAX where they are installed.

Run `python benchmarks/descent.py`; `--quick` uses smaller batches. Every figure is a median of
several runs, the peers take turns with gdviz in the same run, and what counts are the ratios.
"""

import argparse
import importlib.util
import time

import numpy as np

import gdviz as gd

QUARTIC = "x**4 - 5*x**2 + 3*x"
LR = 0.01


def seconds(*functions, repeats=5):
    """The median time of each function; they take turns, so that all see the same machine."""
    for function in functions:
        function()
    times = [[] for _ in functions]
    for _ in range(repeats):
        for function, taken in zip(functions, times, strict=True):
            begin = time.perf_counter()
            function()
            taken.append(time.perf_counter() - begin)
    return [float(np.median(taken)) for taken in times]


def one_run():
    print("One run, 100 steps on the ravine (goal: under 0.5 ms)")
    ravine = gd.landscape("ravine")
    for optimizer in (gd.GD(0.05), gd.Momentum(0.05, 0.9), gd.Adam(0.05)):
        (taken,) = seconds(lambda o=optimizer: gd.descend(ravine, (-2.5, 2), o, 100), repeats=51)
        print(f"  {optimizer!r:45} {taken * 1e3:6.2f} ms")


def torch_run(starts, steps):
    import torch

    x = torch.tensor(starts, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=LR)
    for _ in range(steps):
        optimizer.zero_grad()
        (x**4 - 5 * x**2 + 3 * x).sum().backward()
        optimizer.step()
    return x.detach().numpy()


def jax_runner(steps):
    import jax

    jax.config.update("jax_enable_x64", True)
    slope = jax.grad(lambda x: (x**4 - 5 * x**2 + 3 * x).sum())

    @jax.jit
    def loop(x):
        return jax.lax.fori_loop(0, steps, lambda _, x: x - LR * slope(x), x)

    return lambda starts: np.asarray(loop(starts).block_until_ready())


def plain_gd(starts, steps):
    x = starts
    for _ in range(steps):
        x = x - LR * (4 * x * x * x - 10 * x + 3)
    return x


def plain_adam(starts, steps):
    x, m, s = starts, np.zeros_like(starts), np.zeros_like(starts)
    for step in range(1, steps + 1):
        g = 4 * x * x * x - 10 * x + 3
        m = 0.9 * m + 0.1 * g
        s = 0.999 * s + 0.001 * g * g
        x = x - LR * (m / (1 - 0.9**step)) / (np.sqrt(s / (1 - 0.999**step)) + 1e-8)
    return x


def many_runs(count, steps):
    print(f"{count:,} starts x {steps} steps on {QUARTIC}, last point")
    quartic = gd.landscape(QUARTIC)
    starts = np.linspace(-2.5, 2.5, count)[:, None]

    def ours(optimizer):
        return gd.descend(quartic, starts, optimizer, steps, record="last").final

    for optimizer, plain in ((gd.GD(LR), plain_gd), (gd.Adam(LR), plain_adam)):
        assert np.allclose(ours(optimizer), plain(starts, steps), rtol=1e-9)
        mine, theirs = seconds(
            lambda o=optimizer: ours(o), lambda p=plain: p(starts, steps), repeats=5
        )
        print(
            f"  {type(optimizer).__name__:22}{mine:7.3f} s, {mine / count / steps * 1e9:.2f} ns a "
            f"step; a plain NumPy loop {theirs:.3f} s: ratio {mine / theirs:.2f} (goal: 1.0)"
        )
    if importlib.util.find_spec("torch"):
        assert np.allclose(ours(gd.GD(LR)), torch_run(starts, steps), rtol=1e-9)
        mine, theirs = seconds(lambda: ours(gd.GD(LR)), lambda: torch_run(starts, steps), repeats=3)
        print(
            f"  torch.optim.SGD       {theirs:7.3f} s: {theirs / mine:.1f} times gdviz's (goal: 5)"
        )
    else:
        print("  torch.optim.SGD: skipped, PyTorch is not installed")
    if importlib.util.find_spec("jax"):
        run = jax_runner(steps)
        assert np.allclose(ours(gd.GD(LR)), run(starts), rtol=1e-9)
        mine, theirs = seconds(lambda: ours(gd.GD(LR)), lambda: run(starts))
        print(f"  JAX's compiled loop   {theirs:7.3f} s: gdviz takes {mine / theirs:.1f} of it")
    else:
        print("  JAX's compiled loop: skipped, JAX is not installed")


def growth(sizes):
    print("Cost against the number of runs and of steps (nanoseconds a run and step)")
    ravine, quartic = gd.landscape("ravine"), gd.landscape(QUARTIC)
    cases = {
        "quartic, GD, last": (quartic, 1, gd.GD(LR), "last"),
        "quartic, GD, all": (quartic, 1, gd.GD(LR), "all"),
        "ravine, Momentum, last": (ravine, 2, gd.Momentum(0.05, 0.9), "last"),
        "ravine, Adam, last": (ravine, 2, gd.Adam(0.05), "last"),
    }
    print("  " + "runs".rjust(22) + "".join(f"{size:>10,}" for size in sizes))
    for name, (objective, dim, optimizer, record) in cases.items():
        costs = []
        for size in sizes:
            steps = int(np.clip(2_000_000 // size, 10, 100))
            starts = np.random.default_rng(0).uniform(-2, 2, (size, dim))
            (taken,) = seconds(
                lambda a=(objective, starts, optimizer, steps, record): gd.descend(*a), repeats=3
            )
            costs.append(taken / size / steps * 1e9)
        print("  " + name.rjust(22) + "".join(f"{cost:10.1f}" for cost in costs))
    lengths = (100, 1000, 10_000)
    print("  " + "steps".rjust(22) + "".join(f"{steps:>10,}" for steps in lengths))
    costs = []
    for steps in lengths:
        (taken,) = seconds(lambda n=steps: gd.descend(ravine, (1, 1), gd.GD(0.05), n), repeats=3)
        costs.append(taken / steps * 1e9)
    print("  " + "ravine, GD, one run".rjust(22) + "".join(f"{cost:10.0f}" for cost in costs))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="smaller batches")
    quick = arguments.parse_args().quick
    one_run()
    many_runs(20_000 if quick else 160_000, 50 if quick else 200)
    growth((1_000, 10_000, 100_000) if quick else (1_000, 10_000, 30_000, 100_000, 1_000_000))


if __name__ == "__main__":
    main()
