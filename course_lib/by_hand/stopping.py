"""When training stops, what is kept, and what a best score is worth, with nothing but the rule written down.

These functions are the ones that lesson 06 derives and sheet 06 asks for. They check nothing and are written for
reading; `core.stopping.EarlyStopping` is the validated stopper, and the tests hold the two equal.
"""

import math
from collections.abc import Callable

import numpy as np


def early_stopping(losses: np.ndarray, patience: int, min_delta: float = 0.0) -> tuple[int, int]:
    """The epoch after which training stops, and the epoch whose weights are restored.

    losses (epochs, 2): training loss and validation loss after epoch 1, 2, ... An epoch improves
    if its validation loss lies more than min_delta below the best so far; NaN never improves.
    Training stops after `patience` epochs in a row without improvement, or at the end of the
    losses. Returns (last epoch, best epoch), counted from 1; best is 0 if no epoch improved.
    """
    best, best_epoch, bad_epochs, epoch = math.inf, 0, 0, 0
    for epoch, value in enumerate(losses[:, 1], start=1):
        if best - value > min_delta:  # False for NaN
            best, best_epoch, bad_epochs = value, epoch, 0  # reset on improvement
        else:
            bad_epochs += 1  # one more otherwise
        if bad_epochs >= patience:  # test after
            break
    return epoch, best_epoch


def fit_and_restore(
    parameters: list[np.ndarray],
    train_epoch: Callable[[list[np.ndarray]], None],
    validate: Callable[[list[np.ndarray]], float],
    epochs: int,
    patience: int,
) -> int:
    """Train with early stopping and leave the best parameters in the arrays; returns the best epoch.

    train_epoch(parameters) changes the arrays in place; validate(parameters) gives the validation
    loss. At most `epochs` epochs; it stops after `patience` epochs in a row without improvement.
    The arrays of `parameters` are those of the network: at the end these very arrays hold the
    values of the best epoch (of the start, and 0 is returned, if no epoch improved).
    """
    best, best_epoch, bad_epochs = math.inf, 0, 0
    kept = [parameter.copy() for parameter in parameters]
    for epoch in range(1, epochs + 1):
        train_epoch(parameters)
        value = validate(parameters)
        if value < best:
            best, best_epoch, bad_epochs = value, epoch, 0
            kept = [array.copy() for array in parameters]  # the arrays themselves go on changing
        else:
            bad_epochs += 1
        if bad_epochs >= patience:
            break
    for parameter, saved in zip(parameters, kept, strict=True):
        parameter[...] = saved  # into the arrays of the network
    return best_epoch


def smoothed(values: np.ndarray, beta: float) -> np.ndarray:
    """Exponential moving average of values (n,) with bias correction; returns (n,).

    state_t = beta * state_{t-1} + (1 - beta) * value_t, from state_0 = 0. What is returned at
    t = 1, 2, ... is state_t / (1 - beta**t), a weighted mean of the first t values.
    """
    state, result = 0.0, np.empty(len(values))
    for t, value in enumerate(values, start=1):
        state = beta * state + (1 - beta) * value
        result[t - 1] = state / (1 - beta**t)  # the weights so far sum to 1 - beta**t
    return result


def k_folds(count: int, k: int, rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """k pairs (training rows, validation rows) of the rows 0..count-1, for cross-validation.

    In random order, every row is in the validation part of exactly one pair, and in the training
    part of all others. The sizes of the validation parts differ by at most one.
    """
    folds = np.array_split(rng.permutation(count), k)
    pairs = []
    for place in range(k):
        training = np.concatenate(folds[:place] + folds[place + 1 :])  # all folds but one
        pairs.append((training, folds[place]))
    return pairs


def expected_best(scores: np.ndarray, k: int) -> float:
    """The expected best (highest) of k draws, with replacement, from the recorded scores (n,).

    The scores come in any order. The result is exact, not simulated.
    """
    ranked = np.sort(scores)
    # The best of k is at most the i-th smallest of n if all k draws are: with probability (i / n)**k.
    at_most = (np.arange(len(ranked) + 1) / len(ranked)) ** k  # (n + 1,): from 0 to 1
    return float(np.diff(at_most) @ ranked)  # the differences: exactly the i-th smallest
