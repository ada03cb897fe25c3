"""The order of a torch training loop: its lines and the known mistakes."""

from course_lib.teaching.exercises.kinds import lettered, loop_in, order

# Shown in this order; two lines are not needed.
LINES = lettered("""
    A  optimizer.step()
    B  gradients = backprop(loss)
    C  for rows in batches(len(x), batch_size, seed=seed, epoch=epoch):
    D  loss.backward()
    E  optimizer.step(gradients)
    F  optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    G  loss = cross_entropy(logits, y[rows])
    H  optimizer.zero_grad()
    I  for epoch in range(epochs):
    J  logits = model(x[rows])
""")
loop_of = loop_in(LINES)


ORDER_TORCH_LOOP = order(
    "order_torch_loop: Put a torch training loop in order",
    LINES,
    "FICJGHDA",
    also="""
    cleared_before_forward [FICHJGDA]: zero_grad before the forward pass: between two backwards
    cleared_before_loss [FICJHGDA]: zero_grad between forward and loss: between two backwards
    cleared_after_step [FICJGDAH]: zero_grad at the end: the next backward finds no gradients
    """,
    wrong="""
    never_cleared: a loop that never clears the gradients | backward adds to what is there: what does step 2 use?
        FICJGDA
    cleared_per_epoch [FIHCJGDA]: a loop that clears the gradients once per epoch
        | backward adds to what is there: what does batch 2 use?
    cleared_before_step [FICJGDHA]: a loop that clears the gradients between backward and step
        | which gradients are left for the step?
    step_first [FICJGHAD]: a loop that steps before it goes backward | where does the step find its gradients?
    new_each_batch: a loop with a new optimizer in every batch | what are m, v and t at the start of each step?
        ICFJGHDA
    new_each_epoch [IFCJGHDA]: a loop with a new optimizer in every epoch | what are m, v and t at the start of epoch 2?
    pseudo_code [FICJGBE]: the pseudo-code of our source, which torch does not run
        | where does backward of torch leave the gradients?
    step_with_argument: a step that is handed gradients that nobody made | which line makes the name `gradients`?
        FICJGHDE
    both_backwards [FICJGHDBE]: a loop with torch's backward and the pseudo-code after it
        | does torch have a function that returns all gradients as `backprop` does?
    loss_before_forward [FICGJHDA]: a loop that takes the loss before the forward pass
        | which line makes the `logits` that the loss reads?
    backward_before_loss [FICJHDGA]: a loop that goes backward before there is a loss
        | which line makes the `loss` that goes backward?
    loops_swapped [FCIJGHDA]: a loop over epochs inside the loop over batches | which line gives `epoch` its value?
    """,
    hints="""
    The optimizer is its state: how long must it live?
    backward ADDS to the gradients that the parameters hold; step reads them and takes no argument.
    zero_grad may stand in more than one place; not between backward and step.
    """,
    not_tested="the indentation: every line belongs to the loop that was opened last before it",
)
