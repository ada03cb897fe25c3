"""Every schedule gives the rates of its counterpart in torch, step by step."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from course_lib.core.schedules import Plateau, constant, cosine_with_warmup, exponential, one_cycle, step_decay

# The same cases every time, and no limit on time: a busy machine must not turn a test red.
QUICK = settings(max_examples=40, deadline=None, derandomize=True)
STEPS = 80


def optimizer(rate=1.0):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)


def torch_rates(make, steps=STEPS, rate=1.0):
    """The rate at each of `steps` updates under a scheduler of torch."""
    stepper = optimizer(rate)
    scheduler = make(stepper)
    rates = []
    for step in range(steps):
        rates.append(stepper.param_groups[0]["lr"])
        stepper.step()
        if step < steps - 1:
            scheduler.step()
    return rates


def our_rates(schedule, steps=STEPS):
    return [schedule(step) for step in range(steps)]


def close(values):
    return pytest.approx(values, rel=1e-9, abs=1e-12)


def test_the_constant_schedule_is_one_everywhere():
    assert our_rates(constant()) == [1.0] * STEPS


def test_exponential_equals_torch():
    assert our_rates(exponential(0.95)) == close(torch_rates(lambda o: lr_scheduler.ExponentialLR(o, gamma=0.95)))


def test_exponential_reaches_its_factor_after_every_steps_and_is_smooth_in_between():
    schedule = exponential(0.5, every=10)
    assert [schedule(0), schedule(10), schedule(30)] == close([1.0, 0.5, 0.125])
    assert schedule(5) == close(math.sqrt(0.5))


@pytest.mark.parametrize("every", [1, 10, 7])
def test_step_decay_equals_torch(every):
    expected = torch_rates(lambda o: lr_scheduler.StepLR(o, step_size=every, gamma=0.5))
    assert our_rates(step_decay(0.5, every)) == close(expected)


def test_step_decay_keeps_the_base_rate_for_the_whole_first_stair():
    assert our_rates(step_decay(0.5, 10), 12) == [1.0] * 10 + [0.5] * 2


@pytest.mark.parametrize("floor", [0.0, 0.1])
def test_cosine_equals_torch(floor):
    expected = torch_rates(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=STEPS - 1, eta_min=floor))
    assert our_rates(cosine_with_warmup(STEPS - 1, floor=floor)) == close(expected)


@pytest.mark.parametrize("warmup", [1, 5, 30])
def test_warm_up_and_cosine_equal_the_two_schedulers_of_torch_in_sequence(warmup):
    def both(o):
        line = lr_scheduler.LinearLR(o, start_factor=1 / (warmup + 1), total_iters=warmup)
        curve = lr_scheduler.CosineAnnealingLR(o, T_max=STEPS - 1 - warmup, eta_min=0.05)
        return lr_scheduler.SequentialLR(o, [line, curve], milestones=[warmup])

    assert our_rates(cosine_with_warmup(STEPS - 1, warmup=warmup, floor=0.05)) == close(torch_rates(both))


def test_warm_up_rises_in_equal_steps_to_one_and_no_update_has_rate_zero():
    assert our_rates(cosine_with_warmup(100, warmup=4), 5) == close([0.2, 0.4, 0.6, 0.8, 1.0])


def test_cosine_stays_at_its_floor_after_the_last_step():
    schedule = cosine_with_warmup(50, warmup=5, floor=0.1)
    assert [schedule(50), schedule(51), schedule(5_000)] == close([0.1] * 3)


@pytest.mark.parametrize(
    ("steps", "peak_at", "start", "end"),
    [(STEPS, 0.3, 1 / 25, 1e-4), (60, 0.5, 0.1, 0.001), (57, 0.27, 0.2, 0.01)],
)
def test_one_cycle_equals_torch(steps, peak_at, start, end):
    def make(o):
        return lr_scheduler.OneCycleLR(
            o,
            max_lr=1.0,
            total_steps=steps,
            pct_start=peak_at,
            div_factor=1 / start,
            final_div_factor=start / end,
            cycle_momentum=False,
        )

    expected = torch_rates(make, steps)
    assert our_rates(one_cycle(steps, peak_at, start, end), steps) == close(expected)


def test_one_cycle_starts_at_start_peaks_at_one_and_ends_at_end():
    rates = our_rates(one_cycle(50, peak_at=0.3), 50)
    assert rates[0] == close(1 / 25)
    assert rates.index(max(rates)) == 14  # 0.3 * 50 - 1
    assert max(rates) == close(1.0)
    assert rates[-1] == close(1e-4)


def test_one_cycle_stays_at_its_end_after_the_last_step():
    schedule = one_cycle(50)
    assert [schedule(50), schedule(500)] == close([1e-4] * 2)


@QUICK
@given(
    st.lists(st.one_of(st.floats(-2, 2), st.just(math.nan), st.just(math.inf)), min_size=1, max_size=60),
    st.integers(0, 4),
    st.sampled_from([0.0, 0.1, 0.5]),
    st.sampled_from([0.0, 0.2]),
)
def test_plateau_equals_torch_on_any_sequence_of_losses(losses, patience, min_delta, floor):
    ours = Plateau(0.5, patience, min_delta=min_delta, floor=floor)
    stepper = optimizer()
    theirs = lr_scheduler.ReduceLROnPlateau(
        stepper, factor=0.5, patience=patience, threshold=min_delta, threshold_mode="abs", min_lr=floor, eps=0
    )
    for step, loss in enumerate(losses):
        ours.update(loss)
        theirs.step(loss)
        assert ours(step) == close(stepper.param_groups[0]["lr"])


def test_plateau_equals_torch_over_a_long_noisy_run():
    noise = torch.randn(200, generator=torch.Generator().manual_seed(0)).tolist()
    losses = [math.exp(-step / 20) + 0.05 * noise[step] for step in range(200)]
    ours, stepper, rates = Plateau(0.5, 5, min_delta=0.01), optimizer(), []
    theirs = lr_scheduler.ReduceLROnPlateau(
        stepper, factor=0.5, patience=5, threshold=0.01, threshold_mode="abs", eps=0
    )
    for step, loss in enumerate(losses):
        ours.update(loss)
        theirs.step(loss)
        rates.append((ours(step), stepper.param_groups[0]["lr"]))
    assert [ours for ours, _ in rates] == close([theirs for _, theirs in rates])
    assert rates[-1][0] < 0.01  # the run is long enough to reduce the rate many times


def test_plateau_cuts_the_rate_after_one_more_bad_update_than_its_patience():
    plateau, seen = Plateau(0.1, patience=2), []
    for step, loss in enumerate([1.0, 1.0, 1.0, 1.0, 0.5, 0.6, 0.7, 0.8]):
        plateau.update(loss)
        seen.append(plateau(step))
    assert seen == close([1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.01])


def test_plateau_starts_at_the_base_rate():
    assert Plateau(0.5, patience=3)(0) == 1.0


SCHEDULES = [
    constant(), exponential(0.9), step_decay(0.5, 3), cosine_with_warmup(10, 2), one_cycle(10), Plateau(0.5, 1)
]  # fmt: skip


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_step_before_the_first_is_refused(schedule):
    with pytest.raises(ValueError, match=r"^step must count from 0, got -1$"):
        schedule(-1)


@QUICK
@given(st.integers(0, 10_000))
def test_every_multiplier_lies_between_zero_and_one(step):
    assert all(0.0 <= schedule(step) <= 1.0 for schedule in SCHEDULES)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: exponential(0.0), r"factor must be in \(0, 1\], got 0.0"),
        (lambda: exponential(1.5), r"factor must be in \(0, 1\], got 1.5"),
        (lambda: exponential(0.9, every=0), "every must be at least 1, got 0"),
        (lambda: step_decay(math.nan, 3), r"factor must be in \(0, 1\], got nan"),
        (lambda: step_decay(0.5, every=0), "every must be at least 1, got 0"),
        (lambda: cosine_with_warmup(0), "steps must be at least 1, got 0"),
        (lambda: cosine_with_warmup(10, warmup=10), r"warmup must be in \[0, 10\), got 10"),
        (lambda: cosine_with_warmup(10, warmup=-1), r"warmup must be in \[0, 10\), got -1"),
        (lambda: cosine_with_warmup(10, floor=1.5), r"floor must be in \[0, 1\], got 1.5"),
        (lambda: one_cycle(50, peak_at=1.0), r"peak_at must be in \(0, 1\), got 1.0"),
        (lambda: one_cycle(3, peak_at=0.3), r"peak_at \* steps must be > 1, got 0.3 \* 3: the rise has no step"),
        (lambda: one_cycle(50, start=2.0), r"start must be in \[0, 1\], got 2.0"),
        (lambda: one_cycle(50, end=-0.1), r"end must be in \[0, 1\], got -0.1"),
        (lambda: Plateau(1.0, 3), r"factor must be in \(0, 1\), got 1.0"),
        (lambda: Plateau(0.5, -1), "patience must be at least 0, got -1"),
        (lambda: Plateau(0.5, 3, min_delta=-0.1), "min_delta must be at least 0, got -0.1"),
        (lambda: Plateau(0.5, 3, floor=-0.1), r"floor must be in \[0, 1\], got -0.1"),
    ],
)
def test_a_bad_option_is_named_with_its_rule_and_value(make, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        make()
