"""The measurements that should lie in benchmarks/records/, on what hardware, and made by which command.

A record is a small JSON file with its provenance. One that needs hardware of another kind is added here first: until it
has been made, `python -m benchmarks` lists it as missing.
"""

from dataclasses import dataclass
from pathlib import Path

from benchmarks import lesson_runs
from course_lib.core.recordings import recordings_folder

FOLDER = Path(__file__).parent / "records"


@dataclass(frozen=True)
class Record:
    """One measurement to keep: file name without suffix, what it answers, where it must run, how, where it lies."""

    name: str
    question: str
    hardware: str
    command: str
    folder: Path = FOLDER

    @property
    def path(self) -> Path:
        """Where its JSON lies."""
        return self.folder / f"{self.name}.json"


# Lessons 09 and 11 read these: what each part of benchmarks/gpu.py answers.
_GPU_PARTS = {
    "machine": "FLOP/s by number format and size, bytes/s, launches/s",
    "steps": "seconds of a training step by number format, optimizer and batch size",
    "compile": "torch.compile against eager: seconds once, seconds a step",
    "memory": "memory of a step, predicted and measured",
    "waits": "what reading the loss and waiting for the loader cost",
    "determinism": "equal bits or not, and what deterministic mode costs",
    "fit": "fit against a bare loop",
    "infinito": "steps/s and memory of INFINITO beside a plain GPT",
    "infinito_run": "the reported run of INFINITO, 15 epochs",
}
_CUDA_ONLY = ("infinito_run",)  # on a CPU a run of two hours, which python -m benchmarks.reported_run records


_TABLE = (
    Record(
        name="numpy_mlp",
        question="samples/s of train_mlp beside torch and scikit-learn, one thread",
        hardware="any CPU",
        command="python -m benchmarks.numpy_mlp",
    ),
    Record(
        name="fit_overhead",
        question="time of fit over that of a loop by hand, for three models",
        hardware="any CPU; a CUDA GPU adds its rows",
        command="python -m benchmarks.fit_overhead",
    ),
    Record(
        name="resume",
        question="kills x equal: runs that are killed and resumed, bit for bit; damaged files refused",
        hardware="any CPU",
        command="python -m benchmarks.resume",
    ),
    Record(
        name="language_model",
        question="tokens/s of INFINITO beside a plain GPT of its size, and what memory and precision cost, one thread",
        hardware="any CPU; for its bf16 row one with avx512_bf16 or amx_bf16",
        command="python -m benchmarks.language_model",
    ),
)
_GPU_TABLE = tuple(
    Record(
        name=f"{device}_{part}",
        question=question,
        hardware="a CUDA GPU" if device == "cuda" else "any CPU",
        command=f"python -m benchmarks.gpu --part {part}" + ("" if device == "cuda" else " --device cpu"),
        folder=recordings_folder(),
    )
    for device in ("cpu", "cuda")
    for part, question in _GPU_PARTS.items()
    if device == "cuda" or part not in _CUDA_ONLY
)
# Lesson 11 reads these.
_REPORTED = "python -m benchmarks.reported_run runs/as-reported --notes runs/forecasts.jsonl"
_AUDIT_TABLE = (
    Record(
        name="infinito_as_reported",
        question="does the run that ended at perplexity 99.25 come out again, and what did it learn",
        hardware="any CPU (about two hours)",
        command=_REPORTED,
        folder=recordings_folder(),
    ),
    *(
        Record(
            name=f"infinito_{part}",
            question=question,
            hardware="any CPU",
            command=f"python -m benchmarks.leak_runs --part {part}",
            folder=recordings_folder(),
        )
        for part, question in (
            ("leaks", "what do small models reach on the source of the report, honestly and otherwise"),
            ("first", "what moves the first epoch, the first weights or the data"),
        )
    ),
)
# Lessons 02, 03 and 05 read these: the trainings that they do not repeat live.
_LESSON_TABLE = tuple(
    Record(
        name=name,
        question=run.question,
        hardware="any CPU",
        command=lesson_runs.command_of(name),
        folder=recordings_folder(),
    )
    for name, run in lesson_runs.RUNS.items()
)
RECORDS = {record.name: record for record in (*_TABLE, *_GPU_TABLE, *_AUDIT_TABLE, *_LESSON_TABLE)}


def missing() -> list[Record]:
    """The records that have not been made yet."""
    return [record for record in RECORDS.values() if not record.path.is_file()]
