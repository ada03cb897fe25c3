"""Training steps in a line of which the host may wait for the device: the key and the known readings.

Each listing trains correctly. Its line numbers count from the `def`.
"""

import inspect
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.teaching.exercises import typed
from course_lib.teaching.exercises.kinds import find


def _listing_a(model, optimizer, x, y, step, total, history):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    total += loss.detach()
    if step % 50 == 0:
        print("mean so far", total.item() / (step + 1))


def _listing_b(model, optimizer, x, y, step, total, history):
    optimizer.zero_grad()
    logits = model(x)
    loss = F.cross_entropy(logits, y)
    loss.backward()
    optimizer.step()
    hits = (logits.argmax(dim=1) == y).sum()
    history.append({"step": step, "hits": hits, "loss": float(loss.detach())})


def _listing_c(model, optimizer, x, y, step, total, history):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    if torch.isnan(loss):
        return
    loss.backward()
    optimizer.step()
    history.append(loss.detach())


def _listing_d(model, optimizer, x, y, step, total, history):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y, reduction="none")
    hard = loss[loss > 1.0]
    (hard.sum() / len(x)).backward()
    optimizer.step()
    history.append(loss.detach().mean())


def _listing_e(model, optimizer, x, y, step, total, history):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y, reduction="none")
    easy = torch.where(loss > 1.0, loss, 0.0)
    easy.mean().backward()
    length = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    history.append(length)


def _listing_f(model, optimizer, x, y, step, total, history):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    history.append(loss.detach().cpu())


def _listing_g(model, optimizer, x, y, step, total, history):
    optimizer.zero_grad()
    lengths = (x != 0).sum(dim=1)
    columns = torch.arange(lengths.max(), device=x.device)
    mask = columns[None, :] < lengths[:, None]
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    history.append(mask.float().mean())


_ALL = (_listing_a, _listing_b, _listing_c, _listing_d, _listing_e, _listing_f, _listing_g)
LISTINGS: dict[str, Callable[..., Any]] = dict(zip("ABCDEFG", _ALL, strict=True))


def numbered(letter: str) -> str:
    """The listing with its line numbers, from the line after the `def`."""
    rows = inspect.getsource(LISTINGS[letter]).rstrip().splitlines()[1:]
    return "\n".join([f"{letter}", *(f"{number:>4}{row}" for number, row in enumerate(rows, start=1))])


def run_once(letter: str) -> None:
    """The listing, with a model and a batch of its own, in step 7: what `first_wait` can run on fake tensors."""
    model = nn.Linear(6, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = torch.ones(5, 6), torch.zeros(5, dtype=torch.int64)
    LISTINGS[letter](model, optimizer, x, y, 7, torch.zeros(()), [])


# A test runs the listings on fake tensors and holds this key to what fails there; .cpu() it cannot see.
KEY = {"A": 0, "B": 7, "C": 3, "D": 3, "E": 0, "F": 5, "G": 3}


def _line(letter: str, value: Any) -> Any:
    """The number of a line that was given as a number, as "line 7", in words for none, or as the code of the line."""
    if value is None or value is False or (isinstance(value, list | tuple) and not value):
        return 0
    if isinstance(value, str):
        code = [row[4:].strip() for row in numbered(letter).splitlines()[1:]]
        if value.strip() in code:
            return code.index(value.strip()) + 1
        value = re.sub(r"^(line|no\.?|#|l\.?)\s*(?=\d)", "", value.strip(), flags=re.IGNORECASE)
        value = re.sub(r"(?<=\d)(:.*|\.|th|rd)$", "", value)
        if typed.plain_word(value) in ("", "none", "no", "nowhere", "no line", "never", "no wait", "nothing"):
            return 0
    found = typed.read_number(value)
    return int(found) if isinstance(found, float) and found == int(found) else found


FIND_WAITS = find(
    "find_waits: Seven steps: where does the host wait? | difficulty 2, 12 minutes",
    KEY,
    words=(),
    read={letter: partial(_line, letter) for letter in KEY},
    ask={
        "A": "in which of 50 steps does Python need a number there?",
        "B": "which line asks for a Python number, and does detach() make one?",
        "C": "what does `if` need, and where is it?",
        "D": "how many elements has the result, and who has to know that number?",
        "E": "is any Python number asked for, or does every line give a tensor of a known shape?",
        "F": "where does the result live, and when is the copy complete?",
        "G": "what has to be known to make room for the result?",
    },
    wrong="""
    print_suspected [A = 7]: a reading that blames the line that prints in A
    detach_waits [A = 5]: a reading in which detach() waits in A | does detach() copy a number to the host?
    hits_summed [B = 6]: a reading in which a sum waits in B | is the sum of hits a number or a tensor?
    detach_saves [B = 0]: a reading in which detach() keeps float() from waiting in B
    if_free [C = 0]: a reading in which an `if` on a tensor costs nothing | what does `if` need, and where is it?
    mask_free [D = 0]: a reading in which the mask of D costs nothing
    where_waits [E = 3]: a reading in which torch.where waits as a mask does
    clip_waits [E = 5]: a reading in which the clip waits in E | who reads the length that it returns?
    cpu_free [F = 0]: a reading in which .cpu() costs nothing
        | where does the result live, and when is the copy complete?
    arange_free [G = 0]: a reading in which the arange of G costs nothing
        | what has to be known to make room for the result?
    max_waits [G = 2]: a reading in which the sum of lengths waits in G | which line needs the longest length?
    compare_waits [G = 4]: a reading in which the comparison of G waits | which line makes the columns?
    only_item [A = 7; C = 0; D = 0; F = 0; G = 0]: a search for .item(), float() and print alone
        | what else needs a value: an `if`, a shape, a copy?
    only_fake_tensors [A = 7; F = 0]: a test on fake tensors that was believed in everything
        | which ways of waiting does that test not see?
    """,
    hints="""
    The host waits where Python needs a value: a number, True or False, a shape, or a copy on its own side.
    Tensors in, tensors of a known shape out: nobody waits. That holds for sum, where, detach and the clip.
    first_wait(lambda: run_once('C')) runs a listing on fake tensors. It does not see every kind of wait.
    """,
    not_tested="how long a wait takes; that is a question for a GPU",
)
