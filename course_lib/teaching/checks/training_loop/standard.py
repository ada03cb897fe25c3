"""Are both sets in the units of the training part, feature by feature? The check of standardize."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain import standardize
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, in_parts, known, not_in_parts
from course_lib.teaching.exercises.observe import Case, calls

_RNG = np.random.default_rng(11)
_TRAIN = _RNG.normal([3.0, -40.0, 0.2, 7.0], [1.0, 25.0, 0.01, 0.0], size=(6, 4))  # the last feature is constant
_OTHER = _RNG.normal([4.0, -10.0, 0.25, 9.0], [2.0, 30.0, 0.02, 1.0], size=(3, 4))
_CASES = (Case(_TRAIN[:, :3], _OTHER[:, :3]), Case(_TRAIN, _OTHER))
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _by(train, other, mean, std):
    std = np.where(std == 0, 1, std)
    return (train - mean) / std, (other - mean) / std


@also_right(_RIGHT, "feature by feature, in a loop")
def feature_by_feature(train, other):
    first, second = np.zeros(train.shape), np.zeros(other.shape)
    for f in range(train.shape[1]):
        mean, std = np.mean(train[:, f]), np.sqrt(np.mean((train[:, f] - np.mean(train[:, f])) ** 2))
        first[:, f] = (train[:, f] - mean) / (std or 1)
        second[:, f] = (other[:, f] - mean) / (std or 1)
    return first, second


@also_right(_RIGHT, "the division is left out where the deviation is zero")
def divided_where(train, other):
    mean, std = train.mean(0), train.std(0)
    first, second = train - mean, other - mean
    np.divide(first, std, out=first, where=std > 0)
    np.divide(second, std, out=second, where=std > 0)
    return [first, second]


@known(_WRONG, "one mean and one deviation for all features together", "do all features have the same unit?")
def over_all_features(train, other):
    return _by(train, other, train.mean(), train.std())


@known(_WRONG, "each set by its own mean and deviation", "would one new sample have a deviation of its own?")
def own_statistics(train, other):
    return _by(train, train, train.mean(0), train.std(0))[0], _by(other, other, other.mean(0), other.std(0))[0]


@known(_WRONG, "statistics of both sets together", "what does the training now know of the data that shall test it?")
def statistics_of_both(train, other):
    both = np.concatenate([train, other])
    return _by(train, other, both.mean(0), both.std(0))


@known(_WRONG, "the deviation with n - 1 (ddof=1)", "what do you divide by in the variance, n or n - 1?")
def sample_deviation(train, other):
    return _by(train, other, train.mean(0), train.std(0, ddof=1))


@known(_WRONG, "a small number added to every deviation", "what becomes of 2 / 1e-8 where a feature was constant?")
def epsilon_added(train, other):
    std = train.std(0) + 1e-8
    return (train - train.mean(0)) / std, (other - train.mean(0)) / std


@known(_WRONG, "division by zero in a constant feature", "what is 0 / 0 in NumPy?")
def constant_not_handled(train, other):
    return (train - train.mean(0)) / train.std(0), (other - train.mean(0)) / train.std(0)


@known(_WRONG, "nan_to_num after a division by zero", "what does nan_to_num make of infinity?")
def holes_filled(train, other):
    return tuple(np.nan_to_num(part) for part in constant_not_handled(train, other))


@known(_WRONG, "x - mean / std, without parentheses", "which is done first, the subtraction or the division?")
def parentheses_missing(train, other):
    std = np.where(train.std(0) == 0, 1, train.std(0))
    return train - train.mean(0) / std, other - train.mean(0) / std


@known(_WRONG, "a constant feature set to zero in the other set", "is it constant in the other set too?")
def constant_zeroed(train, other):
    first, second = _by(train, other, train.mean(0), train.std(0))
    return first * (train.std(0) > 0), second * (train.std(0) > 0)


@known(_WRONG, "a constant feature left as it was, not centred", "what is x - mean for a constant feature?")
def constant_untouched(train, other):
    first, second = _by(train, other, train.mean(0), train.std(0))
    varies = train.std(0) > 0
    return np.where(varies, first, train), np.where(varies, second, other)


@known(_WRONG, "a constant feature taken out", "how many features does the network expect?")
def constant_dropped(train, other):
    first, second = _by(train, other, train.mean(0), train.std(0))
    return first[:, train.std(0) > 0], second[:, train.std(0) > 0]


@known(_WRONG, "division by the variance", "which of variance and deviation has the unit of x?")
def variance(train, other):
    return _by(train, other, train.mean(0), train.var(0))


@known(_WRONG, "centring without division", "which spread has each feature now?")
def only_centred(train, other):
    return train - train.mean(0), other - train.mean(0)


@known(_WRONG, "division without centring", "where is the mean of each feature now?")
def not_centred(train, other):
    std = np.where(train.std(0) == 0, 1, train.std(0))
    return train / std, other / std


@known(_WRONG, "statistics along axis 1, of each sample", "does axis 0 count the samples or the features?")
def over_rows(train, other):
    return tuple(_by(x, x, x.mean(1, keepdims=True), x.std(1, keepdims=True))[0] for x in (train, other))


@known(_WRONG, "scaling to the range from 0 to 1", "which two numbers of each feature does standardizing use?")
def to_range(train, other):
    return _by(train, other, train.min(0), np.ptp(train, axis=0))


@known(_WRONG, "scaling to the range of each whole set", "do all features have the same unit?")
def to_common_range(train, other):
    return _by(train, other, train.min(), np.ptp(train))


@known(_WRONG, "statistics taken after the training set was changed", "what is train.mean(axis=0) after train -= mean?")
def statistics_too_late(train, other):
    first = _by(train, train, train.mean(0), train.std(0))[0]
    return first, _by(other, other, first.mean(0), first.std(0))[0]


@known(_WRONG, "the two sets in each other's place", "which set gives the statistics, the first or the second?")
def other_rules(train, other):
    return _by(train, other, other.mean(0), other.std(0))


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


def _the_other(seen: Any, right: Any) -> str | None:
    first, second = seen["case 1"]["result"]
    if np.allclose(first, right["case 1"]["result"][0]) and not np.allclose(second, right["case 1"]["result"][1]):
        return "the training part is right, the other set is not: which mean and which deviation does it take?"
    return None


STANDARDIZE = Exercise(
    slug="standardize",
    title="Bring features to one scale without a leak",
    kind="implement",
    core=False,
    difficulty=1,
    minutes=10,
    reference=standardize,
    observe=lambda answer: in_parts(calls(answer, *_CASES), 2),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(
        Property("two sets", lambda seen, right: not_in_parts(seen, "both sets, train and other")),
        Property("mean 0 and deviation 1 on the training part", _units),
        Property("finite numbers", _finite),
        Property("the statistics of the training part for both", _the_other),
    ),
    hints=(
        "One mean and one standard deviation per feature: which axis do they run along?",
        "Both sets are shifted and divided by numbers that come from `train` alone.",
        "Before you divide, replace a deviation of zero by 1, for instance with np.where.",
    ),
    not_tested="missing values, and features that are nearly constant",
    indistinguishable=all_the_same(_RIGHT),
)
