"""Is every number of the model counted once? The check of count_infinito."""

from typing import Any

from course_lib.infinito.plain import count_parameters
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import also_right, known
from course_lib.teaching.exercises.observe import Raised, calls

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []
_REST = 329_281 + 164_160 + 1  # memory, metrics and noise at the sizes of the report


@also_right(_RIGHT, "one polynomial in the sizes")
def polynomial(v, p, d, n, f):
    return (2 * v + p) * d + v + n * (4 * d * d + 2 * d * f + f + 9 * d)


@known(_WRONG, "one table for input and output", "how many tables of V x D does the reported model have?")
def tied(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) - v * d


@known(_WRONG, "an output layer without biases", "how many forecasts does each of them shift?")
def no_output_bias(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) - v


@known(_WRONG, "linear maps without biases", "what does nn.Linear add to x @ weight?")
def no_biases(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) - v - n * (4 * d + f + d)


@known(_WRONG, "attention without biases", "what does nn.Linear(width, width) hold?")
def no_attention_biases(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) - n * 4 * d


@known(_WRONG, "three maps per attention", "which map mixes the heads again?")
def no_out_map(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) - n * (d * d + d)


@known(_WRONG, "a net without its way back", "how wide is what is added to x?")
def net_one_way(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) - n * (f * d + d)


@known(_WRONG, "a net with one bias per number of the width, twice", "how wide is the hidden layer of the net?")
def bias_of_the_wrong_width(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) + n * (d - f)


@known(_WRONG, "LayerNorms without a shift", "which two numbers does a LayerNorm learn per feature?")
def norm_without_shift(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) - n * 2 * d


@known(_WRONG, "one LayerNorm per layer", "how often is x normalized in a layer?")
def one_norm(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) - n * 2 * d


@known(_WRONG, "a model without LayerNorms", "what stands between the branches?")
def no_norms(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) - n * 4 * d


@known(_WRONG, "a LayerNorm before the output", "does the reported model have one there?")
def final_norm(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) + 2 * d


@known(_WRONG, "a net without biases", "how many biases have its two maps?")
def no_net_biases(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) - n * (f + d)


@known(_WRONG, "one linear map per attention", "which four maps does an attention have?")
def one_attention_map(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) - n * 3 * (d * d + d)


@known(_WRONG, "the matrices alone, without biases and LayerNorms", "what do they have besides their matrix?")
def matrices_only(v, p, d, n, f):
    return (2 * v + p) * d + n * (4 * d * d + 2 * d * f)


@known(_WRONG, "tables for every layer", "how often does the model look up a word?")
def tables_per_layer(v, p, d, n, f):
    return n * count_parameters(v, p, d, 1, f)


@known(_WRONG, "the memory, the metrics and the noise as well", "what does the docstring leave out?")
def with_the_rest(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) + _REST


@known(_WRONG, "no table of positions", "what tells the first token from the tenth?")
def no_positions(v, p, d, n, f):
    return count_parameters(v, p, d, n, f) - p * d


@known(_WRONG, "the weights of one layer for all", "do the layers share their weights?")
def one_layer(v, p, d, n, f):
    return count_parameters(v, p, d, 1, f)


_CASES = ((50, 21, 12, 3, 40), (104, 64, 10, 2, 17), (9, 5, 4, 7, 3))


def _which(seen: Any, right: Any) -> str | None:
    for case, facts in seen.items():
        own, rule = facts["result"], right[case]["result"]
        if isinstance(own, Raised | bool) or not isinstance(own, int | float):
            return f"{case}: return one whole number; you give {own!r}"
        if own != rule:
            word = "more" if own > rule else "fewer"
            return f"{case} ({facts['inputs']}): you count {abs(own - rule):,.0f} {word} than there are ({rule:,})"
    return None


COUNT_PARAMETERS = Exercise(
    slug="count_infinito",
    title="Count every number",
    kind="implement",
    core=True,
    difficulty=1,
    minutes=12,
    reference=count_parameters,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("the sum", _which),),
    hints=(
        "A linear map from n to m has n * m weights and m biases.",
        "Per layer: 4 maps D to D, one D to F, one F to D, and 2 LayerNorms of 2 D numbers each.",
        "The number of heads does not appear: heads cut a map, they do not add one.",
    ),
    not_tested="the memory, the metric layers and the scale of the noise, which the lesson counts",
    indistinguishable=(
        ("reference", "polynomial"),
        ("norm_without_shift", "one_norm"),
        ("no_attention_biases", "no_norms"),
    ),
)
