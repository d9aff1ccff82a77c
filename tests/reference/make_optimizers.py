"""Store PyTorch's trajectories and learning rates, in double precision, in optimizers.json.

    pip install torch
    python tests/reference/make_optimizers.py             the figures that are not stored yet
    python tests/reference/make_optimizers.py AdamW ...   those of these names anew

To add an optimizer, add a line to OPTIMIZERS below and one of the same name to OPTIMIZERS in
test_optimizers.py, then run the first command: it changes no other figure, each of which is one
line of the file. The function is f(x, y) = x^2/2 + x^4/4 + 5 y^2 + x y/2; test_optimizers.py holds
it too.
"""

import json
import sys
from pathlib import Path

import torch
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    SequentialLR,
    StepLR,
)

STARTS = [[1.5, -0.7], [-2.0, 0.01], [0.3, 2.0]]
STEPS = 40

OPTIMIZERS = {
    "GD": lambda p: SGD(p, lr=0.05),
    "Momentum": lambda p: SGD(p, lr=0.02, momentum=0.9),
    "Momentum dampened": lambda p: SGD(p, lr=0.05, momentum=0.8, dampening=0.8),
    "Nesterov": lambda p: SGD(p, lr=0.02, momentum=0.9, nesterov=True),
    "AdaGrad": lambda p: Adagrad(p, lr=0.3),
    "RMSProp": lambda p: RMSprop(p, lr=0.005, alpha=0.9),
    "RMSProp large eps": lambda p: RMSprop(p, lr=0.02, alpha=0.99, eps=0.1),
    "Adam": lambda p: Adam(p, lr=0.1),
    "Adam large eps": lambda p: Adam(p, lr=0.1, betas=(0.8, 0.95), eps=0.1),
    "AdamW": lambda p: AdamW(p, lr=0.1),
    "AdamW strong": lambda p: AdamW(p, lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.3),
    "WeightDecay GD": lambda p: SGD(p, lr=0.05, weight_decay=0.3),
    "WeightDecay Momentum": lambda p: SGD(p, lr=0.02, momentum=0.9, weight_decay=0.3),
    "WeightDecay Adam": lambda p: Adam(p, lr=0.1, weight_decay=0.3),
}
CLIPPED = {
    "Clipped GD": (lambda p: SGD(p, lr=0.1), 1.0),
    "Clipped Momentum": (lambda p: SGD(p, lr=0.05, momentum=0.9), 2.0),
    "Clipped WeightDecay GD": (lambda p: SGD(p, lr=0.1, weight_decay=0.3), 1.0),
}
CLIPPED_EXACTLY = {
    "Clipped AdamW": (lambda p: AdamW(p, lr=0.1, weight_decay=0.3), 1.0),
}
SCHEDULES = {
    "Constant": lambda o: LambdaLR(o, lambda step: 1.0),
    "StepDecay": lambda o: StepLR(o, step_size=7, gamma=0.5),
    "Exponential": lambda o: ExponentialLR(o, gamma=0.9),
    "Cosine": lambda o: CosineAnnealingLR(o, T_max=STEPS, eta_min=0.002),
    "InverseTime": lambda o: LambdaLR(o, lambda step: 1 / (1 + 0.2 * step)),
    "WarmUp": lambda o: SequentialLR(
        o,
        [LinearLR(o, start_factor=1 / 5, total_iters=4), ExponentialLR(o, gamma=0.9)],
        milestones=[5],
    ),
}


def clip_exactly(point, max_norm):
    """What `clip_grad_norm_` does, without the 1e-6 that it adds to the norm."""
    norm = torch.linalg.vector_norm(point.grad)
    if norm > max_norm:
        point.grad *= max_norm / norm


def follow(make, start, clip=None, schedule=None):
    point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = make([point])
    scheduler = schedule(optimizer) if schedule else None
    points, rates = [point.tolist()], []
    for _ in range(STEPS):
        x, y = point.detach()
        point.grad = torch.stack([x + x * x * x + y / 2, 10 * y + x / 2])
        if clip:
            clip(point)
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if scheduler:
            scheduler.step()
        points.append(point.tolist())
    return points, rates


def clipped(make, max_norm, clip):
    return [follow(make, start, lambda point: clip(point, max_norm))[0] for start in STARTS]


def momentum(p):
    return SGD(p, lr=0.05, momentum=0.9)


def scheduled(schedule):
    runs = [follow(momentum, start, schedule=schedule) for start in STARTS]
    return {"rates": runs[0][1], "points": [points for points, _ in runs]}


MAKERS = {
    "optimizers": (OPTIMIZERS, lambda make: [follow(make, start)[0] for start in STARTS]),
    "clipped": (CLIPPED, lambda case: clipped(*case, torch.nn.utils.clip_grad_norm_)),
    "clipped exactly": (CLIPPED_EXACTLY, lambda case: clipped(*case, clip_exactly)),
    "schedules": (SCHEDULES, scheduled),
}


def main():
    path, anew = Path(__file__).with_name("optimizers.json"), set(sys.argv[1:])
    unknown = anew.difference(*(cases for cases, _ in MAKERS.values()))
    if unknown:
        sys.exit(f"There is no {', '.join(sorted(unknown))} here: add a line above.")
    stored = json.loads(path.read_text())
    parts = [("torch", sorted({*stored["torch"], torch.__version__})), ("starts", STARTS)]
    lines = [f"{json.dumps(name)}:{dense(part)}" for name, part in parts]
    for kind, (cases, make) in MAKERS.items():
        kept = {name: old for name, old in stored.get(kind, {}).items() if name not in anew}
        figures = {name: kept.get(name) or make(case) for name, case in cases.items()}
        inner = ",\n".join(f"{json.dumps(name)}:{dense(part)}" for name, part in figures.items())
        lines.append(f"{json.dumps(kind)}:{{\n{inner}\n}}")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def dense(part):
    return json.dumps(part, separators=(",", ":"))


if __name__ == "__main__":
    main()
