"""The parameters of the reported model: cases and known mistakes of count_infinito."""

from course_lib.by_hand.attention import count_parameters
from course_lib.teaching.exercises.kinds import implement

_REST = 329_281 + 164_160 + 1  # memory, metrics and noise at the sizes of the report


COUNT_PARAMETERS = implement(
    "count_infinito: Count every number | core, 12 minutes",
    count_parameters,
    cases=((50, 21, 12, 3, 40), (104, 64, 10, 2, 17), (9, 5, 4, 7, 3)),
    names={"REST": _REST},
    right="""
    polynomial: one polynomial in the sizes
        attention = A -> each = 4 * width**2 + 2 * width * feed_forward + feed_forward + 9 * width
        return: (2 * vocabulary + positions) * width + vocabulary + layers * each
    """,
    wrong="""
    tied: one table for input and output | how many tables of V x D does the reported model have?
        return: RESULT - vocabulary * width
    no_output_bias: an output layer without biases | how many forecasts does each of them shift?
        width * vocabulary + vocabulary -> width * vocabulary
    no_biases: linear maps without biases | what does nn.Linear add to x @ weight?
        width * width + width -> width * width
        (width * feed_forward + feed_forward) + (feed_forward * width + width) -> 2 * width * feed_forward
        width * vocabulary + vocabulary -> width * vocabulary
    no_attention_biases: attention without biases | what does nn.Linear(width, width) hold?
        width * width + width -> width * width
    no_out_map: three maps per attention | which map mixes the heads again?
        4 * A -> 3 * A
    net_one_way: a net without its way back | how wide is what is added to x?
        A + (feed_forward * width + width) -> A
    bias_of_the_wrong_width: a net with one bias per number of the width, twice
        | how wide is the hidden layer of the net?
        width * feed_forward + feed_forward -> width * feed_forward + width
    norm_without_shift: LayerNorms without a shift | which two numbers does a LayerNorm learn per feature?
        2 * (width + width) -> 2 * width
    one_norm: one LayerNorm per layer | how often is x normalized in a layer?
        2 * (width + width) -> width + width
    no_norms: a model without LayerNorms | what stands between the branches?
        attention + net + norms -> attention + net
    final_norm: a LayerNorm before the output | does the reported model have one there?
        return: RESULT + 2 * width
    no_net_biases: a net without biases | how many biases have its two maps?
        (width * feed_forward + feed_forward) + (feed_forward * width + width) -> 2 * width * feed_forward
    one_attention_map: one linear map per attention | which four maps does an attention have?
        4 * A -> A
    matrices_only: the matrices alone, without biases and LayerNorms | what do they have besides their matrix?
        4 * A -> 4 * width * width; net = A -> net = 2 * width * feed_forward; norms = A -> norms = 0
        output = A -> output = width * vocabulary
    tables_per_layer: tables for every layer | how often does the model look up a word?
        return: layers * (vocabulary * width + positions * width + attention + net + norms + output)
    with_the_rest: the memory, the metrics and the noise as well | what does the docstring leave out?
        return: RESULT + REST
    no_positions: no table of positions | what tells the first token from the tenth?
        A + positions * width + B -> A + B
    one_layer: the weights of one layer for all | do the layers share their weights?
        layers * A -> A
    """,
    same=(("norm_without_shift", "one_norm"), ("no_attention_biases", "no_norms")),
    hints="""
    A linear map from n to m has n * m weights and m biases.
    Per layer: 4 maps D to D, one D to F, one F to D, and 2 LayerNorms of 2 D numbers each.
    The number of heads does not appear: heads cut a map, they do not add one.
    """,
    not_tested="the memory, the metric layers and the scale of the noise, which the lesson counts",
)
