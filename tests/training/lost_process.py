"""A program of two processes, of which the second one gets a signal in the middle of a run; started by a test."""

import os
import signal
import sys
from pathlib import Path

import torch

from course_lib.core.seeding import Seeds
from course_lib.digits.train import DigitsConfig, classification_loss, digits_net
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.distributed import ProcessLost, processes, rank, wrap
from course_lib.training.loop.state import TrainState
from course_lib.training.runs.run import run

STEP, BATCHES = 8, 6  # the step at which the second process is lost, and batches in an epoch


def main(folder: Path, number: int) -> int:
    """Exit status of this process."""
    model = wrap(digits_net(DigitsConfig(), seed=0))
    state = TrainState(model, torch.optim.AdamW(model.parameters()), Seeds.same(0))

    def lose(state: TrainState) -> None:
        if rank() == 1 and state.step == STEP:
            os.kill(os.getpid(), number)

    loader = TensorLoader(torch.zeros(16 * BATCHES, 64), torch.zeros(16 * BATCHES, dtype=torch.long), batch_size=16)
    run(folder, state, loader, classification_loss, epochs=9, on_step=[lose], log=lambda line: None)
    return 0


if __name__ == "__main__":
    try:
        with processes("cpu", float(sys.argv[3])):
            code = main(Path(sys.argv[1]), signal.Signals[sys.argv[2]])
    except ProcessLost as lost:
        print(lost)
        code = 1
    sys.exit(code)
