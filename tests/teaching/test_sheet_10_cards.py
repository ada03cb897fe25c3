"""What do the cards of sheet 10 say to functions that learners may give, right ones and wrong ones?"""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib.core.files import course_root
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.diagnose import diagnose
from course_lib.teaching.percent import read_master

MASTER = course_root() / "solutions" / "source" / "10_infinito_model.py"
KIND_WORDS = {"faded": "complete"}


def card(slug, answer):
    finding = diagnose(registry.find(slug).exercise, answer)
    return finding.status, " ".join(finding.lines)


def test_every_exercise_has_its_heading_its_kind_and_its_time_in_the_master():
    text = "\n".join(cell.text for cell in read_master(MASTER) if cell.kind == "markdown")
    for entry in registry.sheet(10):
        one = entry.exercise
        kind = KIND_WORDS.get(one.kind, one.kind) + (", core" if one.core else "")
        assert f"## {entry.number} {one.title}\n" in text
        assert f"`{one.slug}` · {kind} · difficulty {one.difficulty} of 3 · {one.minutes} minutes" in text


def test_the_sheet_holds_every_kind_and_one_attack():
    kinds = [entry.exercise.kind for entry in registry.sheet(10)]
    assert set(kinds) == {"implement", "faded", "order", "find", "attack", "audit"}
    assert kinds.count("attack") == 1


def scores_of(query, key):
    return query @ key.mT / math.sqrt(query.shape[-1])


def future_of(scores):
    return torch.ones(scores.shape[-2:]).triu(1).bool()


def in_numpy(query, key):
    scores = scores_of(query, key).numpy()
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True)) * np.tri(scores.shape[-1])
    return odds / odds.sum(axis=-1, keepdims=True)


def very_small(query, key):
    scores = scores_of(query, key)
    return scores.masked_fill(future_of(scores), -1e9).softmax(dim=-1)


@pytest.mark.parametrize("answer", [in_numpy, very_small])
def test_other_ways_to_attend_are_right(answer):
    assert card("causal_attention_weights", answer)[0] == "right"


def mask_by_a_product(query, key):
    scores = scores_of(query, key)
    return (scores + torch.ones_like(scores).triu(1) * -math.inf).softmax(dim=-1)


def softmax_over_axis_1(query, key):
    scores = scores_of(query, key)
    return scores.masked_fill(future_of(scores), -math.inf).softmax(dim=1)


def past_hidden(query, key):
    scores = scores_of(query, key)
    return scores.masked_fill(~future_of(scores), -math.inf).softmax(dim=-1)


def scaled_after(query, key):
    scores = (query @ key.mT).masked_fill(future_of(query @ key.mT), -math.inf)
    return scores.softmax(dim=-1) / math.sqrt(query.shape[-1])


def cosines(query, key):
    scores = F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).mT
    return scores.masked_fill(future_of(scores), -math.inf).softmax(dim=-1)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (mask_by_a_product, "what is 0 times infinity?"),
        (softmax_over_axis_1, "along which axis does your softmax sum?"),
        (past_hidden, "in row 4 your weights are not a number which positions are left"),
        (scaled_after, "a row of your weights has the sum 0.5; it should be 1"),
        (cosines, "the cosine of query and key"),
    ],
)
def test_the_card_of_attention_names_what_happened(answer, words):
    status, said = card("causal_attention_weights", answer)
    assert status == "wrong"
    assert words in said


def odds_of(query, keys, priority, sharpness):
    return (sharpness * F.normalize(query, dim=-1) @ keys.T).exp() * priority


def nan_made_zero(query, keys, values, priority, *, sharpness):
    return odds_of(query, keys, priority, sharpness).log().softmax(dim=1).nan_to_num(0) @ values


def weighed_after(query, keys, values, priority, *, sharpness):
    return (sharpness * F.normalize(query, dim=-1) @ keys.T).softmax(dim=1) * priority @ values


def length_of_all(query, keys, values, priority, *, sharpness):
    odds = (sharpness * query / query.norm() @ keys.T).exp() * priority
    return odds / (odds.sum(dim=1, keepdim=True) + len(keys)) @ values


def filled_counted(query, keys, values, priority, *, sharpness):
    odds = odds_of(query, keys, priority, sharpness)
    return odds / (odds.sum(dim=1, keepdim=True) + max(int((priority > 0).sum()), 1)) @ values


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (nan_made_zero, "weights of the slots that always sum to 1"),
        (weighed_after, "the priority as a factor after the softmax"),
        (length_of_all, "one length for all queries"),
        (filled_counted, "does M count the slots, or those that are filled?"),
    ],
)
def test_the_card_of_the_read_names_what_happened(answer, words):
    status, said = card("read_memory", answer)
    assert status == "wrong"
    assert words in said


def test_a_loop_over_slots_reads_right():
    def read(query, keys, values, priority, *, sharpness):
        answers = []
        for one in query:
            pairs = zip(keys, priority, strict=True)
            odds = [float(p) * math.exp(sharpness * float(one @ k / one.norm())) for k, p in pairs]
            answers.append(sum(o * v for o, v in zip(odds, values, strict=True)) / (sum(odds) + len(keys)))
        return torch.stack(answers)

    assert card("read_memory", read)[0] == "right"


def together(importance, access, age, offered):
    new = torch.zeros_like(offered)
    return torch.cat([importance, offered]), torch.cat([access, new]), torch.cat([age + 1, new])


def as_lists(importance, access, age, offered, *, a, b):
    i, c, t = together(importance, access, age, offered)
    priority = i * (1 + c) ** a * torch.exp(-b * t)
    kept = sorted(range(len(i)), key=lambda slot: -priority[slot])[: len(age)]
    return kept, i[kept].tolist(), c[kept].tolist(), t[kept].tolist()


def test_lists_of_the_right_slots_are_right():
    assert card("slots_after_writing", as_lists)[0] == "right"


def one_by_one(importance, access, age, offered, *, a, b):
    i, c, t, kept = importance.clone(), access.clone(), age + 1, torch.arange(len(age))
    for number, new in enumerate(offered):
        priority = i * (1 + c) ** a * torch.exp(-b * t)
        worst = priority.argmin()
        if new > priority[worst]:
            i[worst], c[worst], t[worst], kept[worst] = new, 0, 0, len(age) + number
    return kept, i, c, t


def judged_too_early(importance, access, age, offered, *, a, b):
    i, c, t = together(importance, access, age, offered)
    early = torch.cat([age, torch.zeros_like(offered)])
    kept = (i * (1 + c) ** a * torch.exp(-b * early)).argsort(descending=True)[: len(age)]
    return kept, i[kept], c[kept], t[kept]


def one_read_more(importance, access, age, offered, *, a, b):
    kept, i, c, t = as_lists(importance, access, age, offered, a=a, b=b)
    return kept, i, [count + 1 for count in c], t


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (one_by_one, "each newcomer in the place of the slot that went"),
        (judged_too_early, "how old are the slots when they are compared?"),
        (one_read_more, "with how many reads does a newcomer start?"),
    ],
)
def test_the_card_of_the_write_names_what_happened(answer, words):
    status, said = card("slots_after_writing", answer)
    assert status == "wrong"
    assert words in said
