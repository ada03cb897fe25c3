"""Blocks and streams show every pair of tokens as often as they say, in an order that a resumed run repeats."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.text import blocks
from course_lib.text.blocks import IGNORE, ShuffledBlocks, Streams
from course_lib.training.loop.callbacks import evaluate
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import TrainState

QUICK = settings(max_examples=60, deadline=None, derandomize=True)
SIZES = {"epoch": st.integers(0, 3), "offset": st.booleans(), "batch": st.integers(1, 5), "length": st.integers(1, 6)}


def numbered(count):
    """Ids that are their own places, so that a target shows where it was taken from."""
    return np.arange(count, dtype=np.int32)


def batches(loader, epoch=0, start=0):
    return [(x.tolist(), y.tolist()) for x, y in loader.epoch(epoch, start)]


def seen_targets(loader, epoch=0):
    return np.concatenate([y[y != IGNORE].numpy() for _, y in loader.epoch(epoch)])


def pairs_fit(loader, count, epoch=0):
    """Whether every target is what follows its input, the text being a ring of count - 1 pairs."""
    return all(((y == x + 1) | (y == IGNORE)).all() and (x < count - 1).all() for x, y in loader.epoch(epoch))


def test_blocks_in_order_are_the_text_and_the_same_one_word_on():
    loader = ShuffledBlocks(numbered(10), batch=2, length=3, shuffle=False)
    assert batches(loader) == [
        ([[0, 1, 2], [3, 4, 5]], [[1, 2, 3], [4, 5, 6]]),
        ([[6, 7, 8]], [[7, 8, 9]]),
    ]
    assert (len(loader), loader.blocks, loader.targets) == (2, 3, 9)


def test_a_batch_is_two_tensors_of_int64_and_the_ids_are_kept_as_int32():
    for loader in (ShuffledBlocks(numbered(50), batch=4, length=5), Streams(numbered(50), batch=4, length=5)):
        x, y = next(iter(loader.epoch(0)))
        assert (x.dtype, y.dtype, x.shape, y.shape) == (torch.int64, torch.int64, (4, 5), (4, 5))
        assert loader.ids.dtype == torch.int32


def test_tokens_that_fill_no_block_are_left_over():
    loader = ShuffledBlocks(numbered(12), batch=2, length=3)
    assert sorted(seen_targets(loader)) == list(range(1, 10))


def test_without_the_last_batch_all_have_one_shape():
    loader = ShuffledBlocks(numbered(32), batch=4, length=3, drop_last=True)
    assert [x.shape for x, _ in loader.epoch(0)] == [(4, 3)] * 2
    assert (len(loader), loader.targets) == (2, 24)


@QUICK
@given(count=st.integers(7, 60), shuffle=st.booleans(), **SIZES)
def test_every_epoch_shows_distinct_pairs_and_as_many_as_it_says(count, shuffle, offset, epoch, batch, length):
    loader = ShuffledBlocks(numbered(count), batch=batch, length=length, seed=1, shuffle=shuffle, offset=offset)
    targets = seen_targets(loader, epoch)
    assert len(set(targets)) == len(targets) == loader.targets == (count - 1) // length * length
    assert len(batches(loader, epoch)) == len(loader)
    assert pairs_fit(loader, count, epoch)


@QUICK
@given(count=st.integers(6, 80), **SIZES)
def test_a_stream_shows_every_pair_exactly_once(count, epoch, offset, batch, length):
    loader = Streams(numbered(count), batch=batch, length=length, seed=2, offset=offset)
    assert sorted(seen_targets(loader, epoch)) == list(range(1, count))
    assert loader.targets == count - 1
    assert {x.shape for x, _ in loader.epoch(epoch)} == {(batch, length)}
    assert len(batches(loader, epoch)) == len(loader)
    assert pairs_fit(loader, count, epoch)


@QUICK
@given(count=st.integers(6, 80), **SIZES)
def test_a_row_goes_on_where_it_ended_in_the_batch_before(count, offset, epoch, batch, length):
    loader = Streams(numbered(count), batch=batch, length=length, offset=offset)
    segments = list(loader.epoch(epoch))
    rows = torch.cat([x for x, _ in segments], dim=1)
    assert ((rows[:, 1:] - rows[:, :-1]) % (count - 1) == 1 % (count - 1)).all()


def test_streams_are_the_text_cut_into_rows_and_filled_up():
    loader = Streams(numbered(12), batch=2, length=4)
    (first_x, first_y), (second_x, second_y) = batches(loader)
    assert first_x == [[0, 1, 2, 3], [5, 6, 7, 8]]
    assert first_y == [[1, 2, 3, 4], [6, 7, 8, 9]]
    assert [row[0] for row in second_x] == [4, 9]
    assert second_y == [[5, IGNORE, IGNORE, IGNORE], [10, 11, IGNORE, IGNORE]]


def test_no_row_of_a_stream_is_empty_however_short_the_text():
    loader = Streams(numbered(11), batch=8, length=4)
    assert [(y != IGNORE).sum(dim=1).tolist() for _, y in loader] == [[1, 1, 1, 2, 1, 1, 1, 2]]


@QUICK
@given(count=st.integers(40, 90), **SIZES)
def test_streams_without_their_last_segments_have_nothing_filled_up(count, offset, epoch, batch, length):
    loader = Streams(numbered(count), batch=batch, length=length, offset=offset, drop_last=True)
    targets = torch.cat([y.flatten() for _, y in loader.epoch(epoch)])
    assert (targets != IGNORE).all()
    assert len(set(targets.tolist())) == len(targets) == loader.targets
    assert count - 1 - loader.targets < batch * (length + 1)
    assert pairs_fit(loader, count, epoch)


def test_in_a_distributed_run_each_process_gets_its_rows(monkeypatch):
    def of(kind, number, processes):
        monkeypatch.setattr(blocks, "rank", lambda: number)
        monkeypatch.setattr(blocks, "world_size", lambda: processes)
        return [torch.stack(batch) for batch in kind(numbered(90), batch=4, length=5).epoch(2)]

    for kind in (ShuffledBlocks, Streams):
        for whole, even, odd in zip(of(kind, 0, 1), of(kind, 0, 2), of(kind, 1, 2), strict=True):
            assert torch.equal(whole[:, 0::2], even)
            assert torch.equal(whole[:, 1::2], odd)


@pytest.mark.parametrize("kind", [ShuffledBlocks, Streams])
def test_iterating_over_a_loader_gives_the_first_epoch(kind):
    loader = kind(numbered(50), batch=2, length=4, offset=True)
    assert [(x.tolist(), y.tolist()) for x, y in loader] == batches(loader, 1)


@pytest.mark.parametrize("kind", [ShuffledBlocks, Streams])
def test_with_a_token_before_it_the_first_is_predicted_too(kind):
    x, y = next(iter(kind(np.array([7, 8, 9]), batch=1, length=3, before=1).epoch(0)))
    assert (x.tolist(), y.tolist()) == ([[1, 7, 8]], [[7, 8, 9]])


def test_the_order_is_a_function_of_seed_and_epoch():
    def loader(seed):
        return ShuffledBlocks(numbered(200), batch=3, length=4, seed=seed, offset=True)

    assert batches(loader(0), 2) == batches(loader(0), 2)
    different = [batches(loader(0), 0), batches(loader(0), 1), batches(loader(1), 0)]
    assert all(a != b for a, b in ((different[0], different[1]), (different[0], different[2])))


def test_an_epoch_does_not_depend_on_the_epochs_before():
    loader = ShuffledBlocks(numbered(200), batch=3, length=4, offset=True)
    expected = batches(ShuffledBlocks(numbered(200), batch=3, length=4, offset=True), 5)
    for epoch in range(3):
        batches(loader, epoch)
    assert batches(loader, 5) == expected


def test_two_epochs_may_be_read_at_once():
    loader = ShuffledBlocks(numbered(40), batch=2, length=3)
    one, other = loader.epoch(0), loader.epoch(0)
    assert all((a[0] == b[0]).all() for a, b in zip(one, other, strict=True))


def test_blocks_start_elsewhere_in_every_epoch_only_with_an_offset():
    def starts(offset):
        loader = ShuffledBlocks(numbered(401), batch=4, length=20, offset=offset)
        return [tuple(sorted({int(first) % 20 for x, _ in loader.epoch(e) for first in x[:, 0]})) for e in range(6)]

    assert set(starts(False)) == {(0,)}
    assert len(set(starts(True))) > 1


def test_streams_start_elsewhere_in_every_epoch_only_with_an_offset():
    def starts(offset):
        loader = Streams(numbered(401), batch=4, length=20, offset=offset)
        return {int(next(iter(loader.epoch(epoch)))[0][0, 0]) for epoch in range(6)}

    assert starts(False) == {0}
    assert len(starts(True)) > 3


def test_the_blocks_of_an_epoch_are_shuffled():
    loader = ShuffledBlocks(numbered(401), batch=4, length=20)
    firsts = [int(first) for x, _ in loader.epoch(0) for first in x[:, 0]]
    assert firsts != sorted(firsts)
    assert sorted(firsts) == list(range(0, 400, 20))


@QUICK
@given(st.integers(0, 3), st.booleans(), st.data())
def test_a_resumed_epoch_goes_on_with_the_batch_that_it_would_have_seen(epoch, streams, data):
    if streams:
        loader = Streams(numbered(90), batch=3, length=4, offset=True)
    else:
        loader = ShuffledBlocks(numbered(90), batch=3, length=4, offset=True)
    start = data.draw(st.integers(0, len(loader)))
    assert batches(loader, epoch, start) == batches(loader, epoch)[start:]


@pytest.mark.parametrize("kind", [ShuffledBlocks, Streams])
@pytest.mark.parametrize("start", [-1, 100])
def test_a_start_outside_the_epoch_is_refused_at_the_call(kind, start):
    loader = kind(numbered(90), batch=3, length=4)
    words = f"start must be in [0, {len(loader)}], got {start}"
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        loader.epoch(0, start)


@pytest.mark.parametrize("kind", [ShuffledBlocks, Streams])
@pytest.mark.parametrize("ids", [list(range(30)), numbered(30).astype(np.uint16), torch.arange(30)])
def test_ids_may_come_as_a_list_an_array_or_a_tensor(kind, ids):
    assert batches(kind(ids, batch=2, length=3)) == batches(kind(numbered(30), batch=2, length=3))


@pytest.mark.parametrize("kind", [ShuffledBlocks, Streams])
def test_ids_of_the_caller_are_not_changed(kind):
    ids = numbered(30)
    for x, y in kind(ids, batch=2, length=3).epoch(0):
        x.zero_()
        y.zero_()
    assert ids.tolist() == list(range(30))


@pytest.mark.parametrize("kind", [ShuffledBlocks, Streams])
@pytest.mark.parametrize(
    ("ids", "changed", "error", "words"),
    [
        (np.zeros((3, 3), dtype=int), {}, ValueError, "ids must have shape (n,), got (3, 3)"),
        (np.zeros(9), {}, TypeError, "ids must be integers, got torch.float64"),
        (np.zeros(9, dtype=bool), {}, TypeError, "ids must be integers, got torch.bool"),
        ([3], {}, ValueError, "ids must hold at least one token and the one after it, got 1"),
        ([3, -1, 2], {}, ValueError, "ids must be in [0, 2**31), got -1 to 3"),
        ([3, 2**31], {}, ValueError, "ids must be in [0, 2**31), got 3 to 2147483648"),
        ([3, 2], {"before": -1}, ValueError, "ids must be in [0, 2**31), got -1 to 3"),
        ([3, 2], {"batch": 0}, ValueError, "batch must be at least 1, got 0"),
        ([3, 2], {"length": 0}, ValueError, "length must be at least 1, got 0"),
    ],
)
def test_bad_input_is_named_with_its_rule_and_value(kind, ids, changed, error, words):
    with pytest.raises(error, match=f"^{re.escape(words)}$"):
        kind(ids, **{"batch": 1, "length": 1, **changed})


def test_a_text_shorter_than_a_block_or_a_batch_is_refused():
    with pytest.raises(ValueError, match=r"^ids must hold one block of 5 tokens and their targets, got 5 ids$"):
        ShuffledBlocks(numbered(5), batch=1, length=5)
    with pytest.raises(ValueError, match=r"^ids must hold 3 blocks for a full batch of 2 tokens .*, got 6 ids$"):
        ShuffledBlocks(numbered(6), batch=3, length=2, drop_last=True)
    with pytest.raises(ValueError, match=r"^ids must hold one pair of tokens for each of 5 rows, got 4 pairs$"):
        Streams(numbered(5), batch=5, length=2)
    with pytest.raises(ValueError, match=r"^ids must hold one segment for each of 2 rows, got 7 pairs$"):
        Streams(numbered(8), batch=2, length=4, drop_last=True)


@pytest.mark.parametrize("kind", [ShuffledBlocks, Streams])
def test_the_training_loop_takes_either_loader_and_learns_what_follows(kind):
    class Bigram(torch.nn.Embedding):
        """Logits of the next token, looked up by the last one."""

    def loss(model, batch):
        x, y = batch
        total = F.cross_entropy(model(x).flatten(0, 1), y.flatten(), ignore_index=IGNORE, reduction="sum")
        return Loss(total, int((y != IGNORE).sum()))

    ids = np.tile([0, 1, 2, 3], 50)
    torch.manual_seed(0)
    model = Bigram(4, 4)
    state = TrainState(model, torch.optim.Adam(model.parameters(), lr=0.1), Seeds.same(0))
    history = fit(state, kind(ids, batch=4, length=5, offset=True), loss, epochs=12)
    assert history.last("train", "loss") < 0.1 < 1.0 < history.rows[0]["loss"]
    assert evaluate(model, Streams(ids, batch=4, length=5), loss)["loss"] < 0.1


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: batches are gathered on the CPU")
@pytest.mark.parametrize("kind", [ShuffledBlocks, Streams])
def test_batches_are_gathered_on_the_device(kind):
    loader = kind(numbered(90), batch=3, length=4, device="cuda", offset=True)
    assert loader.ids.is_cuda
    assert all(x.is_cuda and y.is_cuda for x, y in loader.epoch(0))
    assert batches(loader, 1) == batches(kind(numbered(90), batch=3, length=4, offset=True), 1)


@pytest.mark.parametrize("kind", [ShuffledBlocks, Streams])
def test_batches_stay_on_the_device_of_the_ids(kind):
    # The meta device has no data: any step by way of the CPU would fail.
    loader = kind(numbered(90), batch=3, length=4, device="cpu", offset=True)
    loader.ids = loader.ids.to("meta")
    for name in ("_within", "_first", "_end"):
        if hasattr(loader, name):
            setattr(loader, name, getattr(loader, name).to("meta"))
    assert all(x.device.type == y.device.type == "meta" for x, y in loader.epoch(0))
