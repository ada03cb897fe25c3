"""Sheet 11 tried as a learner: right answers in other words pass, plausible wrong ones get the cause that is theirs."""

import math

import numpy as np
import pytest

from course_lib.infinito import plain_audit
from course_lib.teaching.checks.infinito_audit import find, improvement, order, seeds
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.card import verdict_of
from course_lib.teaching.exercises.diagnose import diagnose

RUNS = find.KEY
NUMBERS = improvement.NUMBERS | {"verdict": "not shown"}
SEEDS = {
    "one in": 26,
    "std of a coin": 0.0,
    "zero measures": seeds.MEASURES[0],
    "nan passes": False,
    "verdict": "not shown",
}


def card(slug, answer):
    entry = registry.find(slug)
    return verdict_of(entry.exercise, entry.number, diagnose(entry.exercise, answer))


@pytest.mark.parametrize(
    ("slug", "answer"),
    [
        ("unigram_entropy", lambda *given: np.float32(plain_audit.unigram_entropy(*given))),
        ("perplexity_of_rows", lambda b: math.prod(math.exp(m) ** (c / sum(n for _, n in b)) for m, c in b)),
        ("rates_after_epochs", lambda **given: np.array(plain_audit.rates_after_epochs(**given))),
        ("order_audit", "d j f e g a b i"),
        ("order_audit", "A,J,D,F,E,B,G,I"),
        ("name_the_runs", {letter.lower(): word.upper() for letter, word in RUNS.items()}),
        ("audit_improvement", NUMBERS | {"reduction": "92.3%", "symbols alone": 0.92, "nats below symbols": 0.017}),
        ("audit_improvement", NUMBERS | {"nats fallen": 2.6, "nats below symbols": 0.018, "verdict": "Not shown "}),
        ("audit_seeds", SEEDS | {"one in": 25.6, "nan passes": np.bool_(False), "std of a coin": np.float64(0)}),
        ("audit_seeds", SEEDS | {"nan passes": "no"}),
    ],
)
def test_a_right_answer_in_other_words_passes(slug, answer):
    assert card(slug, answer).status == "right"


def integer_mean(words, sentences, shortest, longest):
    mean = (shortest + longest) // 2
    p = (sentences - 1) / (sentences * mean + sentences - 1)
    return -p * math.log(p) - (1 - p) * math.log((1 - p) / words)


def one_over_length(words, sentences, shortest, longest):
    p = 1 / ((shortest + longest) / 2 + 1)
    return -p * math.log(p) - (1 - p) * math.log((1 - p) / words)


def over_updates(*, epochs, updates, horizon, base, floor):
    return [
        floor + (base - floor) * (1 + math.cos(math.pi * k / (horizon * updates))) / 2 for k in range(1, epochs + 1)
    ]


@pytest.mark.parametrize(
    ("slug", "answer", "mistake"),
    [
        ("unigram_entropy", integer_mean, "rounded_down"),
        ("unigram_entropy", one_over_length, "stop_at_the_end"),
        ("entropy_rate", lambda words, lengths, chances: math.log(words), "words_alone"),
        ("perplexity_of_rows", lambda batches: math.exp(sum(m * c for m, c in batches)), "exp_of_total"),
        ("rates_after_epochs", over_updates, "epochs_as_updates"),
        ("order_audit", "D F E J B A G I", "bands_after"),
        ("order_audit", "D F E C B A G I", "bands_from_the_run"),
        ("name_the_runs", RUNS | {"D": find.NEXT, "E": find.UNSHIFTED}, "leaks_exchanged"),
        ("audit_improvement", NUMBERS | {"verdict": "contradicted"}, "too_hard"),
        ("audit_improvement", NUMBERS | {"reduction": 92.3, "symbols alone": 92.2}, "in_percent"),
        ("audit_seeds", SEEDS | {"one in": 20}, "one_in_20"),
        ("evaluation_is_sound", lambda evaluate, new_model: True, "accepts_all"),
    ],
)
def test_a_wrong_answer_gets_its_own_cause(slug, answer, mistake):
    assert mistake in card(slug, answer).mistakes


@pytest.mark.parametrize(
    ("slug", "answer", "words"),
    [
        ("unigram_entropy", lambda *given: (1.0, 2.0), "return one number; you return a tuple"),
        ("perplexity_of_rows", lambda batches: [m for m, _ in batches], "return one number; you return a list"),
        ("rates_after_epochs", lambda **given: 0.5, "return a list with a rate per epoch; you return a float"),
        ("order_audit", "D F E B A G I", "line J is missing"),
        ("order_audit", "J D H F E B A G I", "with H the vocabulary knows the held-out text"),
        ("order_audit", "J K", "there is no line K"),
        ("order_audit", 5, "the answer is a text of letters"),
        ("name_the_runs", RUNS | {"A": "padding"}, "did you mean 'padding counted'?"),
        ("name_the_runs", RUNS | {"C": find.HONEST}, "look again at C"),
        ("audit_improvement", NUMBERS | {"verdict": "unclear"}, "the verdict is one of"),
        ("audit_seeds", SEEDS | {"one in": 20, "nan passes": True}, "look again at one in, nan passes"),
    ],
)
def test_an_unknown_wrong_answer_is_told_what_is_wrong(slug, answer, words):
    verdict = card(slug, answer)
    assert verdict.status == "wrong"
    assert words in verdict.text


def mode_forgotten(evaluate, new_model):
    model = new_model(0)
    text = ["w0", "w1", "w2", "w99", "w1"]
    model.training = False
    right = math.exp(model.losses(model.ids(text)).mean())
    model.training = True
    return abs(evaluate(model, text, 2) - right) < 1e-3


def test_a_test_that_forgets_the_mode_is_told_which_faults_survive():
    text = card("evaluation_is_sound", mode_forgotten).text
    assert "killed 11 of 13; survived: left in evaluation mode, left in training mode" in text


def test_the_curves_of_the_sheet_are_those_of_the_recording_and_tell_what_the_solution_says():
    lines = find.six_curves().splitlines()
    table = {}
    for train, held_out in zip(lines[1::2], lines[2::2], strict=True):
        numbers = [[float(part.replace(",", "")) for part in line.split()[-5:]] for line in (train, held_out)]
        table[train[0]] = numbers
    assert list(table) == list(find.KEY)
    words = {word: table[letter] for letter, word in find.KEY.items()}
    assert min(words[find.HONEST][1]) > 92.45
    assert 1.152 < words[find.NEXT][1][-1] < 1.2
    assert words[find.UNSHIFTED][1][-1] < 1.02
    assert words[find.SAME][0] == words[find.SAME][1]
    assert words[find.MEMORIZES][0][-1] < 1.1 < 101 < min(words[find.MEMORIZES][1])
    assert words[find.PADDED][1][-1] == pytest.approx(23.2, abs=0.3)


def test_every_line_of_the_order_needs_only_what_another_line_makes():
    needed = {name for names in order._NEEDS.values() for name in names}
    assert needed <= set(order._MAKES.values())
