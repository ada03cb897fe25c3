"""A pause while the GPU is too hot; the run stays what it was."""

import time
from collections.abc import Callable

import torch

from course_lib.core.validation import validate_above, validate_at_least
from course_lib.training.loop.state import Callback, TrainState

Sensor = Callable[[], float | None]


def pause_when_hot(
    sensor: Sensor,
    *,
    limit: float = 65.0,
    hysteresis: float = 5.0,
    poll: float = 1.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
    log: Callable[[str], object] = print,
) -> Callback:
    """For on_step: wait while the sensor reads `limit` degrees or more, until it reads below limit - hysteresis.

    Without the hysteresis the run would stop and go at the limit. sensor: degrees Celsius, or None where there is
    nothing to read, which ends a pause too; it is read after each update (every(10, ...) does so less often) and each
    `poll` seconds of a pause. A pause adds a row "thermal" with its seconds and the hottest reading to the history and
    says so to `log`; state.seconds, the time of training, goes on without it. state.stop or state.interrupted ends a
    pause; under `run` the first Ctrl-C counts when the pause is over, the second at once.
    Raises ValueError unless hysteresis >= 0, poll > 0 and limit is a number.
    Source of the limit of 65 C: the training log of the fusion classifier.
    """
    if not abs(limit) < float("inf"):
        raise ValueError(f"limit must be a finite number of degrees Celsius, got {limit}")
    validate_at_least("hysteresis", hysteresis, 0)
    validate_above("poll", poll, 0)

    def callback(state: TrainState) -> None:
        degrees = sensor()
        if degrees is None or degrees < limit:
            return
        log(f"{degrees:g} C at step {state.step}: paused until it is below {limit - hysteresis:g} C")
        started, hottest = clock(), degrees
        while degrees is not None and degrees >= limit - hysteresis and not state.ended:
            hottest = max(hottest, degrees)
            sleep(poll)
            degrees = sensor()
        seconds = clock() - started
        state.history.add("thermal", step=state.step, epoch=state.epoch + 1, seconds=seconds, hottest=hottest)
        log(f"went on after {seconds:.1f} s")

    return callback


def gpu_sensor(device: torch.device | str | int | None = None) -> Sensor:
    """Reads the temperature of a CUDA device in degrees Celsius, through nvidia-ml-py.

    device: as torch numbers them; None is the current one. The sensor reads None where there is no such GPU, no
    nvidia-ml-py, or the driver does not tell: `pause_when_hot` then does nothing.
    """

    def sensor() -> float | None:
        if not torch.cuda.is_available():
            return None
        try:
            # torch finds the driver's number of the device, which CUDA_VISIBLE_DEVICES makes another one.
            return float(torch.cuda.temperature(device))
        except Exception:
            return None  # whatever is wrong with a thermometer, it is no reason to end a run

    return sensor
