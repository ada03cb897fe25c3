"""Sheet 11, the audit of INFINITO: answers of learners and the cards that they get."""

import math

import numpy as np
import torch

from course_lib.by_hand.entropies import perplexity_of, rates_after_epochs
from course_lib.teaching.checks.infinito_audit.find import HONEST, KEY
from course_lib.teaching.checks.infinito_audit.improvement import NUMBERS
from course_lib.teaching.checks.infinito_audit.seeds import MEASURES
from tests.teaching.answers import says

AUDIT = NUMBERS | {"verdict": "not shown"}
SEEDS = {"one in": 26, "std of a coin": 0.0, "zero measures": MEASURES[0], "nan passes": False, "verdict": "not shown"}
CATEGORICAL = """
def unigram_entropy(w, n, short, long):
    import torch
    weights = torch.tensor([n * (short + long) / 2 / w] * w + [n - 1.0])
    return torch.distributions.Categorical(probs=weights).entropy()
"""
BY_ENTR = """
def entropy_rate(words, lengths, chances):
    import torch
    p, n = torch.tensor(chances, dtype=torch.float64), torch.tensor(lengths, dtype=torch.float64)
    return (torch.special.entr(p).sum() + (p @ n) * math.log(words)) / (p @ n + 1)
"""
MISPLACED = "floor + (base - floor) * A / 2 -> floor + (base - floor) * 1 + math.cos(math.pi * progress) / 2"


def by_scheduler(*, epochs, updates, horizon, base, floor):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, horizon * updates, eta_min=floor)
    for _ in range(epochs):
        for _ in range(updates):
            optimizer.step()
            schedule.step()
        yield optimizer.param_groups[0]["lr"]


def rates(change):
    return lambda **given: change(rates_after_epochs(**given))


TEXT = ["w0", "w1", "w2", "w3", "w99", "w0", "w1"]


def quiet(model, text):
    mode, model.training = model.training, False
    losses = model.losses(model.ids(text))
    model.training = mode
    return losses


def as_test(rule=lambda losses: math.exp(losses.mean()), *, text=TEXT, batch=2, close=1e-4, modes=(True, False)):
    def test(evaluate, new_model):
        for mode in modes:
            model = new_model(0)
            model.training = mode
            value = evaluate(model=model, text=text, batch=batch)
            if abs(value / rule(quiet(model, text)) - 1) > close or model.training != mode:
                return False
        return True

    return test


def by_batches(losses):
    return math.exp(np.mean([losses[start : start + 2].mean() for start in range(0, len(losses), 2)]))


def expects_evaluation_mode(evaluate, new_model):
    model = new_model(0)
    return abs(evaluate(model, TEXT, 2) / math.exp(quiet(model, TEXT).mean()) - 1) < 1e-4 and not model.training


def never_ends(evaluate, new_model):
    while evaluate(new_model(0), TEXT, 2) > 0:
        pass
    return True


SOUND = "evaluation_is_sound"
ANSWERS = (
    ("unigram_entropy", CATEGORICAL, "right"),
    ("unigram_entropy", "return: -p * math.log(p) + words * q * math.log(q)", says("case 1: -4.281 nats", "below 0")),
    ("unigram_entropy", "return: round(RESULT, 2)", says("yours is the right result, rounded (4.58)")),
    ("unigram_entropy", "return: RESULT * 1.001", says("yours is near the right result", "off by up to 0.1%")),
    ("entropy_rate", BY_ENTR, "right"),
    ("entropy_rate", "choice = A -> choice = float(np.sum(np.array(chances) * -np.log(chances)))", "right"),
    ("entropy_rate", "math.log(words) -> words", says("words 1, lengths [1, 3], chances [0.5, 0.5]: yours is 0.8977")),
    ("entropy_rate", "return: RESULT + math.log(2) / tokens", says("yours is 0.4621", "3 tokens on average")),
    ("entropy_rate", "return: round(RESULT, 3)", says("the right result, rounded (4.527)")),
    ("perplexity_of_rows", lambda b: math.prod(math.exp(m) ** (c / sum(n for _, n in b)) for m, c in b), "right"),
    ("perplexity_of_rows", lambda b: 2 * sum(math.exp(m) * n for m, n in b), says("lies outside", "hardest part")),
    ("perplexity_of_rows", lambda b: perplexity_of([*b, (1.0, 1)]), says("its 8 tokens together?")),
    ("rates_after_epochs", by_scheduler, "right"),
    ("rates_after_epochs", "progress = A -> progress = epoch / horizon", "right"),
    ("rates_after_epochs", "A * (1 + B) / 2 -> A * B", says("case 1: after epoch")),
    ("rates_after_epochs", "progress = A -> progress = epoch / (horizon + 1)", says("at the end of the horizon")),
    ("rates_after_epochs", MISPLACED, says("after epoch 1 yours is 1.462, outside of floor 0.25 and base 1.0")),
    ("rates_after_epochs", rates(lambda c: list(enumerate(c, start=1))), says("list of 6 (a tuple of 2 (one number")),
    ("rates_after_epochs", rates(lambda c: [f"{rate:.2e}" for rate in c]), says("a list of 6 (a value of type str)")),
    ("rates_after_epochs", rates(lambda c: [float(f"{rate:.2e}") for rate in c]), says("rounded (0.971)")),
    ("order_audit", "J D F E G I B A", says("line I comes too early", without=("before the evaluation",))),
    ("order_audit", "I J D F E G B A", says("`reproduced`, `loss`, `floor`", "which lines make them?")),
    ("order_audit", "D F E G A B J I", says("line B comes too early: it reads `bands`", "which line makes it?")),
    ("order_audit", "J D H F E B A G I", says("with H the vocabulary knows the held-out text")),
    ("name_the_runs", {"a": "PADDING", "b": "Honest.", "c": "held out = training text", "d": "not shifted",
                       "e": "sees next token", "f": "Memorises"}, "right"),
    ("name_the_runs", KEY | {"C": HONEST}, says("look again at C", without=("A:",))),
    ("name_the_runs", KEY | {"A": 1}, says("A: one of", "is asked for")),
    ("audit_improvement", {"reduction": "92.3%", "symbols_alone": 0.92, "nats fallen": "log(1291.31 / 99.25)",
                           "nats below symbols": "0,018 nats", "verdict": "Not_shown"}, "right"),
    *(("audit_improvement", AUDIT | {key: value}, says(words)) for key, value, words in (
        ("reduction", 92.3, "is a percentage"),
        ("reduction", 0.0769, "is the share that is left"),
        ("reduction", 13.0, "13 is how many times smaller"),
        ("reduction", -0.92, "has the other sign"),
        ("symbols alone", 0.0173, "is the way from 101 to 99.25"),
        ("nats fallen", 3.7, "is the fall in bits"),
        ("nats fallen", 2.548, "is the fall from 1,291.31 to 101: where does the run end?"),
        ("nats below symbols", -0.0222, "is measured from counting"),
        ("nats below symbols", 0.02, "0.02 is near"),
        ("nats below symbols", math.nan, "how far is log(99.25) below log(101)?"),
    )),
    ("audit_seeds", SEEDS | {"one in": "1 / 0.039", "nan passes": np.bool_(False), "std of a coin": "0.0"}, "right"),
    ("audit_seeds", SEEDS | {"one in": 20, "nan passes": True}, says("both:", without=("coin",))),
    ("audit_seeds", SEEDS | {"one in": 24}, says("24 times 0.039 is 0.94")),
    ("audit_seeds", SEEDS | {"std of a coin": 0.158}, says("with 0.16 the throws differ")),
    ("audit_seeds", SEEDS | {"std of a coin": math.nan}, says("ten throws of a generator with the same seed")),
    ("audit_seeds", SEEDS | {"zero measures": "nothing"}, says("none of 'that the program repeats itself'")),
    (SOUND, as_test(), "right"),
    (SOUND, as_test(close=2e-6), "right"),
    (SOUND, as_test(text=["w9", *TEXT, "w98", "w1"], close=0.02), "too_loose"),
    (SOUND, as_test(close=0.1, modes=(True,)), says("how close must two perplexities be?")),
    (SOUND, as_test(np.mean), says("one of: a test that rejects everything", "which is the perplexity")),
    (SOUND, as_test(by_batches), says("of all it accepts 'mean of batches', and no sound one", "over all words alike")),
    (SOUND, expects_evaluation_mode, says("and no sound one", "in which mode do you expect the model afterwards")),
    (SOUND, as_test(text=["w0", "w1", "w99"] * 4000, batch=7), says("in a text so short that it counts?")),
    (SOUND, never_ends, says("does not end for a version that is right (by sums)")),
    ("audit_seeds", SEEDS | {"one in": "1 in 26", "nan passes": "no", "zero measures": "Reproducibility"}, "right"),
)  # fmt: skip
