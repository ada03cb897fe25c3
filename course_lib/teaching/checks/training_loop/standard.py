"""Features on one scale: cases and known mistakes of standardize."""

from typing import Any

import numpy as np

from course_lib.by_hand.first_step import standardize
from course_lib.teaching.exercises.kinds import Case, Property, implement

_RNG = np.random.default_rng(11)
_TRAIN = _RNG.normal([3.0, -40.0, 0.2, 7.0], [1.0, 25.0, 0.01, 0.0], size=(6, 4))  # the last feature is constant
_OTHER = _RNG.normal([4.0, -10.0, 0.25, 9.0], [2.0, 30.0, 0.02, 1.0], size=(3, 4))
# The mean of three times 0.1 is not 0.1 to the last bit, so that the computed deviation is 1e-17; and no constant
# feature is the largest or the smallest of all numbers. The last two sets are whole numbers, one with a single sample.
_TENTHS = np.array([[0.1, -3.0, 0.7, 5.0], [0.1, 2.5, 0.7, 9.0], [0.1, 0.5, 0.7, 1.0]])
_WHOLE = np.array([[1, 5, -2], [3, 5, 0], [8, 5, 9], [4, 5, 1]])


def _nearly_divided_by_zero(seen: Any, right: Any) -> bool:
    """Constant features are huge in the other set, and all else is right: a division by some tiny number."""
    for case, constant in (("case 2", [3]), ("case 3", [0, 2]), ("case 4", [1])):
        own, rule = (np.asarray(one[case]["result"][1]) for one in (seen, right))
        rest = [f for f in range(rule.shape[1]) if f not in constant]
        with np.errstate(all="ignore"):
            times = np.abs(own[0, constant] / rule[0, constant])
        if not ((times > 1e3) & (times < 1e14)).all() or not np.allclose(own[:, rest], rule[:, rest], rtol=1e-3):
            return False
    return True


def _finite(seen: Any, right: Any) -> str | None:
    for case in right:
        for part in seen[case]["result"]:
            if not np.isfinite(part).all() or np.abs(part).max() > 1e3:
                return f"{case} gives NaN, infinity or a huge number; is a feature of its training part constant?"
    return None


def _units(seen: Any, right: Any) -> str | None:
    train = np.asarray(seen["case 1"]["result"][0])
    for name, own, rule in (("mean", train.mean(0), 0.0), ("deviation", train.std(0), 1.0)):
        if train.shape == (6, 3) and not np.allclose(own, rule, atol=1e-6):
            values = ", ".join(f"{value:.3g}" for value in own)
            return f"your training part has the {name}s {values} per feature; which do you expect?"
    return None


STANDARDIZE = implement(
    "standardize: Bring features to one scale without a leak",
    standardize,
    cases=(
        Case(_TRAIN[:, :3], _OTHER[:, :3]),
        Case(_TRAIN, _OTHER),
        Case(_TENTHS, np.array([[0.35, 1.0, -0.5, 2.0], [0.1, 0.25, 0.7, 8.0]])),
        Case(_WHOLE, np.array([[5, 6, 7]])),
    ),
    returns=(2, "both sets, train and other"),
    names={"right": standardize, "nearly_divided_by_zero": _nearly_divided_by_zero},
    right="""
    feature_by_feature: feature by feature, in a loop
        mean = A -> mean = np.array([column.sum() / len(train) for column in train.T])
        train.std(axis=0) -> [np.mean((train[:, f] - mean[f]) ** 2) ** 0.5 for f in range(len(mean))]
        constant = A -> constant = [len(set(column.tolist())) == 1 for column in train.T]
    divided_where: the division is left out where a feature is constant
        std = A -> std = train.std(axis=0)
        return: [np.divide(part, std, out=1.0 * part, where=~constant) for part in (train - mean, other - mean)]
    """,
    wrong="""
    over_all_features: one mean and one deviation for all features together | do all features have the same unit?
        train.mean(axis=0) -> train.mean(); train.std(axis=0) -> train.std(); constant = A -> constant = False
    own_statistics: each set by its own mean and deviation | would one new sample have a deviation of its own?
        return: RESULT[0], right(other, other)[0]
    statistics_of_both: statistics of both sets together
        | what does the training now know of the data that shall test it?
        first: both = np.concatenate([train, other]); return: right(both, train)[1], right(both, other)[1]
    sample_deviation: the deviation with n - 1 (ddof=1) | what do you divide by in the variance, n or n - 1?
        train.std(axis=0) -> train.std(axis=0, ddof=1)
    epsilon_added: a small number added to every deviation | what becomes of 2 / 1e-8 where a feature was constant?
        std = A -> std = train.std(axis=0) + {1e-8|1e-12|1e-6}
        when: nearly_divided_by_zero
    constant_not_handled: division by zero in a constant feature | what is 0 / 0 in NumPy?
        std = A -> std = train.std(axis=0)
    deviation_compared: a constant feature known by a deviation of exactly 0
        | add 0.1 + 0.1 + 0.1 in Python: is their mean 0.1 to the last digit?
        constant = A -> constant = train.std(axis=0) == 0
    holes_filled: nan_to_num after a division by zero | what does nan_to_num make of infinity?
        std = A -> std = train.std(axis=0); return: tuple(np.nan_to_num(part) for part in RESULT)
    parentheses_missing: x - mean / std, without parentheses | which is done first, the subtraction or the division?
        (train - mean) / std -> train - mean / std; (other - mean) / std -> other - mean / std
    constant_zeroed: a constant feature set to zero in the other set | is it constant in the other set too?
        return: tuple(part * ~constant for part in RESULT)
    constant_untouched: a constant feature left as it was, not centred | what is x - mean for a constant feature?
        after std = A -> mean = np.where(constant, 0, mean)
    constant_dropped: a constant feature taken out | how many features does the network expect?
        return: tuple(part[:, ~constant] for part in RESULT)
    variance: division by the variance | which of variance and deviation has the unit of x?
        train.std(axis=0) -> train.var(axis=0)
    only_centred: centring without division | which spread has each feature now?
        return: train - mean, other - mean
    not_centred: division without centring | where is the mean of each feature now?
        return: train / std, other / std
    over_rows: statistics along axis 1, of each sample | does axis 0 count the samples or the features?
        return: tuple(right(x.T, x.T)[0].T for x in (train, other))
    to_range: scaling to the range from 0 to 1 | which two numbers of each feature does standardizing use?
        mean = A -> mean = train.min(axis=0); train.std(axis=0) -> np.ptp(train, axis=0)
    to_common_range: scaling to the range of each whole set | do all features have the same unit?
        mean = A -> mean = train.min(); std = A -> std = np.ptp(train)
    statistics_too_late: statistics taken after the training set was changed
        | what is train.mean(axis=0) after train -= mean?
        return: RESULT[0], right(RESULT[0], other)[1]
    other_rules: the two sets in each other's place | which set gives the statistics, the first or the second?
        return: right(other, train)[1], right(other, other)[0]
    """,
    properties=(
        Property("mean 0 and deviation 1 on the training part", _units),
        Property("finite numbers", _finite),
    ),
    hints="""
    One mean and one standard deviation per feature: which axis do they run along?
    Both sets are shifted and divided by numbers that come from `train` alone.
    Divide a constant feature by 1: np.where(train.max(axis=0) == train.min(axis=0), 1, std).
    | Its computed deviation may be 1e-17, not 0.
    """,
    not_tested="missing values, and features that are nearly constant",
)
