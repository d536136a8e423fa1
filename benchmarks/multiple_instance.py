"""Multiple-instance learning on bags of handwritten digits: modern Hopfield pooling beside mean and max pooling; needs PyTorch and scikit-learn.

    python benchmarks/multiple_instance.py [--seeds 10] [--save benchmarks/results/multiple_instance.json]

A bag holds a dozen digits of scikit-learn and counts if one of them is a 9, in half of the bags.  Bags of training, validation and test are made of
disjoint images.  Every model is a linear map of the pixels with ReLU, the pooling, and a linear read-out, trained with the same optimizer; "deep"
ones map every instance by two more layers, which have as many weights as the maps of Hopfield pooling.  Each model picks its learning rate and its
epoch on the validation bags.  Numbers are means over seeds (split, bags, weights and order) with
95 % intervals (Student's t), and the difference to Hopfield pooling of the same seed.
"""
import math
import time

import click
import numpy as np
import scipy.stats
import torch
from machine import write

from hebbnet import datasets
from hebbnet.torch import Pooling

TARGET, BAG, HIDDEN = 9, 12, 32
BAGS = {"train": 400, "validation": 200, "test": 1000}
RATES, EPOCHS = (1e-3, 3e-3, 1e-2), 40


def bags(images, labels, count, rng):
    """(count, BAG, 64) float32 bags and (count,) whether they hold the target, half of them."""
    wanted, rest = np.flatnonzero(labels == TARGET), np.flatnonzero(labels != TARGET)
    X = images[rest[rng.integers(len(rest), size=(count, BAG))]]
    y = np.arange(count) % 2 == 1
    X[y, 0] = images[wanted[rng.integers(len(wanted), size=y.sum())]]
    for bag in X:
        rng.shuffle(bag)
    return torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)


class Mean(torch.nn.Module):
    def forward(self, x):
        return x.mean(dim=1)


class Max(torch.nn.Module):
    def forward(self, x):
        return x.amax(dim=1)


def deep(pooling):
    linear, relu = torch.nn.Linear, torch.nn.ReLU
    return torch.nn.Sequential(linear(HIDDEN, 8 * HIDDEN), relu(), linear(8 * HIDDEN, HIDDEN), relu(), pooling())


POOLINGS = {"Hopfield": lambda: Pooling(HIDDEN, heads=4, hidden=HIDDEN), "mean": Mean, "max": Max, "mean, deep": lambda: deep(Mean),
            "max, deep": lambda: deep(Max)}


def trained(pooling, data, rate, seed):
    """(validation loss, accuracy on validation bags, on test bags) at the epoch of the smallest validation loss."""
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(64, HIDDEN), torch.nn.ReLU(), POOLINGS[pooling](), torch.nn.Linear(HIDDEN, 1))
    optimizer, loss = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-3), torch.nn.BCEWithLogitsLoss()
    X, y = data["train"]
    best = (math.inf, 0.0, 0.0)
    for _ in range(EPOCHS):
        model.train()
        for part in torch.randperm(len(X)).split(32):
            optimizer.zero_grad()
            loss(model(X[part])[:, 0], y[part]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            z, test = model(data["validation"][0])[:, 0], model(data["test"][0])[:, 0]
        value = float(loss(z, data["validation"][1]))
        if value < best[0]:
            best = value, accuracy(z, data["validation"][1]), accuracy(test, data["test"][1])
    return best


def accuracy(z, y):
    return float(((z > 0) == (y > 0.5)).float().mean())


def one_seed(seed):
    """{pooling: test accuracy}."""
    digits = datasets.load("digits")
    rest, test = digits.split(0.3, seed=seed)
    train, validation = rest.split(0.3, seed=seed)
    rng = np.random.default_rng(seed)
    data = {name: bags(part.flat() / 16.0, part.labels, BAGS[name], rng)
            for name, part in {"train": train, "validation": validation, "test": test}.items()}
    return {pooling: min((trained(pooling, data, rate, seed) for rate in RATES), key=lambda found: found[0])[2] for pooling in POOLINGS}


def interval(values):
    """Mean and half the width of its 95 % interval."""
    values = np.asarray(values)
    return float(values.mean()), float(scipy.stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values)))


@click.command(help=__doc__)
@click.option("--seeds", default=10, show_default=True, type=click.IntRange(2), help="Repetitions, seeds 0, 1, ...")
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(seeds, save):
    torch.set_num_threads(1)
    start, rows = time.perf_counter(), []
    for seed in range(seeds):
        rows.append({"seed": seed, **one_seed(seed)})
        print("   ".join(f"{name} {value:.4f}" if name != "seed" else f"seed {value}" for name, value in rows[-1].items()), flush=True)
    table = {}
    for pooling in POOLINGS:
        accuracies = [row[pooling] for row in rows]
        mean, half = interval(accuracies)
        less, less_half = interval([row["Hopfield"] - value for row, value in zip(rows, accuracies)])
        table[pooling] = {"accuracy": mean, "interval": half, "Hopfield_minus_it": less, "its_interval": less_half}
        print(f"{pooling:11} {100 * mean:6.2f} +- {100 * half:.2f} %      Hopfield minus it: {100 * less:6.2f} +- {100 * less_half:.2f} %")
    write(save, torch=torch.__version__, seconds=time.perf_counter() - start, multiple_instance=table, seeds=rows)


if __name__ == "__main__":
    command()
