"""The claim that 1000 / 32 = 31.25, about 32, counts batches: the findings and the known mistakes."""

from course_lib.teaching.exercises.kinds import audit

MEAN_OF_MEANS = audit(
    "mean_of_means: Audit: 31.25 batches, and what the last one weighs | difficulty 2, 10 minutes",
    {"batches": 32, "last_batch": 8, "overweight": 4.0, "iterations": 5000, "verdict": "contradicted"},
    ask={
        "batches": "how many pieces do you need so that all 1000 samples are in one?",
        "last_batch": "how many samples are left when all full batches are taken?",
        "overweight": "what does one sample count in a mean over its batch, and that batch in the mean of means?",
        "iterations": "how many steps in one epoch, and how many epochs?",
        "verdict": "does the rule give a whole number whenever n and batch size are whole numbers?",
    },
    wrong="""
    rounded [batches = 31]: a count of full batches only | which batch holds sample number 1000?
    dropped: an epoch that drops what is left over | how many of the 1000 samples are in 31 batches of 32?
        batches = 31; last_batch = 32
    fraction [batches = 31.25]: a fraction of a batch | can a loop run a quarter of a time?
    one_more [batches = 33]: a count with one batch too many | how many samples are left for batch 33?
    last_is_full [last_batch = 32]: a last batch that is full | how many samples would 32 full batches hold?
    last_is_missing [last_batch = 24]: the number of samples that the last batch lacks
        | how many samples does the last batch have, and how many lack?
    last_is_quarter: a last batch of a quarter of a sample | 31.25 batches of 32: how many samples is the 0.25?
        last_batch = 0.25
    inverse: an overweight turned upside down | does a sample of the small batch count more or less than the others?
        overweight = 0.25
    no_overweight [overweight = 1]: a mean of means in which all samples count the same
        | 1/32 of the result is shared by 32 samples, or by 8: how much is it for each?
    as_many_as_batches [overweight = 32]: an overweight that is the number of batches
        | compare two samples: one of a full batch, one of the last; what is the weight of each?
    as_many_as_samples [overweight = 8]: an overweight that is the size of the last batch
        | compare two samples: one of a full batch, one of the last; what is the weight of each?
    one_epoch [iterations = 100]: the iterations of one epoch | and the other 49 epochs?
    samples [iterations = 500000]: the samples seen, not the steps | how many updates does a batch make?
    believed [verdict = supported]: an audit that accepts the rule because the example comes out right
        | what does the rule give for 1010 samples and a batch size of 100?
    undecided: an audit that finds no counterexample | does the report's own example give a whole number?
        verdict = not shown
    """,
    hints="""
    31 batches of 32 are 992 samples.
    In a mean of 32 batch means each batch has the weight 1/32, shared by its samples.
    One number of samples for which a rule goes wrong is enough to contradict the rule.
    """,
    not_tested="the size of the effect on a real loss; it depends on which samples come last",
)
