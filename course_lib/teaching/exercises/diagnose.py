"""Diagnosis: whether an answer is right, a known mistake, something else, an error, or not started.

The order of the questions: not started; right (the reference or an accepted variant); a known mistake; a known mistake
that also writes into its arguments; an error; a known mistake in one part of the result; two known mistakes at once;
the kind of a generated mutant and the exercise's properties; the first difference. Only the first that applies is told.
"""

import ast
import inspect
import io
import textwrap
from dataclasses import replace
from typing import Any

from course_lib.teaching.exercises.compare import MISSING, pairs
from course_lib.teaching.exercises.difference_in_words import (
    changed_inputs,
    describe_first_difference,
    name_of,
    with_inputs_kept,
)
from course_lib.teaching.exercises.effects import Effects, watched
from course_lib.teaching.exercises.exercise import REFERENCE, Exercise
from course_lib.teaching.exercises.known import allowed_effects, observations
from course_lib.teaching.exercises.limit import SECONDS, TookTooLong, limited
from course_lib.teaching.exercises.match import (
    ERROR,
    NOT_STARTED,
    RIGHT,
    WRONG,
    Finding,
    attacked,
    comes_of,
    known_mistake,
    known_part,
    mutant_of,
    right_answer,
    two_at_once,
)
from course_lib.teaching.exercises.observe import ASIDE, Raised, probing, raised, read_out
from course_lib.teaching.exercises.values import about_keys, about_lines, placeholder_in

MOST_LINES = 3
_STATEMENTS = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)


def diagnose_answer(exercise: Exercise, answer: Any) -> Finding:
    """Probe `answer` and say what it is. Never raises on a wrong answer; only KeyboardInterrupt passes."""
    if answer is None or answer is Ellipsis:
        return Finding(NOT_STARTED)
    if callable(exercise.reference) and not callable(answer):
        given = f"check expects the function itself, you gave a value of type {type(answer).__name__}"
        return Finding(WRONG, (given, f'write check("{exercise.slug}", {_called(exercise)}), without calling it'))
    word = _placeholder(exercise, answer)
    if word:
        return Finding(NOT_STARTED, (word,))
    functions = exercise.kind in ("implement", "faded")
    allowed = allowed_effects(exercise) if functions else []  # like the observations, before the learner's code runs
    observations(exercise)
    printed, effects = io.StringIO(), Effects()
    try:
        with limited(), probing(printed) as effects:
            given = watched(answer, effects) if functions else answer if callable(answer) else read_out(answer)
            seen = exercise.observe(given)
    except KeyboardInterrupt:
        raise
    except TookTooLong:
        stopped = f"your code was stopped after {SECONDS:g} seconds", "which loop has no end, or far too many rounds?"
        return Finding(ERROR, stopped, printed=printed.getvalue())
    except BaseException as error:  # an answer may raise anything, SystemExit too
        seen = raised(error)
    try:
        with limited():
            found = _finding(exercise, answer, seen)
    except (Exception, TookTooLong) as error:  # a value that cannot be compared, printed or copied
        strange = f"your answer holds something that cannot be compared ({type(error).__name__})"
        found = Finding(WRONG, (strange, "which types do its parts have?"))
    return replace(_with_effects(found, effects, allowed), printed=printed.getvalue(), seen=seen)


def _with_effects(found: Finding, effects: Effects, allowed: list[Effects]) -> Finding:
    """The finding with what the answer does beside its result, where no right answer does it."""
    beyond = effects.beyond(allowed) if allowed else []
    if found.status == RIGHT and beyond:
        told = f"your numbers are right, but {beyond[0]}"
        return replace(
            found, status=WRONG, lines=(told, "who else uses that, before or after your function?"), variant=""
        )
    if found.status == RIGHT and effects.warnings and allowed and not any(other.warnings for other in allowed):
        return replace(found, lines=(*found.lines, f"it warns: {effects.warnings[0]}"))
    written = [sentence for sentence in beyond if "it writes into" in sentence]
    if found.status == ERROR and written and len(found.lines) < MOST_LINES:  # the cause of the error, often
        return replace(found, lines=(*found.lines, f"and {written[0]}"))
    if found.status == WRONG and beyond and len(found.lines) < MOST_LINES and not _told(found, beyond[0]):
        return replace(found, lines=(*found.lines, f"and {beyond[0]}"))
    return found


def _told(found: Finding, sentence: str) -> bool:
    return any("it writes into" in line for line in found.lines) and "it writes into" in sentence


def _finding(exercise: Exercise, answer: Any, seen: Any) -> Finding:
    right = observations(exercise)[REFERENCE]
    failures = [(path, own, rule) for path, own, rule in pairs(seen, right) if _fails(own, rule)]
    if failures and failures[0][1].type == "NotImplementedError" and _first_leaf(seen) is failures[0][1]:
        said = failures[0][1].message  # a probe may say what has to be solved first
        return Finding(NOT_STARTED, (said,) if said else ())
    kept = with_inputs_kept(seen, right)
    all_fail = bool(failures) and not any(_works(own) for _, own, _ in pairs(kept, right))
    return (
        right_answer(exercise, seen)
        or (None if all_fail else known_mistake(exercise, seen))
        or (None if all_fail else _changing(exercise, seen, kept))
        or (_error(exercise, answer, seen, failures) if failures else None)
        or _nothing_returned(exercise, seen, right)
        or known_part(exercise, kept, right)
        or two_at_once(exercise, kept)
        or _of_a_kind(exercise, seen, kept, right)
        or _fallback(exercise, seen, right)
    )


def _of_a_kind(exercise: Exercise, seen: Any, kept: Any, right: Any) -> Finding | None:
    """The kind of mistake that a generated mutant has, and the property that fails: either, or both."""
    kind = mutant_of(exercise, kept)
    told = _property(exercise, seen, right)
    if not kind:
        return told
    lines = told.lines if told else (describe_first_difference(kept, right, exercise.tolerance),)
    return Finding(WRONG, (comes_of(exercise, kind), *lines)[:MOST_LINES])


def _fails(own: Any, rule: Any) -> bool:
    return isinstance(own, Raised) and not isinstance(rule, Raised)


def _works(own: Any) -> bool:
    return not isinstance(own, Raised | str) and own is not MISSING


def _first_leaf(seen: Any) -> Any:
    return next((own for path, own, _ in pairs(seen, seen) if not path or path[-1] not in ASIDE), None)


def _changing(exercise: Exercise, seen: Any, kept: Any) -> Finding | None:
    """The same questions once more for an answer that is known but for writing into its arguments."""
    changed = changed_inputs(seen)
    if not changed:
        return None
    told = f"it writes into what it was given: {changed[0]}"
    if right_answer(exercise, kept):
        return Finding(WRONG, ("your numbers are right, but " + told, "who else may still need that array?"))
    found = known_mistake(exercise, kept)
    return replace(found, lines=(*found.lines[:2], "and " + told)) if found else None


def _error(exercise: Exercise, answer: Any, seen: Any, failures: list[tuple[Any, Raised, Any]]) -> Finding:
    path, first, _ = failures[0]
    of = f" of {len(seen)}" if isinstance(seen, dict) and exercise.kind != "attack" else ""
    where = f"in {name_of(path)}{of}: " if path and isinstance(seen, dict) and len(seen) > 1 else ""
    line = f"line {first.line}: {first.source}" if first.source else ""
    if not first.line and first.type == "TypeError":
        line = f"it is called as {_called(exercise, arguments=True)}"
    told = f"{first.type}: {first.message}" if first.message else first.type
    return Finding(ERROR, tuple(filter(None, (where + told, line))))


def _nothing_returned(exercise: Exercise, seen: Any, right: Any) -> Finding | None:
    if exercise.kind == "attack":
        return _test_without_return(seen)
    results = [(own, rule) for path, own, rule in pairs(seen, right) if not path or path[-1] not in ASIDE]
    if callable(exercise.reference) and results and all(own is None for own, _ in results):
        return Finding(WRONG, ("your function returns None", "is there a `return` at its end?"))
    return None


def _test_without_return(seen: Any) -> Finding | None:
    """A test of the learner's that gave None for a version, right or planted."""
    silent = [path for path, said, _ in pairs(seen, seen) if said is None and len(path) == 2]
    if not silent:
        return None
    if silent[0][0] == "right":
        return Finding(WRONG, ("your test returned None for a right one: end it with `return True`",))
    told = f"your test returned None for a wrong one ({silent[0][1]}): return False there"
    return Finding(WRONG, (told, "which path through your test ends without a `return`?"))


def _property(exercise: Exercise, seen: Any, right: Any) -> Finding | None:
    for item in exercise.properties:
        try:
            sentence = item.test(seen, right)
        except Exception:  # written for observations of the right shape; another form is told by the fallback
            continue
        if sentence:
            return Finding(WRONG, (*attacked(seen, exercise), *sentence.splitlines()))
    return None


def _fallback(exercise: Exercise, seen: Any, right: Any) -> Finding:
    if exercise.kind == "attack" and attacked(seen, exercise):
        return Finding(WRONG, attacked(seen, exercise))
    if isinstance(right, dict) and not callable(exercise.reference) and about_keys(seen, right):
        return Finding(WRONG, (about_keys(seen, right),))
    orders = [right, *(answer for variant in exercise.accepted for answer in variant.answers)]
    if isinstance(right, list | tuple) and about_lines(seen, orders):
        return Finding(WRONG, (about_lines(seen, orders),))
    changed = changed_inputs(seen)
    told = describe_first_difference(
        with_inputs_kept(seen, right), right, exercise.tolerance, numbers=callable(exercise.reference)
    )
    lines = [told] if told else []
    lines += [f"it writes into what it was given: {changed[0]}"] if changed else []
    return Finding(WRONG, tuple(lines or ["not the expected answer"]))


def _called(exercise: Exercise, *, arguments: bool = False) -> str:
    name = getattr(exercise.reference, "__name__", "answer")
    if not arguments:
        return name
    try:
        return f"{name}({', '.join(inspect.signature(exercise.reference).parameters)})"
    except (TypeError, ValueError):
        return name


def _placeholder(exercise: Exercise, answer: Any) -> str:
    """A word on the first `...` that is still there: in the body of a function, or in a value."""
    if not callable(answer):
        return placeholder_in(answer, exercise.reference)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(answer)))
    except (OSError, TypeError, SyntaxError, ValueError):  # no source to read: a lambda in a list, a builtin
        return ""
    for node in ast.walk(tree):
        value = getattr(node, "value", None) if isinstance(node, _STATEMENTS) else None
        if isinstance(value, ast.Constant) and value.value is Ellipsis:
            return f"line {node.lineno} of your function still holds the placeholder `...`"
    return ""
