"""The typed-in reports against their source documents, and against themselves."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from course_lib.core.reports.record import Fact, Table, number, number_texts, table_from_text
from course_lib.core.reports.tables import NAMES, Place, get_report, report_number

DOCUMENTS = ("infinito", "golden_seeds", "neuronet", "velora", "theory")
SOURCES = Path(__file__).resolve().parents[3] / "shared" / "sources"
needs_sources = pytest.mark.skipif(not SOURCES.is_dir(), reason="the source documents are not beside the project")


def texts(name: str) -> list[str]:
    source = get_report(name)
    cells = [cell for table in source.tables for row in table.rows for cell in row]
    return [fact.text for fact in source.facts] + cells


# --- the data and the documents ---------------------------------------------------------------------------------------


@needs_sources
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_number_typed_in_occurs_in_the_source_document(name):
    source = (SOURCES / get_report(name).source).read_text(encoding="utf-8")
    wanted = {part.lstrip("+-") for text in texts(name) for part in number_texts(text)}
    wanted -= {"1", "2", "3"} if name == "velora" else set()  # its phases are numbered, not measured
    missing = [part for part in sorted(wanted) if not re.search(rf"(?<![\d.,]){re.escape(part)}(?!\d)", source)]
    assert missing == []


@needs_sources
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_decimal_and_percentage_of_the_source_document_can_be_quoted(name):
    source = (SOURCES / get_report(name).source).read_text(encoding="utf-8")
    decimals = {part for part in number_texts(source) if "." in part or "%" in part or "," in part}
    assert [part for part in sorted(decimals) if not report_number(part, name)] == []


def test_the_five_documents_come_first_and_repositories_are_named_as_such():
    assert NAMES[:5] == DOCUMENTS
    assert all(name.endswith("_repository") for name in NAMES[5:])


@pytest.mark.parametrize("name", NAMES)
def test_names_of_facts_and_tables_are_unique_and_every_fact_says_where_it_stands(name):
    source = get_report(name)
    for names in ([fact.name for fact in source.facts], [table.name for table in source.tables]):
        assert len(set(names)) == len(names)
    assert all(part.where for part in (*source.facts, *source.tables))


# --- INFINITO ---------------------------------------------------------------------------------------------------------


def epochs() -> Table:
    return get_report("infinito").table("epochs")


@pytest.mark.parametrize("split", ["train", "val"])
def test_every_perplexity_of_infinito_is_the_exponential_of_its_loss_within_rounding(split):
    losses = np.array(epochs().column(f"{split} loss"))
    perplexities = np.array(epochs().column(f"{split} perplexity"))
    # A loss printed with 3 decimals is within 0.0005, a perplexity with 2 decimals within 0.005.
    outside = (perplexities - 0.005 > np.exp(losses + 0.0005)) | (perplexities + 0.005 < np.exp(losses - 0.0005))
    assert len(losses) == 15
    assert [int(row) for row in np.flatnonzero(outside) + 1] == []


def test_the_learning_rates_of_infinito_are_a_cosine_over_20_epochs():
    base, floor = get_report("infinito").fact("learning_rate").value, 1e-6
    epoch = np.arange(1, 16)
    cosine = floor + 0.5 * (base - floor) * (1 + np.cos(math.pi * epoch / 20))
    assert [f"{rate:.2e}" for rate in cosine] == list(epochs().texts("learning rate"))


def test_the_improvement_column_of_infinito_is_the_fall_since_the_epoch_before_except_in_epoch_5():
    perplexity = np.array(epochs().column("val perplexity"))
    fall = 100 * (1 - perplexity[1:] / perplexity[:-1])
    recomputed = ["-", *(f"{value:.1f}%" for value in fall)]
    differ = [row + 1 for row, text in enumerate(epochs().texts("improvement")) if text != recomputed[row]]
    assert differ == [5]
    assert (epochs().texts("improvement")[4], recomputed[4]) == ("14.3%", "14.2%")


def test_the_summary_of_infinito_follows_from_its_table():
    source = get_report("infinito")
    first, last = epochs().column("val perplexity")[0], epochs().column("val perplexity")[-1]
    assert source.fact("final_perplexity").value == last
    assert f"{100 * (1 - last / first):.1f}%" == source.fact("reduction").text
    assert f"{first / last:.1f}x" == source.fact("improvement_factor").text
    assert f"{100 * (epochs().column('train perplexity')[-1] / last - 1):.1f}%" == source.fact("gap").text
    assert f"{math.exp(source.fact('best_loss').value):.2f}" in ("99.24", "99.25")  # exp(4.5976) = 99.246


def test_the_goal_of_infinito_is_first_met_in_epoch_11():
    met = [row for row, value in enumerate(epochs().column("val perplexity"), start=1) if value < 100]
    assert met[0] == 11


# --- golden seeds -----------------------------------------------------------------------------------------------------


def ten_seeds() -> Table:
    return get_report("infinito_repository").table("ten_seeds")


def test_the_improvements_of_the_ten_seeds_follow_from_their_losses():
    iit, base = (np.array(ten_seeds().column(name)) for name in ("IIT loss", "baseline loss"))
    assert np.allclose(100 * (base - iit) / base, ten_seeds().column("improvement"), atol=0.006)


def test_the_summary_of_the_golden_seed_study_follows_from_the_ten_seeds():
    improvement = np.array(ten_seeds().column("improvement"))
    source = get_report("golden_seeds")
    assert f"{improvement.mean():.2f}%" == source.fact("mean_improvement").text
    assert f"{improvement.std():.2f}%" == source.fact("improvement_spread").text  # the population's, not the sample's
    assert f"{improvement.std(ddof=1):.2f}%" == "20.60%"
    assert f"{(improvement > 0).sum()}/10" == source.fact("wins").text
    assert improvement.min() == source.fact("lowest_improvement").value
    assert improvement.max() == source.fact("highest_improvement").value


def test_the_p_of_the_golden_seed_study_is_a_paired_t_test_on_the_losses():
    result = stats.ttest_rel(ten_seeds().column("baseline loss"), ten_seeds().column("IIT loss"))
    assert f"p = {result.pvalue:.3f}" == get_report("golden_seeds").fact("p").text


def test_the_result_attributed_to_seed_2_is_not_the_one_of_the_ten_seeds():
    assert ten_seeds().column("improvement")[1] == get_report("golden_seeds").fact("seed_2_everywhere").value == 10.42
    assert get_report("golden_seeds").fact("seed_2_first").value > max(ten_seeds().column("improvement"))


def test_54_35_percent_follows_from_the_two_last_batch_losses():
    source = get_report("infinito_repository")
    iit, base = source.fact("super_golden_loss").value, source.fact("super_golden_baseline").value
    assert f"+{100 * (base - iit) / base:.2f}%" == get_report("golden_seeds").fact("super_golden_seed").text


# --- NeuroNet-Fusion and theory ---------------------------------------------------------------------------------------


def test_the_confusion_matrix_gives_the_accuracy_of_the_final_report_but_not_its_kappa():
    source = get_report("neuronet_repository")
    matrix = np.array([source.table("confusion").column(name) for name in source.table("confusion").columns[1:]]).T
    total, hits = matrix.sum(), np.trace(matrix)
    chance = (matrix.sum(0) * matrix.sum(1)).sum() / total**2
    assert f"{100 * hits / total:.1f}%" == source.fact("accuracy").text
    assert f"{(hits / total - chance) / (1 - chance):.3f}" == "0.820" != source.fact("kappa").text


def test_every_accuracy_of_neuronet_is_a_number_of_hits_out_of_400():
    accuracies = [*get_report("neuronet").table("milestones").column("val accuracy")]
    accuracies.append(get_report("neuronet").fact("best_accuracy").value)
    assert all(float(4 * accuracy).is_integer() for accuracy in accuracies)


def test_the_examples_of_the_theory_document_add_up():
    source = get_report("theory")
    value = {fact.name: fact.value for fact in source.facts}
    assert value["batch_example_samples"] / value["batch_example_size"] == value["batch_example_quotient"]
    assert math.ceil(value["batch_example_quotient"]) == value["batch_example_batches"]
    steps = value["iteration_example_samples"] / value["iteration_example_batch"] * value["iteration_example_epochs"]
    assert steps == value["iteration_example_total"]
    assert sum(source.table("split").column("share in the example")) == 100
    assert sum(source.table("split").column("samples in the example")) == value["total_samples"]


# --- find -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("99.25", "infinito"),
        ("92.3%", "infinito"),
        ("92.3 %", "infinito"),
        ("1e-4", "infinito"),
        ("9.94e-5", "infinito"),
        ("30,169,746", "infinito"),
        ("30169746", "infinito"),
        ("30\u202f169\u202f746", "infinito"),
        ("p = 0.039", "infinito"),
        ("p=0.039", "infinito"),
        ("0.039", "infinito"),
        ("adamw", "infinito"),
        ("+54.35 %", "golden_seeds"),
        ("54.35%", "golden_seeds"),
        ("\u221233.86 %", "golden_seeds"),
        ("p = 0.554", "golden_seeds"),
        ("7/10", "golden_seeds"),
        ("86.75 %", "neuronet"),
        ("31.25", "theory"),
        ("MSELoss", "velora"),
        ("212.22", "infinito_repository"),
    ],
)
def test_a_number_is_found_however_it_is_spaced_or_signed(text, name):
    assert report_number(text, report=name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("99.26", "infinito"),
        ("92.3", "infinito"),  # a percentage is not a number
        ("99.2", "infinito"),  # a part of a number is not the number
        ("9.25", "infinito"),
        ("33.86%", "golden_seeds"),  # a minus sign counts
        ("p = 0.038", "infinito"),
        ("q = 0.039", "infinito"),
        ("212.22", "infinito"),  # stands in the repository, not in the document
        ("301,69,746", "infinito"),
    ],
)
def test_a_number_that_does_not_stand_there_is_not_found(text, name):
    assert report_number(text, report=name) == []


def test_a_place_names_table_row_and_column():
    places = report_number("99.25", "infinito")
    assert Place("infinito", "epochs", "15", "val perplexity", "99.25") in places
    assert Place("infinito", "facts", "final_perplexity", "value", "99.25") in places


def test_an_unknown_report_or_an_empty_text_is_refused():
    with pytest.raises(ValueError, match=r"unknown report 'infinite'; the reports are infinito, golden_seeds, "):
        report_number("99.25", "infinite")
    with pytest.raises(ValueError, match="text must name something to look for, got ' '"):
        report_number(" ", "infinito")


# --- the record -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,291.31", 1291.31), ("92.3%", 92.3), ("9.94e-05", 9.94e-5), ("-33.86%", -33.86), ("+54.35 %", 54.35),
     ("< 100", 100.0), ("p = 0.039", 0.039), ("13.0x", 13.0), ("1,500+", 1500.0), ("\u22121.5", -1.5)],
)  # fmt: skip
def test_the_number_of_a_text_is_read_from_it(text, value):
    assert number(text) == value
    assert Fact("name", text, "meaning").value == value


def test_a_range_holds_two_positive_numbers_and_a_name_holds_none():
    assert number_texts("10-20%") == ("10", "20%")
    assert number_texts("ResNet50 V5.2 super_golden_seed_54percent") == ()
    assert math.isnan(number("-"))


def test_a_row_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match=r"every row of table 't' must have 2 cells, got 1: \('1',\)"):
        table_from_text("t", "title", ("a", "b"), "1")


def test_a_missing_fact_table_or_column_is_refused_with_what_there_is():
    with pytest.raises(ValueError, match=r"report 'velora' has no fact 'accuracy'; it has \['python'"):
        get_report("velora").fact("accuracy")
    with pytest.raises(ValueError, match=r"report 'velora' has no table 'results'; it has \['phases'"):
        get_report("velora").table("results")
    with pytest.raises(ValueError, match=r"table 'epochs' has no column 'PPL'; its columns are \['epoch'"):
        epochs().column("PPL")
