"""The bands of the reproduction, the readable formulas of lesson 11, and what a model is asked for its forecast."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from course_lib.by_hand import entropies as plain_audit
from course_lib.core.reports.tables import get_report
from course_lib.core.schedules import cosine_with_warmup
from course_lib.infinito.config import AS_REPORTED
from course_lib.infinito.model import Infinito
from course_lib.infinito.report import bands as audit
from course_lib.infinito.report import leaks, verdicts
from course_lib.infinito.report.forecast import forecast_of
from course_lib.text.synthetic import Source, entropy_rate, unigram_entropy


def test_every_epoch_of_the_report_has_one_band():
    assert [len([b for b in audit.BANDS if b.first <= epoch <= b.last]) for epoch in range(1, 16)] == [1] * 15
    with pytest.raises(ValueError, match="epoch must be in 1 to 15, got 16"):
        audit.band_of(16)


def test_a_band_holds_to_both_sides_and_never_for_nan():
    assert audit.within_bands(4, 128.13 * 1.029, 128.13)
    assert audit.within_bands(4, 128.13 * 0.971, 128.13)
    assert not audit.within_bands(4, 128.13 * 1.031, 128.13)
    assert not audit.within_bands(15, math.nan, 99.25)


def test_the_last_band_tells_the_report_from_its_neighbours_on_the_ladder():
    assert not audit.within_bands(15, 101.0, 99.25)
    assert not audit.within_bands(15, math.exp(unigram_entropy()), 99.25)


@pytest.mark.parametrize("band", [(0, 3, 0.1), (4, 3, 0.1)])
def test_a_band_refuses_epochs_out_of_order(band):
    with pytest.raises(ValueError, match="epochs must satisfy 1 <= first <= last"):
        audit.Band(*band)


def test_a_band_refuses_a_fraction_outside_of_0_to_1():
    with pytest.raises(ValueError, match=r"relative must be in \(0, 1\), got 1.0"):
        audit.Band(1, 2, 1.0)


def test_the_reproduction_reads_the_rows_of_its_seed_as_the_report_computes():
    rows = [
        {"split": "val", "seed": 42, "epoch": 1, "loss": 0.0, "mean_of_batches": math.log(1300.0)},
        {"split": "val", "seed": 43, "epoch": 1, "loss": 0.0, "mean_of_batches": 1.0},
        {"split": "batch", "seed": 42, "epoch": 1, "loss": 3.0, "count": 5},
    ]
    (found,) = audit.reproduction(rows)
    assert (found.epoch, found.reported, found.holds) == (1, 1291.31, True)
    assert found.relative == pytest.approx(1300 / 1291.31 - 1)
    assert audit.epoch_batches(rows, 1) == [(3.0, 5)]
    assert audit.reproduction([]) == []


def test_the_readable_entropies_are_those_of_the_library():
    for words, sentences, shortest, longest in ((100, 5_000, 10, 29), (7, 4, 2, 5)):
        source = Source(tuple(f"w{n}" for n in range(words)), shortest, longest, sentences)
        assert plain_audit.unigram_entropy(words, sentences, shortest, longest) == pytest.approx(
            unigram_entropy(source)
        )
        lengths = range(shortest, longest + 1)
        rate = plain_audit.entropy_rate(words, lengths, [1 / len(lengths)] * len(lengths))
        assert rate == pytest.approx(entropy_rate(source))


def test_the_readable_rates_are_those_of_the_schedule_that_the_run_uses():
    schedule = cosine_with_warmup(20 * 13, 0, 0.01)
    rates = plain_audit.rates_after_epochs(epochs=15, updates=13, horizon=20, base=1e-4, floor=1e-6)
    assert rates == pytest.approx([1e-4 * schedule(13 * epoch) for epoch in range(1, 16)])
    printed = get_report("infinito").table("epochs").texts("learning rate")
    assert [f"{rate:.2e}" for rate in rates] == list(printed)


def test_a_perplexity_weighs_batches_by_their_tokens():
    assert plain_audit.perplexity_of([(1.0, 1), (0.0, 3)]) == pytest.approx(math.exp(0.25))


def test_every_goal_of_the_report_has_a_verdict_and_a_verdict_has_one_of_three_words():
    assert [row[0] for row in get_report("infinito").table("goals").rows] == list(verdicts.GOALS)
    with pytest.raises(ValueError, match="word must be one of supported"):
        verdicts.ClaimVerdict("a", "wrong", "b", "c")
    assert verdicts.verdict_table(verdicts.OTHERS).count("\n") == len(verdicts.OTHERS) + 1


def test_a_file_of_verdicts_is_read_in_its_order_and_another_word_in_it_is_refused(tmp_path):
    row = '{id = "%s", claim = "a", word = "%s", because = "b", change = "c"}'
    path = tmp_path / "verdicts.toml"
    path.write_text(f"others = []\ngoals = [{row % ('two', 'not shown')}, {row % ('one', 'supported')}]")
    goals, others = verdicts.read_verdicts(path)
    assert [(name, verdict.word) for name, verdict in goals.items()] == [("two", "not shown"), ("one", "supported")]
    assert others == ()
    path.write_text(path.read_text().replace("not shown", "doubtful"))
    with pytest.raises(ValueError, match=r"word must be one of .*, got 'doubtful'"):
        verdicts.read_verdicts(path)


def small_model() -> Infinito:
    torch.manual_seed(0)
    return Infinito(replace(AS_REPORTED, vocabulary=12, context=8, positions=8, width=16, layers=1, heads=2,
                            feed_forward=16, memory_slots=4))  # fmt: skip


def test_a_forecast_is_what_a_loop_over_the_positions_finds():
    ids = np.random.default_rng(0).integers(3, 7, 41).astype(np.int32)
    model = small_model()
    found = forecast_of(model, ids, length=8, stop=3, longest=29, batch=2)
    with torch.no_grad():
        x, y = (torch.from_numpy(part.astype(np.int64)).view(5, 8) for part in (ids[:40], ids[1:]))
        logs = model.eval()(x)[0].log_softmax(dim=-1).flatten(0, 1).double()
    assert found.tokens == 40
    assert found.loss == pytest.approx(-float(logs[torch.arange(40), y.flatten()].mean()), rel=1e-5)
    assert found.mean == pytest.approx(logs.exp().mean(dim=0)[3:7].tolist(), rel=1e-5)
    assert found.absent == pytest.approx(1 - sum(found.mean))
    everywhere = -float(logs[:, y.flatten()].mean())  # every target at every position
    assert found.elsewhere == pytest.approx(everywhere, rel=1e-5)
    mean = logs.exp().mean(dim=0)
    spread = float((logs.exp() * (logs - mean.log())).sum(dim=-1).mean())
    assert found.spread == pytest.approx(spread, abs=1e-6)


def test_a_forecast_by_words_since_the_stop_counts_from_the_last_one():
    ids = np.array([4, 5, 3, 4, 4, 3, 5, 5, 5], dtype=np.int32)
    model = small_model()
    found = forecast_of(model, ids, length=8, stop=3, longest=4, batch=1)
    with torch.no_grad():
        stop = model.eval()(torch.from_numpy(ids[:8].astype(np.int64))[None])[0].softmax(dim=-1)[0, :, 3]
    since = [1, 2, 0, 1, 2, 0, 1, 2]  # words between the last stop and the token that is forecast
    for words in range(3):
        here = [float(p) for p, n in zip(stop, since, strict=True) if n == words]
        assert found.stop[words] == pytest.approx(sum(here) / len(here), rel=1e-5)
    assert math.isnan(found.stop[4])


def test_looking_at_a_forecast_changes_no_model():
    model = small_model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    forecast_of(model, np.arange(3, 12).repeat(3), length=8, stop=3, longest=29)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.training


def test_small_runs_repeat_themselves_and_leave_the_generator_alone():
    torch.manual_seed(5)
    state = torch.random.get_rng_state()
    first, second = (list(leaks.small_run(leaks.HONEST, steps=2, every=1)) for _ in range(2))
    assert first == second
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("run", [leaks.HONEST, leaks.PADDED, leaks.MEMORIZES])
def test_the_blocks_of_a_run_are_text_and_what_follows_it(run):
    train, fresh = leaks.blocks_of(run, 0)
    assert train.shape[1] == fresh.shape[1] == leaks.TOKENS + 1
    assert torch.equal(train[0, run.real], train[1, 0])
    assert (train[:, run.real + 1 :] == 0).all()
    assert (train[:, : run.real] >= 3).all()


def test_a_run_that_is_not_shifted_is_asked_for_its_input():
    blocks = torch.arange(66).view(2, 33)
    x, y = leaks.asked(leaks.NOT_SHIFTED, blocks)
    assert torch.equal(x, y)
    x, y = leaks.asked(leaks.HONEST, blocks)
    assert torch.equal(x + 1, y)


def test_held_out_is_the_training_text_only_where_the_run_says_so():
    (same,) = leaks.small_run(leaks.SAME_TEXT, steps=1, every=1)
    (other,) = leaks.small_run(leaks.MEMORIZES, steps=1, every=1)
    assert same.train == same.held_out
    assert other.train == same.train
    assert other.held_out != other.train
