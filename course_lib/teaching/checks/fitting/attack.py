"""A test that finds checkpoints which lose something: the known weak tests of resume_passes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.teaching.checks.fitting.runs import FAULTS, PLANTED, RIGHT, Run
from course_lib.teaching.exercises.kinds import asked_of, attack


def right_after_loading(start: Callable[[int], Any], save: Callable[[Any], Any], load: Callable[[Any], Any]) -> bool:
    """Compares the run that was saved with the one that was loaded, and never makes a step with it."""
    for seed in (0, 1):
        for cut in (3, 7, 10):
            run = start(seed)
            for _ in range(cut):
                run.step()
            checkpoint = save(run)
            again = load(checkpoint)
            if not np.array_equal(run.weights, again.weights) or run.score() != again.score():
                return False
    return True


def loss_falls(start: Callable[[int], Any], save: Callable[[Any], Any], load: Callable[[Any], Any]) -> bool:
    run = start(0)
    first = run.score()
    for _ in range(10):
        run.step()
    run = load(save(run))
    for _ in range(11):
        run.step()
    return run.score() < first


def resume_passes(start: Callable[[int], Any], save: Callable[[Any], Any], load: Callable[[Any], Any]) -> bool:
    """True where a run that was interrupted and resumed is the uninterrupted one, bit for bit.

    start(seed) begins a run; run.step() makes one update; run.weights is an array; an epoch has
    7 steps. run.score() measures the run on other data and changes nothing. save(run) returns a
    checkpoint and load(checkpoint) a run that should go on from there. Whatever you find out must
    hold wherever the run is cut and however often, and also when the saved run went on meanwhile.
    """
    for seed in (0, 1):
        for cuts in ((7,), (3,), (10,), (3, 5, 12)):  # between two epochs, within one, several times
            whole, part = start(seed), start(seed)
            for step in range(1, 22):
                whole.step()
                part.step()
                if step in cuts:
                    checkpoint = save(part)
                    part.step()  # the saved run goes on, the checkpoint must not
                    part = load(checkpoint)
                if not np.array_equal(whole.weights, part.weights) or whole.score() != part.score():
                    return False
    return True


RESUME_PASSES = attack(
    "resume_passes: Attack: a test that kills broken checkpoints | core, difficulty 3, 25 minutes",
    resume_passes,
    call=lambda test, version: test(Run, *version()),
    right=RIGHT,
    planted=PLANTED,
    also="""
    at_the_end: a comparison at the end alone
        range(1, 22) -> range(1, 26)
        if not np.array_equal(A, B) or C: ... -> if step == 25 and (not np.array_equal(A, B) or C): ...
    every_place: every place of two epochs
        ((7,), (3,), (10,), (3, 5, 12)) -> [(k, k + 2) for k in range(1, 16)]
    as_bytes: weights compared as bytes
        np.array_equal(A, B) -> A.tobytes() == B.tobytes()
    """,
    wrong="""
    between_epochs: a test that cuts only between two epochs | which faults show only in the middle of an epoch?
        ((7,), (3,), (10,), (3, 5, 12)) -> ((7,), (14,), (7, 14))
    first_epoch: a test that cuts only in the first epoch
        | what does a checkpoint that forgets the epoch say in epoch 1?
        ((7,), (3,), (10,), (3, 5, 12)) -> ((2,), (3,), (2, 5))
    cut_once: a test that resumes once | is a run that was resumed before saved as rightly as a fresh one?
        (3, 5, 12) -> (10,)
    one_seed: a test with one seed, the default | what if the seed is not saved, and is 0 where it is missing?
        (0, 1) -> (0,)
    weights_alone: a test that compares the weights alone | what does score() read that is no weight?
        not A or B -> not A
    score_rounded: a test that compares scores to three decimals | how much do 24 bits in place of 53 change a score?
        not A or B -> round(whole.score(), 3) != round(part.score(), 3)
    with_tolerance: a test with a tolerance of a thousandth | how far is a run from itself that was resumed rightly?
        not A or B
        -> not np.allclose(whole.weights, part.weights, atol=1e-3) or abs(whole.score() - part.score()) >= 1e-3
    right_after_loading: a test that compares right after loading and makes no step
        | when does a lost momentum show in the weights?
    saved_run_stands: a test in which the saved run stands still
        | what becomes of the checkpoint when the saved run goes on?
        if step in cuts: ... -> if step in cuts: part = load(save(part))
    updates_counted: a test that compares how many updates were made
        | can two runs make equally many updates and be different?
        not A or B -> whole.updates != part.updates
    loss_falls: a test that asks whether the loss still falls | does a run without its momentum not fall any more?
    small_tolerance: a test with a small tolerance | has a run that was resumed rightly any error at all?
        not A or B -> not np.allclose(whole.weights, part.weights) or abs(whole.score() - part.score()) > {1e-6|1e-5}
    """,
    same=(("score_rounded", "small_tolerance"),),
    each="a checkpoint that is right",
    never="are the two runs compared after equally many steps?",
    alarm=(
        "one right version is rejected, another is not: what do you ask that is not in the rules?",
        "a right version is rejected: do both runs make equally many steps, from the same seed?",
    ),
    survived=asked_of(FAULTS),
    hints="""
    Two runs from one seed: one goes through, the other is saved, loaded and goes on. Compare after every step.
    Cut between epochs, within one, in a later one, and more than once in a run.
    Let the saved run make a step before you load: a checkpoint that shares its arrays moves along.
    """,
    not_tested="files: what a kill in the middle of writing leaves behind",
)
