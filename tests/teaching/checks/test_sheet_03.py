"""What sheet 03 tells its learners is true: the record of the audit, the faults of the paths, what the probe says."""

import numpy as np
import pytest

from course_lib.numpy_nn.data import Standardizer, split_indices
from course_lib.numpy_nn.datasets import load_digits
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD, Adam
from course_lib.numpy_nn.train import evaluate, train_mlp
from course_lib.teaching.checks.optimizers import audit
from course_lib.teaching.checks.optimizers.order import LINES, ORDER_TORCH_LOOP, loop_of
from course_lib.teaching.checks.optimizers.runs import in_words, six_paths
from course_lib.teaching.checks.optimizers.trajectories import READ_PATHS

KEY = READ_PATHS.reference
WORDS = SOUND, RATE, NOISE, SIGN, *_ = ("sound", "rate too large", "noise", "wrong sign", "gradients add up",
                                        "momentum too large")  # fmt: skip


@pytest.fixture(scope="module")
def paths():
    return six_paths()


def validation_loss(optimizer, seed):
    digits = load_digits()
    split = split_indices(digits.y, seed=seed)
    x = Standardizer.fit(digits.x[split.train]).transform(digits.x)
    model = mlp([64, 32, 10], rng=np.random.default_rng(seed))
    train_mlp(model, (x[split.train], digits.y[split.train]), optimizer=optimizer, epochs=5, seed=seed)
    return evaluate(model, (x[split.validation], digits.y[split.validation]))["loss"]


@pytest.mark.parametrize(
    ("name", "make", "rate"), [("Adam", Adam, 0.01), ("Adam", Adam, 0.001), ("SGD", SGD, 0.316), ("SGD", SGD, 0.1)]
)
def test_the_record_of_the_audit_is_what_training_gives(name, make, rate):
    measured = np.mean([validation_loss(make(rate), seed) for seed in range(10)])
    assert measured == pytest.approx(audit.RECORD[name][rate], rel=0.1)


def test_the_findings_of_the_audit_follow_from_its_record():
    lowest = {name: min(losses.values()) for name, losses in audit.RECORD.items()}
    for name, losses in audit.RECORD.items():
        assert (
            sum(loss < 2 * lowest[name] for loss in losses.values())
            == audit.ADAM_CLAIM.reference[f"usable_{name.lower()}"]
        )
    assert min(audit.RECORD["Adam"], key=audit.RECORD["Adam"].get) == audit.ADAM_CLAIM.reference["best_rate"]
    assert round(audit.RECORD["Adam"][0.001] / lowest["Adam"], 1) == audit.ADAM_CLAIM.reference["default_cost"]


def test_each_word_fits_one_path():
    assert sorted(KEY.values()) == sorted(WORDS)


def test_the_paths_do_what_the_solution_says_of_them(paths):
    size = {letter: np.linalg.norm(path, axis=1) for letter, path in paths.items()}
    sides = {letter: (np.diff(np.sign(path), axis=0) != 0).sum(axis=0) for letter, path in paths.items()}
    of = {word: letter for letter, word in KEY.items()}
    assert size[of[SOUND]][-1] < 0.02
    assert np.abs(paths["A"][-60:, 0]).max() > 9, "the swings of the sum keep their size"
    assert np.abs(paths["D"][-60:, 0]).max() < 0.7 * 10, "those of a large momentum shrink"
    assert sides["D"][0] >= 2, "and swing they do"
    assert sides[of[RATE]][1] == len(paths["C"]) - 1, "the steep direction changes sides at every step"
    assert size[of[RATE]][-1] > 100
    assert 0.1 < np.median(size[of[NOISE]][-60:]) < 3
    assert sides[of[SIGN]].sum() == 0
    assert size[of[SIGN]][-1] > size[of[SIGN]][0]


def test_the_words_for_the_paths_do_not_tell_the_faults(paths):
    text = in_words(paths).lower()
    assert not [word for word in WORDS if word in text]


def test_every_order_that_is_accepted_clears_the_gradients_outside_of_backward_and_step():
    for letters in [ORDER_TORCH_LOOP.reference, *(variant.answer for variant in ORDER_TORCH_LOOP.accepted)]:
        assert letters.index("A") == letters.index("D") + 1
        compile(loop_of(letters), "the loop", "exec")
    assert set(ORDER_TORCH_LOOP.reference) < set(LINES)
