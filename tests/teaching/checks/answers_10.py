"""Sheet 10, the model INFINITO: answers of learners and the cards that they get."""

import torch

from course_lib.by_hand.attention import slots_after_writing
from course_lib.teaching.checks.infinito_model.audit import FINDINGS
from course_lib.teaching.checks.infinito_model.find import KEY
from tests.teaching.answers import says

IN_NUMPY = """
def causal_attention_weights(query, key):
    scores = (query @ key.mT / math.sqrt(query.shape[-1])).numpy()
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True)) * np.tri(scores.shape[-1])
    return odds / odds.sum(axis=-1, keepdims=True)
"""
BY_EINSUM = """
def causal_attention_weights(q, k):
    scores = torch.einsum("...id,...jd->...ij", q, k) * q.shape[-1] ** -0.5
    place = torch.arange(q.shape[-2])
    return torch.where(place[:, None] >= place, scores, torch.tensor(-torch.inf, dtype=q.dtype)).softmax(-1)
"""
BY_SLOT = """
def read_memory(query, keys, values, priority, *, sharpness):
    answers = []
    for one in query:
        pairs = zip(keys, priority, strict=True)
        odds = [float(p) * math.exp(sharpness * float(one @ k / one.norm())) for k, p in pairs]
        answers.append(sum(o * v for o, v in zip(odds, values, strict=True)) / (sum(odds) + len(keys)))
    return torch.stack(answers)
"""
AS_LISTS = """
def slots_after_writing(importance, access, age, offered, *, a, b):
    slots = list(zip(importance.tolist(), access.tolist(), (age + 1).tolist()))
    slots += [(new, 0.0, 0.0) for new in offered.tolist()]
    kept = sorted(range(len(slots)), key=lambda n: -slots[n][0] * (1 + slots[n][1]) ** a * math.exp(-b * slots[n][2]))
    kept = kept[: len(age)]
    return [kept, *([slots[n][part] for n in kept] for part in range(3))]
"""
PREFIXES = """
def sees_no_future(model):
    x, past = (torch.randint(0, 10, (2, 20), generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))
    memory = model(past, None)[1]
    for held in (None, memory):
        whole = model(x, held)[0]
        if any((model(x[:, :t], held)[0] - whole[:, :t]).abs().max() > 1e-5 for t in range(1, 20)):
            return False
    both = model(x, memory)[0]
    alone = [model(x[row : row + 1], model(past[row : row + 1], None)[1])[0] for row in (0, 1)]
    return (torch.cat(alone) - both).abs().max() < 1e-5
"""


def one_read_more(*given, **named):
    kept, importance, access, age = slots_after_writing(*given, **named)
    return kept, importance, access + 1, age


def scrambled(model):
    x = torch.arange(40).reshape(2, 20) % 10
    memory = model(x, None)[1]
    return memory is None or bool((model(x, memory + 1)[0] - model(x, memory)[0]).abs().max() < 1e-5)


ANSWERS = (
    ("causal_attention_weights", IN_NUMPY, "right"),
    ("causal_attention_weights", BY_EINSUM, "right"),
    ("causal_attention_weights", "first: query.div_(math.sqrt(query.shape[-1])); A / math.sqrt(B) -> A",
     says("it writes into what it was given")),
    ("causal_attention_weights", "scores.masked_fill(A, B) -> scores + torch.ones_like(scores).triu(1) * -math.inf",
     says("what is 0 times infinity?")),
    ("causal_attention_weights", "scores.softmax(dim=-1) -> scores.softmax(dim=1)", says("along which axis does your")),
    ("causal_attention_weights", "scores.masked_fill(future, A) -> scores.masked_fill(~future, A)",
     says("in row 4 your weights are not a number", "which positions are left")),
    ("causal_attention_weights", "A / math.sqrt(B) -> A; return: RESULT / math.sqrt(query.shape[-1])",
     says("a row of your weights has the sum 0.5; it should be 1")),
    ("split_heads", "return: RESULT.detach()", says("no gradient flows")),
    ("split_heads", "return: RESULT.flip(1)", says("it should be number")),
    ("read_memory", BY_SLOT, "right"),
    ("read_memory", "return: scores.softmax(dim=1).nan_to_num(0) @ values", "divided_again"),
    ("slots_after_writing", AS_LISTS, "right"),
    ("slots_after_writing", one_read_more, says("with how many reads does a newcomer start?")),
    ("slots_after_writing", "priority = A -> priority = importance + access - age",
     says("kept is", "what are the priorities of all slots", without=("importance is", "age is"))),
    ("slots_after_writing", "(1 + access) ** a -> (2 + access) ** a; age + 1 -> age + 2",
     says("how old are the slots")),
    ("order_segment", "D J F E I A B G", says("between which blocks does the memory of this sheet stand?")),
    ("order_segment", "D J F B E I G A", says("which line makes the `h` that asks the memory?")),
    ("count_infinito", "return: RESULT - positions * width - vocabulary",
     says("both: an output layer without biases; and no table")),
    ("find_the_leaks", {letter: word.replace(" ", "_").upper() for letter, word in KEY.items()}, "right"),
    ("audit_utilization", FINDINGS | {"uniform": "1/256", "occupancy": "256/256", "times uniform": "3.6x"}, "right"),
    ("audit_utilization", FINDINGS | {"uniform": 0.004}, says("right to one digit")),
    ("audit_utilization", FINDINGS | {"uniform": 0.39}, says("is that a fraction, or percent?")),
    ("sees_no_future", PREFIXES, "right"),
    ("sees_no_future", "tokens = 20 -> tokens = 70", "right"),
    ("sees_no_future", scrambled, says("did you change anything in the past of the row that you look at?")),
    ("sees_no_future", "every A[0, : t + 1] -> A[0, : t + 1].argmax(-1)",
     says("a leak survives (faint)", "how large may a change be")),
)  # fmt: skip
