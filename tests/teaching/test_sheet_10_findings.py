"""What do the cards of sheet 10 say to orders, counts, findings and tests that learners may give?"""

import pytest
import torch

from course_lib.infinito.plain import count_parameters, sees_no_future
from course_lib.teaching.checks.infinito_model.audit import FINDINGS
from course_lib.teaching.checks.infinito_model.find import KEY
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.diagnose import diagnose


def card(slug, answer):
    finding = diagnose(registry.find(slug).exercise, answer)
    return finding.status, " ".join(finding.lines)


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("J D F E I B G A", "a memory above the upper blocks"),
        ("J D F E I B A G", "a memory above the upper blocks"),
        ("D J F E I A B G", "right up to line 4; line 5 cannot be 'I' yet"),
        ("D J F B E I G A", "right up to line 3; line 4 cannot be 'B' yet"),
    ],
)
def test_the_card_of_the_order_does_not_blame_lines_that_are_right(letters, words):
    assert words in card("order_segment", letters)[1]


@pytest.mark.parametrize("letters", ["D J F E B I A G", "jdfebiga", "J > D > F > E > B > G > I > A"])
def test_other_right_orders_and_spellings_are_accepted(letters):
    assert card("order_segment", letters)[0] == "right"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v, p, d, n, f: -n * (f + d), "a net without biases"),
        (lambda v, p, d, n, f: -n * 3 * (d * d + d), "one linear map per attention"),
        (lambda v, p, d, n, f: 493_442, "the memory, the metrics and the noise as well"),
        (lambda v, p, d, n, f: (n - 1) * ((2 * v + p) * d + v), "tables for every layer"),
        (lambda v, p, d, n, f: -p * d - v, "you count 302 fewer than there are (6,554)"),
    ],
)
def test_the_card_of_the_count_names_what_is_missing(change, words):
    assert words in card("count_infinito", lambda *sizes: count_parameters(*sizes) + change(*sizes))[1]


def test_words_with_underscores_are_the_same_words():
    assert card("find_the_leaks", {letter: word.replace(" ", "_") for letter, word in KEY.items()})[0] == "right"


@pytest.mark.parametrize(
    "change",
    [
        {"uniform": "1/256", "occupancy": "256/256", "times uniform": "3.6x"},
        {"uniform": "0.39 %", "occupancy": "100%", "measures": "Largest read weight."},
    ],
)
def test_other_spellings_of_the_findings_are_right(change):
    assert card("audit_utilization", FINDINGS | change)[0] == "right"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"uniform": 0.004}, "right to one digit"),
        ({"times uniform": 0.0141 / 0.004}, "right to one digit"),
        ({"uniform": 0.39}, "is that a fraction, or percent?"),
        ({"logits moved": "not at all"}, "a number is asked for; yours is 'not at all'"),
        ({"logits moved": False}, "a number is asked for; yours is False"),
        ({"occupancy": "1/0"}, "a number is asked for; yours is '1/0'"),
    ],
)
def test_the_card_of_the_audit_tells_form_from_value(change, words):
    status, said = card("audit_utilization", FINDINGS | change)
    assert status == "wrong"
    assert words in said


def tokens(seed, length=20):
    return torch.randint(0, 10, (2, length), generator=torch.Generator().manual_seed(seed))


def prefixes(model):
    """A test of another kind: a prefix, and a row alone, must give what the whole gives."""
    x, past = tokens(0), tokens(1)
    memory = model(past, None)[1]
    for held in (None, memory):
        whole = model(x, held)[0]
        if any((model(x[:, :t], held)[0] - whole[:, :t]).abs().max() > 1e-5 for t in range(1, 20)):
            return False
    both = model(x, memory)[0]
    alone = [model(x[row : row + 1], model(past[row : row + 1], None)[1])[0] for row in (0, 1)]
    return bool((torch.cat(alone) - both).abs().max() < 1e-5)


def test_a_test_that_compares_prefixes_is_right():
    assert card("sees_no_future", prefixes)[0] == "right"


def leak_test(*, reach=1e-5, times=range(19), other_row=True, own_past=False, words=False, length=20):
    def test(model):
        x, past, other = (tokens(seed, length) for seed in range(3))
        second = torch.stack([(other if own_past else past)[0], (other if other_row else past)[1]])
        for held, changed_held in ((None, None), (model(past, None)[1], model(second, None)[1])):
            before = model(x, held)[0]
            for t in times:
                changed = x.clone()
                changed[:, t + 1 :] = (x[:, t + 1 :] + 1) % 10
                if other_row:
                    changed[1] = other[1]
                logits = [part[0, : t + 1] for part in (model(changed, changed_held)[0], before)]
                after, rule = [part.argmax(dim=-1) for part in logits] if words else logits
                if (after - rule).abs().max() > reach:
                    return False
        return True

    return test


def test_the_pattern_of_these_tests_is_right():
    assert card("sees_no_future", leak_test())[0] == "right"
    assert card("sees_no_future", sees_no_future)[0] == "right"


def test_a_long_segment_is_right_too():
    assert card("sees_no_future", leak_test(length=70, times=range(69)))[0] == "right"


def memory_scrambled(model):
    x = tokens(0)
    memory = model(x, None)[1]
    return memory is None or bool((model(x, memory + 1)[0] - model(x, memory)[0]).abs().max() < 1e-5)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (memory_scrambled, "did you change anything in the past of the row that you look at?"),
        (leak_test(reach=1e-6), "a test that takes rounding for a leak"),
        (leak_test(reach=1e-3), "a test that lets small changes pass"),
        (leak_test(times=(10,)), "a test at one place"),
        (leak_test(other_row=False), "a test that changes nothing of another sequence up to t"),
        (leak_test(own_past=True), "a test in which the own past changes as well"),
        (leak_test(words=True), "a leak survives (faint) how large may a change be"),
    ],
)
def test_the_card_of_the_attack_names_what_happened(answer, words):
    status, said = card("sees_no_future", answer)
    assert status == "wrong"
    assert words in said
