"""The lessons of the course in their order, and which of them are ready.

A lesson is ready when its notebook is there; the others are shown as planned. Lesson 00, the README and the tests read
this table.
"""

from dataclasses import dataclass
from pathlib import Path

from course_lib.core.files import course_root


@dataclass(frozen=True)
class Lesson:
    """One lesson: its number, the stem of its notebook, its title, and the question that it answers."""

    number: int
    stem: str
    title: str
    question: str


@dataclass(frozen=True)
class Part:
    """Lessons that belong together."""

    title: str
    lessons: tuple[Lesson, ...]


def _part(title: str, *lessons: tuple[int, str, str, str]) -> Part:
    return Part(title, tuple(Lesson(n, f"{n:02d}_{topic}", name, question) for n, topic, name, question in lessons))


PARTS = (
    _part(
        "How training works",
        (0, "start_here", "Start here", "What is on this machine, and how does the course work?"),
        (1, "training_loop", "The training loop by hand", "What are the four steps, and how do I know they are right?"),
        (2, "initialization", "Initialization", "How large should the first weights be?"),
        (3, "optimizers", "Optimizers", "Given the gradient, how should the parameters move?"),
        (4, "learning_rates", "Learning rates", "How large may a step be, and how should it change?"),
        (5, "regularization", "Regularization", "How does a network learn the task and not the samples?"),
        (6, "early_stopping", "Early stopping", "When to stop, and what does that do to the reported number?"),
        (7, "debugging", "Debugging", "The loss does not fall: where to look first?"),
    ),
    _part(
        "From NumPy to the GPU",
        (8, "from_loop_to_fit", "From the loop to fit", "What does a trustworthy training loop need?"),
        (9, "cuda", "CUDA", "Where does the time of a training step go?"),
    ),
    _part(
        "INFINITO V5.2: a language model with an external memory",
        (10, "infinito_model", "The model", "What do attention and a priority memory compute?"),
        (11, "infinito_audit", "Full training, and the audit", "What was the perplexity of 99.25?"),
        (12, "infinito_memory", "Real data and the memory", "Does the memory help, and how would I know?"),
    ),
    _part(
        "Golden seeds and lottery tickets",
        (13, "golden_seeds", "Golden seeds", "How much of +54 % is luck?"),
        (14, "lottery_tickets", "Lottery tickets", "Does a pruned network owe its success to its start?"),
    ),
    _part(
        "VELORA: a mixture of experts",
        (15, "velora_experts", "Two experts", "Can a network do arithmetic, and who does it otherwise?"),
        (16, "velora_routing", "Router and fusion", "How does a router learn whom to ask?"),
        (17, "velora_phases", "Three phases", "Does each phase earn its cost?"),
    ),
    _part(
        "NeuroNet: a fusion classifier for images",
        (18, "neuronet_model", "The fusion model", "What do two backbones see together?"),
        (19, "neuronet_audit", "The audit", "What is 86.75 % worth on patients already seen?"),
    ),
    _part("On your own", (20, "capstone", "Capstone", "Build, reproduce and audit a claim of your choice.")),
)

# Lessons that are marked half-way and whose core path takes an hour at most; the others come one by one.
IN_AN_HOUR: tuple[str, ...] = ("01_training_loop",)


def lesson_map(root: Path | None = None) -> str:
    """The map of lessons as a Markdown table, with links to the notebooks that are there."""
    notebooks = (root or course_root()) / "notebooks"
    rows = ["| | lesson | the question | |", "|---|---|---|---|"]
    for part in PARTS:
        rows.append(f"| | **{part.title}** | | |")
        for lesson in part.lessons:
            file = f"{lesson.stem}.ipynb"
            ready = (notebooks / file).exists()
            title = f"[{lesson.title}]({file})" if ready else lesson.title
            rows.append(f"| {lesson.number:02d} | {title} | {lesson.question} | {'ready' if ready else 'planned'} |")
    return "\n".join(rows)


def show_lesson_map() -> None:
    """Display the map of lessons."""
    from IPython.display import Markdown, display

    display(Markdown(lesson_map()))
