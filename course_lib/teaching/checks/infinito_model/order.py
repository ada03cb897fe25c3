"""The order in which a segment reads, attends and writes: its lines and the known mistakes."""

from course_lib.teaching.exercises.kinds import lettered, loop_in, order

# Shown in this order; two lines are not needed. Every line after the `for` stands inside the loop.
LINES = lettered("""
    A  total = total + loss(model.output(h), y)
    B  h = h + model.read(h, memory)
    C  h = h + model.read(h.mean(dim=1, keepdim=True), memory)
    D  memory = model.fresh_memory(batch)
    E  h = model.lower_blocks(model.embed(x))
    F  for x, y in segments_of_the_stream:
    G  memory = model.write(h, memory)
    H  memory = model.write(model.embed(y), memory)
    I  h = model.upper_blocks(h)
    J  total = 0.0
""")


loop_of = loop_in(LINES)

ORDER_SEGMENT = order(
    "order_segment: The steps of a segment | difficulty 2, 8 minutes",
    LINES,
    "JDFEBGIA",
    unwanted={
        "C": "with C one question is asked for all positions\nwhich tokens have a part in the question of position 0?",
        "H": "with H the memory is given the targets\nwhich tokens may a segment write?",
    },
    rules="""
    J F: what does the loop leave in total?
    D F: what has the second segment to read?
    F E: which line makes the `x` that is embedded?
    E B: which line makes the `h` that asks the memory?
    B G: whose tokens does position 0 then find in the memory?
    B I: between which blocks does the memory of this sheet stand?
    I A: which h should the output layer get?
    """,
    also="""
    memory_first [DJFEBGIA]: memory and sum start in the other order
    written_after_upper [JDFEBIGA]: the upper blocks have seen what is written
    written_last [JDFEBIAG]: written when the segment is done
    memory_first_written_last [DJFEBIAG]: the memory first, and written when the segment is done
    memory_first_after_upper [DJFEBIGA]: the memory first, written after the upper blocks
    """,
    wrong="""
    written_first [JDFEGBIA]: a segment that writes before it reads
        | whose tokens does position 0 then find in the memory?
    fresh_for_each [JFDEBGIA]: a memory that starts fresh in every segment | what has the second segment to read?
    pooled [JDFECGIA]: a read that the mean over all positions asks for
        | which tokens have a part in the question of position 0?
    targets_written [JDFEBHIA]: a memory that is given the targets | which tokens is h made of?
    never_written [JDFEBIA]: a memory that nobody writes | what has the second segment to read?
    never_read [JDFEGIA]: a memory that nobody reads | which line lets the memory change a logit?
    read_too_late [JDFEIABG]: a read after the loss | does what was read reach a logit?
    read_on_top [JDFEIBGA]: a memory above the upper blocks | between which blocks does the memory of this sheet stand?
    read_on_top_written_last [JDFEIBAG]: a memory above the upper blocks
        | between which blocks does the memory of this sheet stand?
    loss_too_early [JDFEBGAI]: a loss before the upper blocks | which h should the output layer get?
    total_inside [DFJEBGIA]: a sum that starts anew in every segment | what does the loop leave in total?
    both_inside [FJDEBGIA]: a loop in which no segment knows another | which two names outlive a segment?
    """,
    hints="""
    For each line ask which names it reads, and which line makes them.
    What one segment writes, a later one reads: which of the two lines stands first inside the loop?
    Two names outlive a segment: the sum and the memory. They start before the `for`.
    """,
    not_tested="the indentation: every line after the `for` belongs to the loop",
)
