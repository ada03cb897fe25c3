"""Six runs on a ravine whose faults sheet 03 asks for. Everything is a function of fixed seeds."""

import numpy as np

from course_lib.by_hand.optimizers import momentum_step
from course_lib.numpy_nn.optimizers import SGD, Momentum
from course_lib.numpy_nn.studies.landscapes import follow, noisy, ravine

STEPS = 120
RAVINE = ravine(20.0)


def _adding_up() -> np.ndarray:
    """Plain gradient descent whose gradients are never cleared: each step uses the sum of all so far."""
    point, total, path = np.array(RAVINE.start), np.zeros(2), [np.array(RAVINE.start)]
    for _ in range(STEPS):
        total = total + RAVINE.gradient(point)
        point = point - 0.005 * total
        path.append(point)
    return np.array(path)


def _uphill() -> np.ndarray:
    """Momentum whose gradient enters with the wrong sign."""
    point, velocity, path = np.array(RAVINE.start), np.zeros(2), [np.array(RAVINE.start)]
    for _ in range(STEPS):
        point, velocity = momentum_step(point, -RAVINE.gradient(point), velocity, 0.0005, 0.5)
        path.append(point)
    return np.array(path)


def six_paths() -> dict[str, np.ndarray]:
    """The paths of the runs A to F, (STEPS + 1, 2) each."""
    return {
        "A": _adding_up(),
        "B": follow(Momentum(0.02, 0.6), RAVINE, STEPS),
        "C": follow(SGD(0.104), RAVINE, STEPS),
        "D": follow(Momentum(0.005, 0.97), RAVINE, STEPS),
        "E": follow(Momentum(0.02, 0.6), noisy(RAVINE, 5.0, np.random.default_rng(3)), STEPS),
        "F": _uphill(),
    }


def in_words(paths: dict[str, np.ndarray]) -> str:
    """What a reader sees in the panels, for one who cannot see them: values, and no verdict."""
    sentences = []
    for letter, path in paths.items():
        flat, steep = np.abs(path).T
        turns = [int((np.diff(np.sign(line)) != 0).sum()) for line in path.T]
        sentences.append(
            f"Run {letter}: along the flat direction from {flat[0]:.0f}, largest of the last sixty steps "
            f"{flat[-60:].max():.2g}, changes of side {turns[0]}; along the steep one from {steep[0]:.0f}, "
            f"largest of the last sixty {steep[-60:].max():.2g}, changes of side {turns[1]}."
        )
    return f"Distance to the minimum in two directions over {STEPS} steps, six panels. " + " ".join(sentences)
