"""Fan-in and fan-out: cases and known mistakes of fan_in_and_out."""

from course_lib.by_hand.initializers import fan_in_and_out
from course_lib.teaching.exercises.kinds import implement

FANS = implement(
    "fan_in_and_out",
    "Count the fans",
    fan_in_and_out,
    minutes=8,
    cases=[((784, 128), "course")] + [(shape, "torch") for shape in ((128, 784), (16, 3, 5, 7), (10, 48), (6, 4, 3))],
    right="""
    by_slices: one product over the axes
        outputs, inputs, *kernel = shape -> return math.prod(shape[1:]), shape[0] * math.prod(shape[2:])
    """,
    wrong="""
    layout_ignored: fans that ignore the layout | what does the first number of a shape mean in torch?
        layout == "course" -> False; inputs * places <-> outputs * places
    as_it_stands: the first two numbers of the shape as they stand | what is the first number in torch?
        first: return shape[0], shape[1]
    shape_returned: the shape as it stands | what is the first number in torch, and how many fans are there?
        first: return shape
    always_reversed: the first two numbers of every shape, reversed | what does the course store first?
        first: return shape[1], shape[0]
    always_torch: torch's layout for every shape | what does the course store first?
        layout == "course" -> False
    exchanged: fan-in and fan-out exchanged | how many terms does x @ weight sum for weight (784, 128)?
        inputs * places <-> outputs * places; return inputs, outputs -> return outputs, inputs
    kernel_ignored: fans without the kernel | how many pixels of one input map does a unit of a convolution see?
        math.prod(kernel) -> 1
    kernel_in_only: a kernel counted in the fan-in only | in how many sums does one input pixel take part?
        outputs * places -> outputs
    kernel_added: a kernel whose sides are added up | how many places has a kernel of 5 by 7?
        math.prod(kernel) -> sum(kernel) or 1
    """,
    equivalent="""
    swap: if layout == 'course': inputs, outpu <-> outputs, inputs, *kernel = shape | both read the two numbers of shape
    """,
    hints=(
        "Fan-in: the number of terms in the sum that one unit makes.",
        "A unit of a convolution sums over all input maps and over all places of the kernel.",
        "outputs, inputs, *kernel = shape, and math.prod([]) is 1.",
    ),
    not_tested="transposed, grouped and strided convolutions",
)
