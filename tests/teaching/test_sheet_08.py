"""What holds for sheet 08 beyond the demands on every check: its texts, its keys, and answers that are on no list."""

import re

import numpy as np
import pytest
import torch

from course_lib.core.files import course_root
from course_lib.core.metrics import Loss
from course_lib.core.reports.tables import find
from course_lib.teaching.checks.fitting import audit, order, reading, resumes
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.diagnose import diagnose
from course_lib.teaching.percent import read_master
from course_lib.training.plain import mean_loss, rows_from

MASTER = course_root() / "solutions" / "source" / "08_from_loop_to_fit.py"
KIND_WORDS = {"faded": "complete"}


def exercise(slug):
    return registry.find(slug).exercise


def words(slug, answer):
    return " ".join(diagnose(exercise(slug), answer).lines)


# ---- the texts of the master


def test_every_exercise_has_its_heading_its_kind_and_its_time_in_the_master():
    text = "\n".join(cell.text for cell in read_master(MASTER) if cell.kind == "markdown")
    for entry in registry.sheet(8):
        one = entry.exercise
        kind = KIND_WORDS.get(one.kind, one.kind) + (", core" if one.core else "")
        assert f"## {entry.number} {one.title}\n" in text
        assert f"`{one.slug}` · {kind} · difficulty {one.difficulty} of 3 · {one.minutes} minutes" in text


def test_the_sheet_holds_every_kind_and_one_attack():
    kinds = [entry.exercise.kind for entry in registry.sheet(8)]
    assert set(kinds) == {"implement", "faded", "order", "find", "attack", "audit"}
    assert kinds.count("attack") == 1


def test_every_exercise_is_checked_in_the_order_of_the_sheet():
    code = [cell.text for cell in read_master(MASTER) if cell.kind == "code"]
    slugs = re.findall(r'^check\("(\w+)"', "\n".join(code), re.MULTILINE)
    assert slugs == [entry.exercise.slug for entry in registry.sheet(8)]


def test_the_worked_examples_of_the_statements_are_right():
    def given(model, batch):
        del model
        return Loss(torch.tensor(float(batch[0])), batch[1])

    assert mean_loss(torch.nn.Linear(1, 1), [(6, 2), (2, 6)], given) == 1
    assert [len(rows) for rows in rows_from(5, 2, 0, 3)] == [2, 2, 1]
    assert [len(rows) for rows in rows_from(5, 2, 0, 3, 1)] == [2, 1]


# ---- the order of the loop


@pytest.mark.parametrize("answer", ["DHCLGJBNMAKF", "d h c l g j b n m a k f", tuple("DHCLGJBNMAKF"), "DCLHGJNBMAKF"])
def test_every_order_that_makes_the_right_updates_is_right(answer):
    assert diagnose(exercise("order_fit_loop"), answer).status == "right"


def test_the_right_loop_makes_the_updates_of_one_large_batch_per_group():
    """The check runs the loop; here the same updates are made from joined batches, without the loop."""
    model = order.linear(7)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.5)
    for step, group in enumerate((order._BATCHES[:2], order._BATCHES[2:4], order._BATCHES[4:])):
        joined = tuple(torch.cat(parts) for parts in zip(*group, strict=True))
        loss = order.squared(model, joined)
        optimizer.param_groups[0]["lr"] = 0.1 * (1.0, 0.5, 0.2)[step]
        optimizer.zero_grad()
        loss.mean.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 8.0)
        optimizer.step()
    np.testing.assert_allclose(order.run(order.RIGHT), order.numbers(model), rtol=1e-6)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("DHCLGJBMAKF", "it has 11 lines, twelve are needed"),
        ("HDCLGJBNMAKF", "line 1 of your loop is indented as no line may be there"),
        ("DHCLGBJNMAKF", "your loop does not run: "),
        (["X"], "the answer is a list of the letters A to O"),
        ("DHCLGJBNMAKKF", "line K stands in your loop more than once"),
    ],
)
def test_an_order_that_is_on_no_list_is_told_by_what_it_does(answer, said):
    assert said in words("order_fit_loop", answer)


# ---- seven resumed runs


@pytest.fixture(scope="module")
def logs():
    return resumes.seven_logs() | {"-": resumes.log_of("right")}


def differing(log, right):
    return {name for name in log if log[name] != right[name] and name != "loss at the end"}


def test_each_fault_shows_in_columns_of_its_own(logs):
    right = logs["-"]
    by_fault = {resumes.KEY[letter]: logs[letter] for letter in resumes.KEY}
    columns = {fault: differing(log, right) for fault, log in by_fault.items()}
    assert columns["right"] == set()
    assert columns["optimizer"] == {"length"}
    assert columns["schedule"] == {"rate", "length"}
    assert "rows twice" in columns["order"]
    assert not {"rows twice", "weights", "rate"} & columns["noise"]
    assert "loss" in columns["noise"]
    assert by_fault["noise"]["units off"] > 0.2
    assert by_fault["eval"]["units off"] == 0
    assert "weights" in columns["older"]


def test_the_lowest_loss_at_the_end_belongs_to_a_broken_run(logs):
    ends = {letter: log["loss at the end"] for letter, log in logs.items() if letter != "-"}
    best = min(ends, key=ends.get)
    assert resumes.KEY[best] != "right"
    right = next(letter for letter, fault in resumes.KEY.items() if fault == "right")
    assert ends[right] - ends[best] > 0.1, "too close to build a sentence on"
    assert ends[right] == logs["-"]["loss at the end"]


def test_the_table_has_a_line_for_every_run(logs):
    lines = reading.table_of(logs).splitlines()
    assert len(lines) == len(logs) + 1
    assert max(map(len, lines)) < 130


def test_a_single_wrong_reading_is_named_with_its_question():
    assert "look again at A" in words("read_resumes", resumes.KEY | {"A": "older"})
    assert "'slow' is none of" in words("read_resumes", resumes.KEY | {"A": "slow"})


# ---- the audit


def test_the_perplexities_of_the_audit_stand_in_the_reports():
    assert all(find(f"{value:,.2f}", "infinito") for value in audit.REPORTED)
    assert all(find(f"{value:.2f}", "infinito_repository") for value in audit.OTHER)


def test_the_miniature_is_repeatable_only_with_the_seed_first():
    for seed_first in (False, True):
        losses = {audit.miniature(seed_first=seed_first, started=process) for process in range(5)}
        assert (len(losses) == 1) == seed_first


def test_a_gap_of_two_decimals_is_right_and_one_of_one_is_not():
    assert diagnose(exercise("one_seed_two_runs"), audit.FINDINGS | {"gap": 0.27}).status == "right"
    assert diagnose(exercise("one_seed_two_runs"), audit.FINDINGS | {"gap": 0.3}).status == "wrong"


# ---- plausible answers that are on no list


def tensor_returned(model, optimizer, batches, loss_fn):
    optimizer.zero_grad()
    losses = [loss_fn(model, batch) for batch in batches]
    mean = sum(loss.total for loss in losses) / sum(loss.count for loss in losses)
    mean.backward()
    optimizer.step()
    return mean


def half_of_the_mean(model, optimizer, batches, loss_fn):
    optimizer.zero_grad()
    losses = [loss_fn(model, batch) for batch in batches]
    mean = sum(loss.total for loss in losses) / sum(loss.count for loss in losses)
    (mean / 2).backward()
    optimizer.step()
    return mean.item()


@pytest.mark.parametrize(
    ("slug", "answer", "said"),
    [
        ("accumulated_step", tensor_returned, "return a plain number"),
        ("accumulated_step", half_of_the_mean, "case 1"),
        ("mean_loss", lambda model, batches, loss_fn: 1.0, "case 1"),
        ("rows_from", lambda *_, **__: 3, "return a list of arrays of row numbers"),
        ("rows_from", lambda count, size, seed, epoch, start=0: [], "every row once"),
        ("scheduled_steps", lambda *_: [], "updates for 4 batches"),
        ("resume_passes", lambda start, save, load: None, "returned None for a right one"),
    ],
)
def test_a_plausible_wrong_answer_that_is_on_no_list_gets_words_of_use(slug, answer, said):
    found = diagnose(exercise(slug), answer)
    assert found.status in ("wrong", "error")
    assert said in " ".join(found.lines)


def test_the_lesson_says_how_long_its_sheet_takes():
    minutes = sum(entry.exercise.minutes for entry in registry.sheet(8))
    lesson = (course_root() / "notebooks" / "source" / "08_from_loop_to_fit.py").read_text(encoding="utf-8")
    assert f"and about {round(minutes, -1)} for the [exercise sheet]" in lesson
