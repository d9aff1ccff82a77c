"""Write optimizers.json: PyTorch's trajectories and learning rates, in double precision.

Run `python tests/reference/make_optimizers.py` where PyTorch is installed.
The function is f(x, y) = x^2/2 + x^4/4 + 5 y^2 + x y/2; test_optimizers.py holds it too.
"""

import json
from pathlib import Path

import torch
from torch.optim import SGD, Adagrad, Adam, RMSprop
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
    "WeightDecay GD": lambda p: SGD(p, lr=0.05, weight_decay=0.3),
    "WeightDecay Momentum": lambda p: SGD(p, lr=0.02, momentum=0.9, weight_decay=0.3),
    "WeightDecay Adam": lambda p: Adam(p, lr=0.1, weight_decay=0.3),
}
CLIPPED = {
    "Clipped GD": (lambda p: SGD(p, lr=0.1), 1.0),
    "Clipped Momentum": (lambda p: SGD(p, lr=0.05, momentum=0.9), 2.0),
    "Clipped WeightDecay GD": (lambda p: SGD(p, lr=0.1, weight_decay=0.3), 1.0),
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


def follow(make, start, max_norm=None, schedule=None):
    point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = make([point])
    scheduler = schedule(optimizer) if schedule else None
    points, rates = [point.tolist()], []
    for _ in range(STEPS):
        x, y = point.detach()
        point.grad = torch.stack([x + x * x * x + y / 2, 10 * y + x / 2])
        if max_norm is not None:
            torch.nn.utils.clip_grad_norm_([point], max_norm)
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if scheduler:
            scheduler.step()
        points.append(point.tolist())
    return points, rates


def main():
    def momentum(p):
        return SGD(p, lr=0.05, momentum=0.9)

    figures = {
        "torch": torch.__version__,
        "starts": STARTS,
        "optimizers": {
            name: [follow(make, start)[0] for start in STARTS] for name, make in OPTIMIZERS.items()
        },
        "clipped": {
            name: [follow(make, start, limit)[0] for start in STARTS]
            for name, (make, limit) in CLIPPED.items()
        },
        "schedules": {},
    }
    for name, schedule in SCHEDULES.items():
        runs = [follow(momentum, start, schedule=schedule) for start in STARTS]
        figures["schedules"][name] = {
            "rates": runs[0][1],
            "points": [points for points, _ in runs],
        }
    path = Path(__file__).with_name("optimizers.json")
    path.write_text(json.dumps(figures, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
