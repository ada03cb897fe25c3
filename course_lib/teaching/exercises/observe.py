"""Observation: running an answer on cases, and recording what it does, without letting it do harm.

`calls` is the probe of a function, `attack` the probe of a test that the learner wrote; `probing` is the guard around
both. Nothing here judges: it only records what an answer does.
"""

import contextlib
import copy
import io
import itertools
import linecache
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from course_lib.teaching.exercises import effects
from course_lib.teaching.exercises.compare import same
from course_lib.teaching.exercises.limit import TookTooLong, limited

INPUTS = "inputs"  # the form of the arguments, for messages; the same for every answer
CHANGED = "inputs changed"  # the leaf that tells whether an answer wrote into its arguments
ASIDE = (INPUTS, CHANGED)  # leaves that are not results
SHORT = 24  # characters of a tuple or list of whole numbers that a message shows
MOST_ITEMS = 10_000  # an endless generator is cut here
VERSION_SECONDS = 3.0  # of processor time for a learner's test of one version
_OWN = (str(Path(__file__).parent.parent), str(Path(copy.__file__).parent))  # the course, the standard library


@dataclass(frozen=True, eq=False)
class Raised:
    """An answer raised here. Two of these are equal when their types are; the rest is for the message."""

    type: str
    message: str = ""
    line: int = 0  # line of the learner's own code, 0 where none of it was reached
    source: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Raised) and other.type == self.type

    def __hash__(self) -> int:
        return hash(self.type)


class Detail:
    """Something of an observation that a message may quote and that is never compared: random rows, sizes of parts.

    Two answers that use the random numbers differently give different rows and are right for the same reason; such an
    observation holds the reason as facts and the rows as a Detail. The card of a known mistake then says "behaves
    like" and no difference, because equal facts are not equal numbers.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Detail)

    def __hash__(self) -> int:
        return 0


class Case:
    """One call of the probe. `Case(x, labels, rate=0.1)`; a plain tuple stands for a case without keywords."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        self.arguments, self.keywords = arguments, keywords


def calls(answer: Callable[..., Any], *cases: Case | tuple[Any, ...]) -> dict[str, dict[str, Any]]:
    """Call `answer` on a fresh copy of the arguments of each case and record what it does.

    Returns {"case 1": {"inputs": "(3, 2), (3,)", "result": ..., "inputs changed": "none"}, "case 2": ...}. An exception
    becomes a `Raised` as the result, a generator becomes the list of what it yields, and "inputs changed" names the
    arguments that were written into ("argument 1"). "inputs" is the same for every answer and only serves messages.
    """
    return {f"case {number}": _call(answer, case) for number, case in enumerate(cases, start=1)}


def _call(answer: Callable[..., Any], case: Case | tuple[Any, ...]) -> dict[str, Any]:
    case = case if isinstance(case, Case) else Case(*case)
    arguments, keywords = copy.deepcopy((case.arguments, case.keywords))
    try:
        result = answer(*arguments, **keywords)
        result = _copied(read_out(result))
    except (KeyboardInterrupt, TookTooLong):
        raise
    except BaseException as error:  # an answer may raise anything, SystemExit too
        result = raised(error)
    given = [*case.arguments, *case.keywords.values()]
    after = [*arguments, *keywords.values()]
    names = [f"argument {place}" for place in range(1, len(case.arguments) + 1)] + list(case.keywords)
    changed = [name for name, old, new in zip(names, given, after, strict=True) if not _untouched(old, new)]
    return {INPUTS: ", ".join(map(_input, given)), "result": result, CHANGED: ", ".join(changed) or "none"}


def read_out(value: Any, depth: int = 0) -> Any:
    """The value with iterators, also those in its lists and dictionaries, as lists of what they give."""
    if isinstance(value, Iterator):
        return list(itertools.islice(value, MOST_ITEMS))
    if depth < 3 and type(value) in (list, tuple):
        return type(value)(read_out(part, depth + 1) for part in value)
    if depth < 3 and type(value) is dict:
        return {key: read_out(part, depth + 1) for key, part in value.items()}
    return value


def _input(value: Any) -> str:
    """An argument for a message: its shape, its value when it is short, else its type."""
    if isinstance(value, bool | int | float | str) or value is None:
        return repr(value)
    if isinstance(value, tuple | list) and all(isinstance(one, int) for one in value) and len(repr(value)) <= SHORT:
        return repr(value)
    return str(tuple(value.shape)) if hasattr(value, "shape") else f"a {type(value).__name__}"


def _copied(result: Any) -> Any:
    """A copy, because a result may be an argument, or state that a later case overwrites; itself where none can be."""
    try:
        return copy.deepcopy(result)
    except Exception:
        return result


def _untouched(old: Any, new: Any) -> bool:
    # Generators, models and functions are there to be used; only data must stay as it was.
    data = isinstance(old, (np.ndarray, list, dict, set)) or type(old).__name__ == "Tensor"
    return not data or same(old, new)


def observed_attack(
    test: Callable[[Any], Any], *, right: Mapping[str, Any], planted: Mapping[str, Any]
) -> dict[str, dict[str, Any] | str]:
    """Run the learner's test on right versions and on versions with a planted bug, by their ids.

    The test accepts a version by returning True, and rejects it by returning False or by a failing `assert`. Returns
    {"right": {id: accepted}, "planted": {id: accepted}}; an answer is right when it accepts all of the first and none
    of the second. Where the test returned None, a forgotten `return`, None stands. A crash on a planted bug rejects
    it, a crash on a right version is an error. "form" is there only where a test does not end, or returns what is
    neither True nor False; it completes "your test ...".
    """
    seen: dict[str, dict[str, Any] | str] = {}
    forms: list[str] = []
    for kind, versions in (("right", right), ("planted", planted)):
        accepted: dict[str, Any] = {}
        seen[kind] = accepted
        for name, version in versions.items():
            try:
                with limited(VERSION_SECONDS):
                    accepted[name] = _accepts(test, version, forms, crash_rejects=kind == "planted")
            except TookTooLong:
                told = f"does not end for a version that is {'right' if kind == 'right' else 'wrong'} ({name})"
                return {"right": {}, "planted": {}} | seen | {"form": told}
    return seen | {"form": forms[0]} if forms else seen


def _accepts(test: Callable[[Any], Any], version: Any, forms: list[str], *, crash_rejects: bool) -> Any:
    try:
        said = test(version)
        odd = _no_truth(said)
        if odd:
            forms.append(odd)
        return None if said is None else odd.startswith("returns an array") or bool(said)
    except (KeyboardInterrupt, TookTooLong):
        raise
    except AssertionError:
        return False
    except NotImplementedError as error:  # the untouched stub, not a verdict on the version
        return raised(error)
    except BaseException as error:
        return False if crash_rejects else raised(error)


def _no_truth(said: Any) -> str:
    """What a test returned, in words, where it is no True or False by itself; else ""."""
    shape = getattr(said, "shape", ())
    if len(shape) and np.prod(shape) != 1:
        return f"returns an array {tuple(shape)}, which is no single True or False"
    if isinstance(said, list | tuple | dict | str):
        return f"returns a {type(said).__name__}, which counts as True unless it is empty"
    return "returns a number, which counts as True unless it is 0" if isinstance(said, float) else ""


def raised(error: BaseException) -> Raised:
    """What to tell of an exception: its type, its first line, and the last line of the learner's own code."""
    message = (str(error).strip().splitlines() or [""])[0]
    line, source = _own_line(error.__traceback__)
    return Raised(type(error).__name__, message[:160], line, source)


def _own_line(trace: TracebackType | None) -> tuple[int, str]:
    """Line number and text of the deepest frame that is neither the course's nor an installed library's."""
    line, source = 0, ""
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        installed = any(part in name for part in ("site-packages", "dist-packages", "<frozen", "<__array_function__"))
        if not installed and not name.startswith(_OWN):
            line, source = trace.tb_lineno, linecache.getline(name, trace.tb_lineno).strip()
        trace = trace.tb_next
    return line, source


@contextlib.contextmanager
def probing(printed: io.StringIO) -> Iterator[effects.Effects]:
    """Run a probe: warnings and side effects noted, prints kept in `printed`, global state fixed and then put back."""
    with effects.effects_of() as noted, contextlib.redirect_stdout(printed):
        yield noted
