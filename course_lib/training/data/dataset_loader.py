"""Batches of data that do not fit in memory: a dataset loads one sample at a time, workers load ahead.

What a sample or a batch draws at random (augmentation, mixing) is a function of seed, epoch and its number: the batches
are the same with any number of workers, and after a resume.
"""

import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader, default_collate

from course_lib.by_hand import cuda as by_hand
from course_lib.core.seeding import stream
from course_lib.core.validation import validate_above, validate_at_least
from course_lib.training.data.batch_forms import emptied, moved, pinned
from course_lib.training.data.loaders import BatchOrder, share
from course_lib.training.data.workers import WorkersFailed, from_workers
from course_lib.training.loop.distributed import rank

Collate = Callable[[list[Any]], Any]


class MapDataset(Protocol):
    """Samples by number, such as a torch dataset."""

    def __len__(self) -> int:
        """How many samples there are."""
        ...

    def __getitem__(self, index: int) -> Any:
        """The sample of that number."""
        ...


class SampleError(RuntimeError):
    """A sample could not be loaded; the message says which one and why."""


class DatasetLoader:
    """Batches of a dataset, in the order of TensorLoader, moved to `device`.

    workers: processes that load ahead; 0 loads in this one. patience: seconds that a batch of theirs is waited for.
    collate: makes a batch of a list of samples, by default torch's. seed: of the order; noise_seed: of what samples
    and collate draw from the generators of torch, NumPy and `random`, by default `seed`.
    A batch may be of any form that `batch_forms` knows. On CUDA it is copied from pinned memory while the GPU computes.
    Workers that do not start, die or stay silent are given up with one warning, and the same batches are loaded
    without them. Raises ValueError as TensorLoader does, for workers below 0 or patience not above 0, SampleError for a
    sample that cannot be loaded, TypeError for a batch whose tensors cannot be moved.
    """

    def __init__(
        self,
        dataset: MapDataset,
        *,
        batch_size: int,
        seed: int = 0,
        noise_seed: int | None = None,
        shuffle: bool = True,
        drop_last: bool = False,
        workers: int = 0,
        patience: float = 600,
        device: torch.device | str | None = None,
        collate: Collate | None = None,
    ) -> None:
        validate_at_least("workers", workers, 0)
        validate_above("patience", patience, 0, unit=" seconds")
        self.order = BatchOrder(len(dataset), batch_size, seed, shuffle, drop_last)
        self.noise_seed = seed if noise_seed is None else noise_seed
        self.workers, self.patience = workers, patience
        self.device = torch.device("cpu" if device is None else device)
        self._source = _Batches(dataset, collate or default_collate, self.noise_seed)
        self._tasks = _Tasks()
        self._loader: DataLoader[Any] | None = None

    def __len__(self) -> int:
        return len(self.order)

    def identity(self) -> dict[str, Any]:
        """What the batches depend on beside the samples: no matter how many workers load them."""
        return {**self.order.identity(), "noise_seed": self.noise_seed}

    def __iter__(self) -> Iterator[Any]:
        return self.epoch(1)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Any]:
        """The batches of that epoch; the first `start` of them are left out without being loaded."""
        tasks = [
            _Task(epoch, number, share(rows).tolist(), int(rows[0]), rank())
            for number, rows in enumerate(self.order.batches(epoch, start), start)
        ]
        done = 0
        while done < len(tasks):
            try:
                for batch in self._load(tasks[done:]):
                    done += 1
                    yield moved(batch.content, self.device)
            except WorkersFailed as error:
                place = f"batch {tasks[done].number + 1} of epoch {epoch}"
                warnings.warn(f"{error}; from {place} on the data are loaded without workers", stacklevel=2)
                self.workers, self._loader = 0, None
            except SampleError:
                self._loader = None
                raise

    def _load(self, tasks: list["_Task"]) -> Iterator[Any]:
        """The batches of the tasks, by a DataLoader that is kept from epoch to epoch, and its workers with it."""
        if self._loader is None:
            # batch_size=None: one task is a whole batch, which the worker collates itself.
            own = {"batch_size": None, "collate_fn": _unchanged, "generator": torch.Generator()}
            flags = loader_flags(self.workers, self.device)
            if self.workers:
                flags["timeout"] = self.patience
            self._loader = DataLoader(self._source, sampler=self._tasks, **own, **flags)
        self._tasks.now = tasks
        # The seed of the workers; without a generator of its own torch would draw it from the world's.
        self._loader.generator.manual_seed(stream(self.noise_seed, "workers", tasks[0].epoch))
        return from_workers(self._loader, SampleError) if self.workers else iter(self._loader)


BATCHES_AHEAD = 2  # that each worker keeps ready


def loader_flags(workers: int, device: torch.device) -> dict[str, Any]:
    """The settings of torch's DataLoader that are legal here.

    Workers can be kept and can load ahead where there are workers; pinned memory is for copies to a CUDA device.
    """
    cuda = device.type == "cuda" and torch.cuda.is_available()
    return by_hand.loader_flags(workers, BATCHES_AHEAD * workers, cuda)


class _Task(NamedTuple):
    """One batch to load: `rows` are this process's, `first` is the first row of the whole batch."""

    epoch: int
    number: int
    rows: list[int]
    first: int
    rank: int


class _Tasks:
    """The sampler of the DataLoader: the tasks that are set before each epoch."""

    def __init__(self) -> None:
        self.now: list[_Task] = []

    def __iter__(self) -> Iterator[_Task]:
        return iter(self.now)

    def __len__(self) -> int:
        return len(self.now)


class _Batch:
    """A batch on its way to the device; torch, which pins memory, would turn some of its forms into others."""

    def __init__(self, content: Any) -> None:
        self.content = content

    def pin_memory(self) -> "_Batch":
        """What torch calls on CUDA."""
        return _Batch(pinned(self.content))


class _Batches:
    """The dataset of the DataLoader: its items are whole batches. It stands in the workers."""

    def __init__(self, dataset: MapDataset, collate: Collate, noise_seed: int) -> None:
        self.dataset, self.collate, self.noise_seed = dataset, collate, noise_seed

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, task: _Task) -> Any:
        noise = stream(self.noise_seed, "samples", task.epoch)
        states = torch.get_rng_state(), np.random.get_state(), random.getstate()
        try:
            # A process without a row gets a batch of the right form that holds no sample.
            samples = [self._sample(row, noise) for row in task.rows or [task.first]]
            _seed_generators(stream(noise, f"batch of process {task.rank}", task.number))
            batch = self.collate(samples)
        finally:  # the noise inside the model goes on where it was
            torch.set_rng_state(states[0])
            np.random.set_state(states[1])
            random.setstate(states[2])
        return _Batch(batch if task.rows else emptied(batch))

    def _sample(self, row: int, noise: int) -> Any:
        _seed_generators(stream(noise, "sample", row))
        try:
            return self.dataset[row]
        except Exception as error:
            raise SampleError(f"sample {row} could not be loaded: {type(error).__name__}: {error}") from error


def _seed_generators(seed: int) -> None:
    """Of the CPU alone: torch.manual_seed would start the noise of the model on the GPU anew as well."""
    torch.default_generator.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


def _unchanged(batch: Any) -> Any:
    return batch
