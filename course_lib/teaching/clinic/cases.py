"""The cases of the clinic: what each shows, how its fault is told from the nearest rival, and the mend."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BrokenRun:
    """One broken run. fault: its name. reason: what in the readings says so. rival: the fault that looks most alike.

    question: what separates the two. mend: the line that was wrong, and the line that is right.
    """

    fault: str
    reason: str
    rival: str
    question: str
    mend: str


# What each fault shows on the instruments: told to a reader who named it where it is not.
SIGNS = {
    "zero_grad missing": "steps that grow from batch to batch at a constant rate, and a loss that falls at first",
    "rate too high": "a normal first loss and a normal first gradient, steps longer than the weights, then NaN",
    "rate too low": "a normal first loss that falls slowly and steadily, and steps below a thousandth of the weights",
    "dead units": "hidden layers without output on any sample, while their weights are not zero",
    "labels shuffled": "a training loss that falls below ln 10 while the validation loss rises above it",
    "dropout on in evaluation": "two evaluations of the same samples that differ",
    "leak across the split": "a validation accuracy far above the one on fresh samples, in every late epoch",
    "no shuffling": "batch losses with jumps at the same places in every epoch",
    "inputs not standardized": "a first loss and a first gradient that are already far too large",
    "softmax twice": "a training loss that flattens far above zero although the accuracy is high, and tiny gradients",
    "bias gradient missing": "biases that never move, while all else looks well",
    "all weights zero": "weights of size zero, and hidden layers that never move",
    "units start as twins": "hidden layers of many units of which one differs from the others, and more do not",
    "labels off by one": "a confusion matrix whose full line lies beside the diagonal",
    "chosen on the test part": "a best epoch on few samples that the fresh samples do not confirm",
    "gradient of the sum": "a first gradient whose length grows with the number of samples",
    "zero by zero": "NaN in the input, before the network has computed anything",
    "softmax overflows": "finite inputs, weights and logits, the logits large, and a first NaN in the loss",
}

CASES = {
    "case-01": BrokenRun(
        "zero_grad missing",
        "The rate is constant and a step grows ninefold within the first epoch. The loss falls, turns and ends "
        "above its start.",
        "rate too high",
        "How long is the very first step, and how long is step 40?",
        "add the line that sets the gradients to zero before each backward (torch: optimizer.zero_grad())",
    ),
    "case-02": BrokenRun(
        "dropout on in evaluation",
        "Two evaluations on the same samples do not agree, and the fresh samples, measured as they should be, do "
        "far better.",
        "rate too low",
        "Is the network bad, or only its measurement? What is its accuracy on fresh samples?",
        "model.forward(x, training=True)  ->  model.forward(x) in the evaluation (torch: model.eval())",
    ),
    "case-03": BrokenRun(
        "leak across the split",
        "Validation accuracy lies far above that on fresh samples in all late epochs: validation samples were "
        "seen in training.",
        "chosen on the test part",
        "Is the gap there in every late epoch, or only in the one that was picked?",
        "split_indices(y, seed=seed)  ->  split_indices(y, seed=seed, groups=image)",
    ),
    "case-04": BrokenRun(
        "zero by zero",
        "The first value that is not finite stands in the input: no layer, no loss and no step had a part in it.",
        "softmax overflows",
        "In which place does the first NaN stand: before the network, or behind it?",
        "(x - mean) / std  ->  (x - mean) / np.where(std == 0, 1, std)",
    ),
    "case-05": BrokenRun(
        "rate too low",
        "Everything is in order, and a step moves the weights by about two parts in ten thousand. It needs more "
        "steps or longer ones.",
        "softmax twice",
        "How high are first loss and first gradient, compared with a healthy run's 3.1 and 4?",
        "lr=0.001  ->  lr=0.1",
    ),
    "case-06": BrokenRun(
        "dead units",
        "No hidden unit answers to any sample, from the start. The weights are there; the biases of -12 keep "
        "every unit off.",
        "all weights zero",
        "How large are the weights of the hidden layers at the start?",
        "layer.bias[:] = -12  ->  layer.bias[:] = 0",
    ),
    "case-07": BrokenRun(
        "softmax twice",
        "The first gradient is a twentieth of the usual one, and the loss flattens at 1.7 where three of four "
        "digits are read right.",
        "rate too low",
        "Can the loss go to zero at all? What is the lowest value that it can take if its inputs lie between 0 and 1?",
        "Sequential(*layers, Softmax())  ->  Sequential(*layers): the loss wants logits",
    ),
    "case-08": BrokenRun(
        "labels shuffled",
        "The network learns its training labels by heart, and what it learns is worse than nothing on validation "
        "samples.",
        "rate too low",
        "What does the validation loss do while the training loss falls?",
        "x[order], y[other_order]  ->  x[order], y[order]",
    ),
    "case-09": BrokenRun(
        "inputs not standardized",
        "The first loss is near 300 and the first gradient hundreds of times too long, before any step was made.",
        "rate too high",
        "What were loss and gradient before the first step?",
        "x  ->  Standardizer.fit(x_train).transform(x): one feature was in other units",
    ),
    "case-10": BrokenRun(
        "all weights zero",
        "The weights have size zero. Hidden layers give zero and get no gradient; only the output biases learn.",
        "dead units",
        "How large are the weights at the start?",
        "initializer=zeros  ->  initializer=he_normal",
    ),
    "case-11": BrokenRun(
        "labels off by one",
        "The fresh samples are read right. On validation nearly every digit counts as its neighbour: the labels "
        "are shifted there.",
        "leak across the split",
        "Which way does the gap between validation and fresh samples go, and where is the full line of the "
        "confusion matrix?",
        "labels = (y + 1) % 10  ->  labels = y",
    ),
    "case-12": BrokenRun(
        "rate too high",
        "First loss and first gradient are normal; one step is longer than the weights, and soon nothing is finite.",
        "inputs not standardized",
        "What were loss and gradient before the first step?",
        "lr=10  ->  lr=0.1",
    ),
    "case-13": BrokenRun(
        "units start as twins",
        "All units of a hidden layer are one unit: they got the same weights, so they get the same gradient, and "
        "stay the same.",
        "rate too low",
        "How many different units does a hidden layer have?",
        "np.full((inputs, outputs), 0.2)  ->  he_normal((inputs, outputs), rng)",
    ),
    "case-14": BrokenRun(
        "chosen on the test part",
        "The best of 40 epochs on 20 samples is luck in part: at that epoch the fresh samples give far less.",
        "leak across the split",
        "On how many samples was the epoch chosen, and does the accuracy jump from epoch to epoch?",
        "choose the epoch on the validation part; open the test part once, at the end",
    ),
    "case-15": BrokenRun(
        "gradient of the sum",
        "The first gradient grows in proportion to the samples: 8, 32, 128. The mean's does not.",
        "rate too high",
        "How does the length of the first gradient change when the batch is four times as large?",
        "gradient  ->  gradient / len(labels)",
    ),
    "case-16": BrokenRun(
        "softmax overflows",
        "Inputs, weights and logits are finite and the loss is not: a logit above 88 is too much for exp in float32.",
        "zero by zero",
        "In which place does the first NaN stand: before the network, or behind it?",
        "np.exp(z)  ->  np.exp(z - z.max(axis=1, keepdims=True))",
    ),
    "case-17": BrokenRun(
        "no shuffling",
        "The batch losses jump at the same places in every epoch: the file is sorted, and each jump is the next digit.",
        "rate too high",
        "Are the jumps of the batch loss at random places or at regular ones?",
        "rows in the order of the file  ->  a new permutation in every epoch",
    ),
    "case-18": BrokenRun(
        "bias gradient missing",
        "The biases never moved. Curves do not show it: this run reads the digits. A gradient check does.",
        "no shuffling",
        "Which line of the table differs from a healthy run's?",
        "add: bias_gradient = gradient.sum(axis=0)",
    ),
}
