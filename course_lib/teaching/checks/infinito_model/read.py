"""A memory read by likeness and by priority: cases and known mistakes of read_memory."""

from typing import Any

import torch
import torch.nn.functional as F

from course_lib.by_hand.attention import read_memory
from course_lib.teaching.checks.infinito_model.facts import numbers
from course_lib.teaching.exercises.kinds import Case, Property, implement


def _case(tokens: int, slots: int, width: int, priority: list[float], sharpness: float, seed: int) -> Case:
    lengths = torch.linspace(0.5, 3.0, tokens, dtype=torch.float64).unsqueeze(1)
    keys = F.normalize(numbers(slots, width, seed=seed + 1), dim=-1)
    query, values = lengths * numbers(tokens, width, seed=seed), numbers(slots, width, seed=seed + 2)
    return Case(query, keys, values, torch.tensor(priority, dtype=torch.float64), sharpness=sharpness)


def _empty(seen: Any, right: Any) -> str | None:
    worst = float(seen["case 2"]["result"].abs().max())
    told = "is not a number" if worst != worst else f"reaches {worst:.3g}"
    return f"where every slot is empty your answer {told}; it should be 0" if worst != 0 else None


READ_MEMORY = implement(
    "read_memory: Read by likeness and by priority | core, difficulty 2, 15 minutes",
    read_memory,
    cases=(
        _case(3, 5, 4, [1.0, 0.3, 0.0, 2.5, 0.7], 3.0, 0),
        _case(2, 4, 3, [0.0, 0.0, 0.0, 0.0], 2.0, 10),  # all empty
        _case(4, 2, 5, [0.9, 0.2], 5.0, 20),
    ),
    right="""
    by_products: the exponentials multiplied by the priority, and divided by their sum plus M
        scores = A -> scores = (sharpness * direction @ keys.T).exp() * priority
        return: scores / (scores.sum(dim=1, keepdim=True) + len(keys)) @ values
    """,
    wrong="""
    no_priority: a read that knows no priority | how often is a slot of twice the priority read?
        A + priority.log() -> A
    multiplied: scores multiplied by the priority | what happens to a cosine of 0, and to a negative one?
        A + priority.log() -> A * priority
    without_log: the priority added without its logarithm | what must be added to multiply e^score by p?
        priority.log() -> priority
    log_of_one_more: log(1 + priority) | what score should an empty slot have?
        priority.log() -> priority.log1p()
    sharpened_priority: the logarithm of the priority times the sharpness | what does the sharpness belong to?
        sharpness * direction @ keys.T + priority.log() -> sharpness * (direction @ keys.T + priority.log())
    no_nothing: a memory that must read something | what is the softmax when every slot is empty?
        return: scores.softmax(dim=1) @ values
    nothing_weighs_one: a score of 0 for reading nothing | how many slots of priority 1 does nothing weigh as much as?
        math.log(len(keys)) -> 0.0
    nothing_without_log: a score of M for reading nothing | is a score the weight or its logarithm?
        math.log(len(keys)) -> float(len(keys))
    divided_again: weights of the slots that always sum to 1 | where should the share that read nothing go?
        return: (lambda odds: odds / odds.sum(dim=1, keepdim=True).clamp_min(1e-9))(scores.exp()) @ values
    not_normalized: queries of any length, and no cosine | should a query of twice the length read more sharply?
        query / query.norm(dim=-1, keepdim=True) -> query
    one_length: one length for all queries | along which axis is the length of one query?
        query.norm(dim=-1, keepdim=True) -> query.norm()
    normalized_along_tokens: queries normalized along the tokens | which numbers belong to one query?
        query.norm(dim=-1, keepdim=True) -> query.norm(dim=0, keepdim=True)
    after_the_softmax: the priority as a factor after the softmax | who is in the denominator, with which priority?
        return: (sharpness * direction @ keys.T).softmax(dim=1) * priority @ values
    after_the_softmax_and_nothing: the priority as a factor after the softmax over M + 1
        | who is in the denominator, with which priority?
        A + priority.log() -> A; weights[:, :-1] -> weights[:, :-1] * priority
    empty_or_full: a priority that only tells empty from full | how often is a slot of twice the priority read?
        A + priority.log() -> (A).masked_fill(priority == 0, -math.inf)
    filled_slots: nothing that weighs as much as the filled slots | does M count the slots, or those that are filled?
        len(keys) -> max(int((priority > 0).sum()), 1)
    divided_by_sharpness: scores divided by the sharpness | should a large sharpness make the read sharper or flatter?
        sharpness * direction @ keys.T -> direction @ keys.T / sharpness
    no_sharpness: a read without the sharpness | which argument has no part in your result?
        sharpness * direction @ keys.T -> direction @ keys.T
    scale_of_attention: the scale of attention in place of the sharpness | of which size are two vectors of length 1?
        sharpness * direction @ keys.T -> query @ keys.T / math.sqrt(keys.shape[1])
    over_the_queries: a softmax over the queries | which weights of one query should sum to 1?
        A.softmax(dim=1) -> A.softmax(dim=0)
    keys_returned: keys as the answer | what does a slot give to who found it?
        B[:, :-1] @ values -> B[:, :-1] @ keys
    hard: the one slot with the best score | what becomes of all the other slots in a softmax?
        return: values[scores.argmax(dim=1)] * (priority[scores.argmax(dim=1)] > 0).unsqueeze(1)
    """,
    equivalent="-1 -> 1 | query has two axes: the last one is axis 1",
    properties=(Property("an empty memory answers nothing", _empty),),
    hints="""
    A factor p on e^score is a summand log(p) in the score.
    torch.full_like(scores[:, :1], math.log(M)) is one more column, for reading nothing.
    After the softmax over M + 1 columns leave the last one out, and do not divide again.
    """,
    not_tested="queries of length 0, batches, and gradients",
)
