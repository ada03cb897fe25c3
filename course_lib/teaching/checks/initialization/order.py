"""The order in which weights are drawn, measured and scaled: its lines and the known mistakes."""

from course_lib.teaching.exercises.kinds import lettered, loop_in, order

# Shown in this order; two lines are not needed. Layer-sequential unit variance, Mishkin & Matas 2016.
LINES = lettered("""
    A  signal = np.maximum(signal @ weight, 0)
    B  weight = weight / size
    C  for shape in shapes:
    D  weights.append(weight)
    E  weight = weight / size**2
    F  size = (signal @ weight).std()
    G  signal = x
    H  weight = orthogonal(shape, rng)
    I  size = weight.std()
""")
loop_of = loop_in(LINES)


ORDER_MEASURED_START = order(
    "order_measured_start: Measure in place of deriving | difficulty 2, 8 minutes",
    LINES,
    "GCHFBDA",
    also="""
    stored_last [GCHFBAD]: the weights are stored after the signal has passed
    """,
    wrong="""
    signal_not_passed [GCHFBD]: a loop in which every layer is measured on the data
        | what does the second layer receive when the network runs?
    signal_reset [{CGHFBDA|CHGFBDA|CGHFBAD}]: a loop that starts every layer from the data again
        | what does the second layer receive when the network runs?
    passed_before_scaling [GCHFABD]: a signal that passes through the weights before they are scaled
        | which weights will the finished network use?
    passed_before_measuring [GCHAFBD]: a layer that is measured on its own output
        | which signal enters the layer whose sums you measure?
    stored_before_scaling [GCHFDBA]: a list of the weights as they were before scaling
        | does weight / size change the array that was stored, or make a new one?
    stored_as_drawn [GCHDFBA]: a list of the weights as they were drawn
        | does weight / size change the array that was stored, or make a new one?
    by_the_square [GCHFEDA]: weights divided by the variance of the sums
        | if the sums are 3 times too large, by what must the weights be divided?
    own_deviation [GCHIBDA]: weights scaled to a deviation of 1, whatever the layer receives
        | how large are sums of 300 such terms?
    measured_before_drawn: a loop that measures before there are weights | which line gives `weight` its value?
        GCFHBDA
    divided_before_measured [GCHBFDA]: a loop that divides by a size that was not measured yet
        | which line gives `size` its value?
    drawn_once [GHCFBDA]: one weight matrix for all layers | do all layers have the same shape?
    """,
    unwanted={
        "I": "with I your start measures the weights and not the sums\nwhich size should be 1?",
        "E": "with E your start divides by the variance of the sums\n"
        "if the sums are 3 times too large, by what must the weights be divided?",
    },
    hints="""
    For each line ask which names it reads, and which line makes them.
    Draw, measure the sums, scale, and only then let the signal pass to the next layer.
    `weight / size` makes a new array; what was stored before keeps the old numbers.
    """,
    not_tested="the indentation: every line after the `for` belongs to the loop",
)
