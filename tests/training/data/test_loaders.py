"""Batches come in an order that seed and epoch set, hold every sample once, and are shared between processes."""

from itertools import chain

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.numpy_nn.data import batches
from course_lib.training.data import loaders
from course_lib.training.data.loaders import BatchOrder, TensorLoader

QUICK = settings(max_examples=60, deadline=None, derandomize=True)
COUNTS = st.integers(1, 40)
SIZES = st.integers(1, 12)


def rows_of(loader: TensorLoader, epoch: int = 1, start: int = 0) -> list[list[int]]:
    return [rows.tolist() for (rows,) in loader.epoch(epoch, start)]


def process(monkeypatch: pytest.MonkeyPatch, rank: int, processes: int) -> None:
    monkeypatch.setattr(loaders, "rank", lambda: rank)
    monkeypatch.setattr(loaders, "world_size", lambda: processes)


@QUICK
@given(COUNTS, SIZES, st.integers(0, 5), st.integers(1, 3), st.booleans(), st.booleans())
def test_the_order_is_that_of_the_numpy_loop(count, batch_size, seed, epoch, shuffle, drop_last):
    drop_last = drop_last and batch_size <= count
    loader = TensorLoader(torch.arange(count), batch_size=batch_size, seed=seed, shuffle=shuffle, drop_last=drop_last)
    expected = batches(count, batch_size, seed=seed, epoch=epoch, shuffle=shuffle, drop_last=drop_last)
    assert rows_of(loader, epoch) == [rows.tolist() for rows in expected]
    assert len(rows_of(loader, epoch)) == len(loader)


@QUICK
@given(COUNTS, SIZES, st.integers(0, 50))
def test_a_start_leaves_out_that_many_batches_and_nothing_else(count, batch_size, start):
    loader = TensorLoader(torch.arange(count), batch_size=batch_size, seed=2)
    assert rows_of(loader, 3, start) == rows_of(loader, 3)[start:]


@QUICK
@given(COUNTS, SIZES)
def test_an_epoch_holds_every_sample_once_and_the_last_batch_what_is_left(count, batch_size):
    found = rows_of(TensorLoader(torch.arange(count), batch_size=batch_size))
    assert sorted(chain.from_iterable(found)) == list(range(count))
    assert [len(rows) for rows in found[:-1]] == [batch_size] * (len(found) - 1)
    assert len(found[-1]) == count - batch_size * (len(found) - 1)


@QUICK
@given(COUNTS, SIZES, st.integers(1, 5))
def test_the_shares_of_the_processes_join_to_the_batch(count, batch_size, processes):
    whole = rows_of(TensorLoader(torch.arange(count), batch_size=batch_size))
    with pytest.MonkeyPatch.context() as monkeypatch:
        shares = []
        for rank in range(processes):
            process(monkeypatch, rank, processes)
            shares.append(rows_of(TensorLoader(torch.arange(count), batch_size=batch_size)))
    for number, rows in enumerate(whole):
        parts = [found[number] for found in shares]  # a process for which nothing is left gets a batch of none
        assert sorted(chain.from_iterable(parts)) == sorted(rows)
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_process_without_a_row_of_the_last_batch_gets_an_empty_one(monkeypatch):
    process(monkeypatch, 1, 2)
    last = list(TensorLoader(torch.zeros(5, 3), torch.zeros(5), batch_size=4).epoch(1))[-1]
    assert [tensor.shape for tensor in last] == [(0, 3), (0,)]


def test_two_epochs_differ_and_two_loaders_agree():
    first, second = (TensorLoader(torch.arange(50), batch_size=8, seed=1) for _ in range(2))
    assert rows_of(first, 1) == rows_of(second, 1) == [rows.tolist() for (rows,) in first]
    assert rows_of(first, 1) != rows_of(first, 2)
    assert rows_of(first, 1) != rows_of(TensorLoader(torch.arange(50), batch_size=8, seed=2), 1)


def test_rows_of_all_tensors_belong_together():
    x = torch.arange(20)
    for rows, labels in TensorLoader(x, 100 + x, batch_size=6, seed=4).epoch(1):
        assert torch.equal(labels, 100 + rows)


def test_the_tensors_are_moved_once():
    loader = TensorLoader(torch.zeros(4, 2), batch_size=2, device="meta")
    assert loader.tensors[0].device.type == "meta"
    assert [batch[0].device.type for batch in loader.epoch(1)] == ["meta", "meta"]


@pytest.mark.parametrize(
    ("lengths", "settings", "words"),
    [
        ((), {"batch_size": 2}, r"tensors must have one length of at least 1, got \[\]"),
        ((0,), {"batch_size": 2}, r"tensors must have one length of at least 1, got \[0\]"),
        ((3, 4), {"batch_size": 2}, r"tensors must have one length of at least 1, got \[3, 4\]"),
        ((3,), {"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ((3,), {"batch_size": 4, "drop_last": True}, "batch_size must be at most 3 samples with drop_last, got 4"),
    ],
)
def test_data_or_sizes_that_make_no_sense_are_refused(lengths, settings, words):
    with pytest.raises(ValueError, match=words):
        TensorLoader(*(torch.zeros(length) for length in lengths), **settings)


def test_an_order_of_nothing_is_refused():
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        BatchOrder(0, 4)


def test_a_seed_of_numpy_is_a_seed():
    assert rows_of(TensorLoader(torch.arange(9), batch_size=4, seed=np.int64(3))) == rows_of(
        TensorLoader(torch.arange(9), batch_size=4, seed=3)
    )
