"""Orders that are judged by running them: the lines are put together, and every order that does the same is right."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from course_lib.teaching.exercises.compare import distance
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import indentation_told
from course_lib.teaching.exercises.kinds import order
from course_lib.teaching.exercises.observe import raised


def program_of(lines: Mapping[str, str], letters: Sequence[str]) -> str:
    """The lines that the letters name, one under the other."""
    return "\n".join(lines[letter] for letter in letters)


def run_lines(lines: Mapping[str, str], letters: Sequence[str], **names: Any) -> None:
    """Run the lines that the letters name, with these names known to them. Raises what they raise."""
    exec(compile(program_of(lines, letters), "<your loop>", "exec"), names)


_STOPPED = "which line does it miss, or meet too early?"


def run_order(
    head: str,
    lines: Mapping[str, str],
    right: str,
    *,
    run: Callable[[list[str]], Any],
    not_needed: Mapping[str, str],
    missing: str,
    stops: Callable[[str, list[str]], str],
    others: Callable[[Any, Any], str],
    free: str = "",
    **about: Any,
) -> Exercise:
    """An `order` whose lines, with their indentation, are one program.

    run: what the program that the letters name does (it may raise). not_needed: what is asked about each line that no
    right loop has. missing: what is asked of a loop with too few lines. stops: the question for a loop that stops, by
    its error and its letters; "" where a general one will do. others: what is told of a loop that runs and does not do
    what the right one does, by both results. free: letters whose place does not matter to a loop that stops.
    """

    def observe(letters: Any) -> Any:
        odd = [one for one in letters if one not in list(lines)] if isinstance(letters, list) else [letters]
        if odd:
            return {"strange": str(odd[0])[:60]}
        shown = ""  # the letters of a loop that runs are left out: more than one order is right
        try:
            after = run(letters)
        except Exception as error:
            stopped = raised(error)
            after, shown = f"{stopped.type}: {stopped.message}", "".join(one for one in letters if one not in free)
        return {
            "letters": shown,
            "lines": len(letters),
            "twice": next((one for one in letters if letters.count(one) > 1), ""),
            "extra": next((one for one in letters if one in not_needed), ""),
            "after": after,
        }

    def told(seen: Any, rule: Any) -> str | None:
        if "strange" in seen:
            return f"give letters from {min(lines)} to {max(lines)}; {seen['strange']!r} is none of them"
        if seen["extra"]:
            return f"think about line {seen['extra']}: {not_needed[seen['extra']]}"
        if seen["twice"]:
            return f"line {seen['twice']} stands in your loop more than once\nwhere does one update need it?"
        after = seen["after"]
        if isinstance(after, str):
            question = stops(after, list(seen["letters"])) or _STOPPED
            return indentation_told(after) or f"your loop stops with {after[:110]}\n{question}"
        if seen["lines"] != rule["lines"]:
            few = seen["lines"] < rule["lines"]
            question = missing if few else "which of them could be left out?"
            but = "does what it should, and " if distance(after, rule["after"]) < 1e-6 else ""
            return f"your loop {but}has {seen['lines']} lines; a loop of {rule['lines']} does it\n{question}"
        return others(after, rule["after"])

    loop = Property("the loop that you built", told)
    return order(head, lines, right, observe=observe, properties=(loop,), **about)
