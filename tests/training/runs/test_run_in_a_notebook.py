"""Kernel > Interrupt in a notebook: the step ends, the run is saved, and the cell goes on when it is run again."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from course_lib.core.files import course_root

SETUP = """
import time
from pathlib import Path
import torch
from course_lib.core.seeding import Seeds
from course_lib.digits.train import DigitsConfig, classification_loss, digits_net
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.runs.run import run
from course_lib.training.loop.state import TrainState
x = torch.randn(40, 64, generator=torch.Generator().manual_seed(0))
loader = TensorLoader(x, torch.arange(40) % 10, batch_size=10)
model = digits_net(DigitsConfig(dropout=0.1), seed=0)

def train(folder, wait):
    model = digits_net(DigitsConfig(dropout=0.1), seed=0)
    state = TrainState(model, torch.optim.Adam(model.parameters()), Seeds.same(0))
    def slow(state):
        if wait and state.step == 6:
            print("in step 6", flush=True)
            time.sleep(wait)
    run(folder, state, loader, classification_loss, epochs=5, on_step=[slow])
    return state

def weights(state):
    return [p.tolist() for p in state.model.parameters()]
"""


@pytest.fixture
def kernel() -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(course_root()))
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_an_interrupted_cell_saves_and_goes_on_when_it_is_run_again(kernel: tuple, tmp_path: Path) -> None:
    manager, client = kernel
    printed: list[str] = []

    def seen(message: dict) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])
            if "in step 6" in message["content"]["text"]:
                threading.Thread(target=manager.interrupt_kernel).start()

    def cell(code: str) -> dict:
        return client.execute_interactive(code, timeout=60, output_hook=seen)["content"]

    assert cell(SETUP)["status"] == "ok"
    ended = cell(f"train(Path({str(tmp_path / 'run')!r}), wait=0.5)")
    assert (ended["status"], ended["ename"]) == ("error", "Interrupted")
    assert ended["evalue"].startswith("interrupted: saved at step 6 (1 epochs and 2 batches)")
    again = cell(f"again = train(Path({str(tmp_path / 'run')!r}), wait=0)")
    assert again["status"] == "ok"
    assert "resumed at step 6 (1 epochs and 2 batches)" in "".join(printed)
    equal = cell(f"assert weights(again) == weights(train(Path({str(tmp_path / 'other')!r}), wait=0))")
    assert equal["status"] == "ok", equal
