"""How many numbers a network learns: cases and known mistakes of count_parameters."""

from course_lib.by_hand.first_step import count_parameters
from course_lib.teaching.exercises.kinds import implement

COUNT_PARAMETERS = implement(
    "count_parameters: How many numbers does a network learn? | 5 minutes",
    count_parameters,
    cases=[((784, 128, 64, 10),), ((5, 3),), ((7, 4, 4, 2),), ((3, 8, 8, 8, 6),)],
    wrong="""
    no_biases: the weights without the biases | what is added to x @ weight, and how many numbers is that?
        drop: total += outputs
    bias_per_input: a count with one bias per input of a layer | to which side of a layer is the bias added, x or y?
        total += outputs -> total += inputs
    one_bias_per_layer: a count with one bias per layer | do all outputs of a layer share one bias, or has each its own?
        total += outputs -> total += 1
    biases_for_inputs: a count that gives the inputs biases too
        | does the network compute its inputs, or is it given them?
        return: RESULT + sizes[0]
    last_bias_missing: a count without the biases of the last layer | how does the last layer compute its outputs?
        return: RESULT - sizes[-1]
    last_layer_missing: a count without the last layer | how many layers lie between four sizes?
        first: sizes = sizes[:-1]
    first_layer_missing: a count without the first layer
        | which layer reads the inputs, and how many weights does it need?
        first: sizes = sizes[1:]
    units: the number of units, the sum of the sizes | what lies between two units of neighbouring layers?
        return: sum(sizes)
    product: the product of all sizes | is a weight shared between three layers, or does it join two?
        return: int(np.prod(sizes))
    """,
    hints="""
    Between two neighbouring sizes lies one linear layer: y = x @ weight + bias.
    Write the shapes of weight and bias of a layer from 5 inputs to 3 outputs, and count.
    zip(sizes, sizes[1:]) runs over the layers as pairs (inputs, outputs).
    """,
    not_tested="lists in place of tuples, and a single size, which has no layer",
)
