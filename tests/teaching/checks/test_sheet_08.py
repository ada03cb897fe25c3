"""What sheet 08 tells its learners is true: its worked examples, the loop in order, the seven logs, the two runs."""

import numpy as np
import pytest
import torch

from course_lib.by_hand.torch_loop import mean_loss, rows_from
from course_lib.core.metrics import Loss
from course_lib.core.reports.tables import report_number
from course_lib.teaching.checks.fitting import audit, order, reading, resumes


def test_the_worked_examples_of_the_statements_are_right():
    def given(model, batch):
        return Loss(torch.tensor(float(batch[0])), batch[1])

    assert mean_loss(torch.nn.Linear(1, 1), [(6, 2), (2, 6)], given) == 1
    assert [len(rows) for rows in rows_from(5, 2, 0, 3)] == [2, 2, 1]
    assert [len(rows) for rows in rows_from(5, 2, 0, 3, 1)] == [2, 1]


def test_the_right_loop_makes_the_updates_of_one_large_batch_per_group():
    model = order.linear(7)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.5)
    for step, group in enumerate((order._BATCHES[:2], order._BATCHES[2:4], order._BATCHES[4:])):
        joined = tuple(torch.cat(parts) for parts in zip(*group, strict=True))
        optimizer.param_groups[0]["lr"] = 0.1 * (1.0, 0.5, 0.2)[step]
        optimizer.zero_grad()
        order.squared(model, joined).mean.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 8.0)
        optimizer.step()
    np.testing.assert_allclose(order.run(list(order.RIGHT)), order.numbers(model), rtol=1e-6)


@pytest.fixture(scope="module")
def logs():
    return resumes.seven_logs() | {"-": resumes.log_of("right")}


def test_each_fault_shows_in_columns_of_its_own(logs):
    right = logs["-"]
    by_fault = {fault: logs[letter] for letter, fault in resumes.KEY.items()}
    columns = {
        fault: {name for name in log if log[name] != right[name] and name != "loss at the end"}
        for fault, log in by_fault.items()
    }
    assert columns["right"] == set()
    assert columns["optimizer"] == {"length"}
    assert columns["schedule"] == {"rate", "length"}
    assert "rows twice" in columns["order"]
    assert not {"rows twice", "weights", "rate"} & columns["noise"]
    assert "loss" in columns["noise"]
    assert by_fault["noise"]["units off"] > 0.2
    assert by_fault["eval"]["units off"] == 0
    assert "weights" in columns["older"]
    assert max(map(len, reading.table_of(logs).splitlines())) < 130


def test_the_lowest_loss_at_the_end_belongs_to_a_broken_run(logs):
    ends = {resumes.KEY[letter]: log["loss at the end"] for letter, log in logs.items() if letter != "-"}
    assert ends["right"] - min(ends.values()) > 0.1, "too close to build a sentence on"
    assert ends["right"] == logs["-"]["loss at the end"]


def test_the_perplexities_of_the_audit_stand_in_the_reports():
    assert all(report_number(f"{value:,.2f}", "infinito") for value in audit.REPORTED)
    assert all(report_number(f"{value:.2f}", "infinito_repository") for value in audit.OTHER)


def test_the_miniature_is_repeatable_only_with_the_seed_first():
    for seed_first in (False, True):
        losses = {audit.miniature(seed_first=seed_first, started=process) for process in range(5)}
        assert (len(losses) == 1) == seed_first
