"""Copies made before the split: the findings of the audit and the known mistakes."""

from course_lib.teaching.exercises.kinds import VERDICTS, audit

FINDINGS = {
    "test_images": 150,
    "different_images": 200,
    "with_a_copy": 0.99,
    "verdict": "not shown",
    "mend": "split first",
}

COPIES_BEFORE_SPLIT = audit(
    "copies_before_split: Audit: 1,000 images from 200 | difficulty 2, 15 minutes",
    FINDINGS,
    words={"verdict": VERDICTS, "mend": ("more copies", "split first", "standardize first", "stratify")},
    synonyms={
        "split first": ("split before copying", "split before", "first split"),
        "stratify": ("stratified split",),
    },
    ask={
        "test_images": "what is 15 % of all that was split?",
        "different_images": "how many digits did somebody write down?",
        "with_a_copy": "each of four other copies is in the training part with probability 0.7; and none of them?",
        "verdict": "on how many images that the network had no copy of was it tested?",
        "mend": "which step must no copy cross?",
    },
    wrong="""
    fifteen_of_200 [test_images = 30]: a test part of 15 % of the originals | what was split, 200 or 1,000?
    all_different: a count that takes every copy for an image of its own | how many digits did somebody write down?
        different_images = 1000
    one_copy: the share for one other copy | an image has four others: when is none of them in the training part?
        with_a_copy = 0.7
    none_of_them [with_a_copy = 0.01]: the share of test images without a copy in the training part
        | is it asked how many have one, or how many have none?
    all_four [with_a_copy = 0.24]: the share with all four other copies in the training part
        | how many copies does it take to have seen an image?
    in_percent: a percentage where a share is asked for | which number between 0 and 1 is it?
        with_a_copy = {99.19|99.2|99}
    believed [verdict = supported]: an audit that takes the test part for new images
        | what has the network seen of the images that it is tested on?
    refuted [verdict = contradicted]: an audit that takes a bad test for a bad network
        | do you know how it does on new images, or do you not know?
    more_copies: a remedy that makes the leak larger | with ten copies of each image, what is the share with a copy?
        mend = more copies
    stratified [mend = stratify]: a remedy for another trouble | does stratifying keep the copies of one image together?
    """,
    hints="""
    15 % of the 1,000 are the test part.
    Treat the four other copies as coins: 1 minus the probability that all land outside the training part.
    A claim that a test cannot support may still be true: it is then not shown.
    """,
    not_tested="how large the error of the report is; lesson 05 measures it for one network",
)
