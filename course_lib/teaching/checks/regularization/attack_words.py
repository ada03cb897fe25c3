"""What is a learner told whose test of dropout rejects a right layer, or lets a planted fault pass?"""

from typing import Any

_SHARED = "do you look at the share kept of each row and of each column?"
_BACK = "do you compare backward with the mask that you read off y?"
_COUNT = "do you count what is dropped and compare its share with p?"
# Of every planted fault, in the order in which it is asked about: what its name stands for, and a question.
SURVIVED = {
    "no scale": ("what is kept is not scaled", "do you compare what is kept with x / (1 - p)?"),
    "by 1/p": ("what is kept is divided by p", "do you compare what is kept with x / (1 - p)?"),
    "at test": ("it scales at evaluation, not in training", "do you compare an evaluation with x?"),
    "always on": ("an evaluation drops values as well", "do you evaluate?"),
    "keeps p": ("it keeps a share p, scaled to match", _COUNT),
    "mixed p": ("it keeps a share p, and scales as if it dropped it", _COUNT),
    "too few": ("it drops 0.8 p, scaled to match", "how far off may the share be before you refuse the layer?"),
    "same mask": ("each call has the same mask", "do you call forward twice?"),
    "one row": ("one row of coins serves all rows", _SHARED),
    "one col": ("every row is kept or dropped as a whole", _SHARED),
    "no mask": ("backward lets everything pass", _BACK),
    "new mask": ("backward draws a mask of its own", _BACK),
    "back raw": ("backward does not scale", "do you compare the numbers of backward, or only its zeros?"),
    "old mask": ("backward after an evaluation uses the last mask", "do you call backward after an evaluation?"),
}


def what_to_ask(seen: Any, right: Any) -> str | None:
    """A question about the false alarms, else the meaning of the first fault that survived and a question about it."""
    alarms = [name for name, accepted in seen["right"].items() if accepted is not True]
    if alarms:
        return _about_alarms(alarms)
    for name, (meaning, question) in SURVIVED.items():
        if seen["planted"][name] is not False:
            return f"{name}: {meaning}; {question}"
    return None


def _about_alarms(alarms: list[str]) -> str:
    if alarms == ["p = 0"]:
        return "with p = 0 nothing is dropped and nothing differs: what does your test expect then?"
    if "p = 0.5" not in alarms and len(alarms) > 1:
        return "a right layer with p = 0.5 passes, others do not: where does layer.p enter your limits?"
    return f"print what you measure for the right layer with {alarms[0]}, and your limit: how far apart are they?"
