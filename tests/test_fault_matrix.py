"""Every fault that a run, a file or a notebook can meet has a test, or names the system that it comes with.

Rows 1 to 23 are those of the fault matrix in the course's plan. A test is named as pytest names it, without parameters.
"""

import ast
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RUN, SAVED = "tests/training/test_run.py", "tests/training/test_checkpoint.py"
DAMAGE, DISK = "tests/training/test_checkpoint_damage.py", "tests/training/test_checkpoint_disk.py"
SYSTEMS = ("infinito", "velora", "fusion", "lottery")


@dataclass(frozen=True)
class Fault:
    """What goes wrong, the tests that meet it, and the system that brings (more of) it; one of the two at least."""

    what: str
    tests: tuple[str, ...] = ()
    comes_with: str = ""


MATRIX = {
    1: Fault(
        "killed while a checkpoint is written",
        (
            "tests/training/test_resume.py::test_kills_hit_checkpoints_that_were_being_written",
            "tests/training/test_resume.py::test_killed_runs_end_equal_bit_for_bit",
            f"{RUN}::test_what_a_kill_left_half_written_is_swept",
            f"{DISK}::test_a_writer_that_is_interrupted_leaves_nothing",
        ),
    ),
    2: Fault(
        "killed at a random step and resumed",
        (
            "tests/training/test_resume.py::test_killed_runs_end_equal_bit_for_bit",
            "tests/training/test_resume.py::test_the_record_holds_every_run_equal_and_every_damage_refused",
            f"{SAVED}::test_a_run_of_every_kind_goes_on_bit_for_bit_from_every_step",
        ),
    ),
    3: Fault(
        "SIGTERM, Ctrl-C, a notebook's Interrupt",
        (
            f"{RUN}::test_after_a_signal_the_step_ends_is_saved_and_the_next_start_goes_on",
            "tests/training/test_resume.py::test_runs_that_are_asked_to_end_say_so_and_go_on_equal",
            "tests/training/test_command.py::test_a_run_that_is_asked_to_end_goes_on_when_it_is_started_again",
            "tests/training/test_run_in_a_notebook.py::test_an_interrupted_cell_saves_and_goes_on_when_it_is_run_again",
        ),
    ),
    4: Fault(
        "disk full during a save",
        (
            f"{DISK}::test_a_full_disk_is_told_with_path_and_bytes_and_costs_nothing",
            f"{RUN}::test_a_full_disk_leaves_the_checkpoint_before_and_the_run_goes_on_later",
        ),
    ),
    5: Fault(
        "a folder that is read-only or vanishes",
        (
            f"{RUN}::test_a_folder_that_cannot_be_written_to_is_refused_before_the_first_step",
            "tests/training/test_lock.py::test_a_read_only_folder_is_refused",
            f"{RUN}::test_a_folder_that_vanishes_is_made_again",
        ),
    ),
    6: Fault(
        "a flipped bit",
        (
            f"{DAMAGE}::test_each_of_300_flipped_bits_is_refused_and_the_file_is_named",
            f"{RUN}::test_a_damaged_checkpoint_is_refused_and_the_one_before_it_named",
        ),
    ),
    7: Fault(
        "a file that is cut short, empty, of another kind, or blown up",
        (
            f"{DAMAGE}::test_each_of_100_truncations_is_refused_and_the_file_is_named",
            f"{DAMAGE}::test_files_of_another_kind_are_refused",
            f"{DAMAGE}::test_a_file_that_has_become_huge_is_refused_by_its_length",
            f"{DAMAGE}::test_a_zip_in_place_of_the_optimizer_is_refused",
            "tests/training/test_command.py::test_a_damaged_checkpoint_is_told_without_a_traceback",
        ),
    ),
    8: Fault(
        "a pickle that runs code",
        (
            f"{DAMAGE}::test_code_in_the_optimizer_file_is_not_run",
            f"{DAMAGE}::test_nothing_in_the_project_loads_a_pickle_that_may_run_code",
        ),
    ),
    9: Fault(
        "a checkpoint of another config, shape or data type",
        (
            f"{SAVED}::test_a_checkpoint_of_another_config_is_refused_with_every_difference",
            f"{SAVED}::test_a_run_of_another_kind_is_refused_by_name_and_stays_as_it_was",
            f"{RUN}::test_a_run_with_another_config_or_setting_does_not_go_on",
        ),
    ),
    10: Fault(
        "a loss or gradient that is not finite",
        (
            "tests/training/test_step.py::test_what_is_not_finite_stops_the_run_before_the_update_and_says_where",
            f"{RUN}::test_a_loss_that_is_not_finite_ends_the_run_and_keeps_the_last_good_state",
        ),
    ),
    11: Fault(
        "divergence",
        (
            "tests/training/test_progress.py"
            "::test_a_rate_a_hundred_times_too_large_is_told_within_twenty_steps_and_a_good_one_never",
        ),
    ),
    12: Fault(
        "no data, one sample, one class, a last batch of one with BatchNorm",
        (
            "tests/training/test_fit.py::test_one_sample_and_one_class_can_be_trained_on",
            "tests/training/test_fit.py"
            "::test_a_last_batch_of_one_is_refused_by_batch_norm_and_drop_last_is_the_way_out",
            "tests/training/test_loaders.py::test_data_or_sizes_that_make_no_sense_are_refused",
        ),
    ),
    13: Fault(
        "text with unusual bytes, endings and lengths",
        (
            "tests/text/test_reading.py::test_an_unusual_file_is_read_to_the_token",
            "tests/text/test_reading.py::test_a_damaged_file_is_refused_with_its_name_and_line",
            "tests/text/test_reading.py::test_a_line_of_ten_megabytes_is_one_line",
            "tests/text/test_wikitext.py::test_the_real_one_has_its_published_counts",
        ),
    ),
    14: Fault("images that are damaged, bombs, or none", comes_with="fusion"),
    15: Fault(
        "a prediction that sees the future",
        (
            "tests/infinito/test_repairs.py::test_no_logit_and_no_other_sequence_depends_on_a_later_token",
            "tests/infinito/test_repairs.py::test_the_repaired_model_passes_and_the_reported_one_fails",
        ),
    ),
    16: Fault("training and test part overlap", comes_with="fusion"),
    17: Fault(
        "a worker dies, stays silent or cannot start",
        (
            "tests/training/test_dataset_loader.py"
            "::test_dead_workers_are_given_up_with_one_warning_and_the_batches_stay_the_same",
            "tests/training/test_dataset_loader.py::test_workers_without_shared_memory_are_given_up",
            "tests/training/test_dataset_loader.py::test_workers_that_stay_silent_are_given_up",
            "tests/training/test_lock.py::test_a_forked_worker_that_outlives_a_killed_run_does_not_hold_its_folder",
        ),
    ),
    18: Fault(
        "out of memory",
        (
            "tests/training/test_memory.py"
            "::test_out_of_memory_in_training_leaves_the_last_complete_update_and_says_what_to_try",
            "tests/training/test_command.py::test_out_of_memory_is_one_line_with_what_to_try",
        ),
    ),
    19: Fault(
        "the same seed twice, another number of threads",
        (
            "tests/training/test_fit.py"
            "::test_the_same_seeds_give_the_same_bits_and_another_number_of_threads_nearly_the_same",
            "tests/training/test_dataset_loader.py::test_the_number_of_workers_changes_neither_samples_nor_noise",
        ),
    ),
    20: Fault(
        "no GPU, or an old one",
        (
            "tests/training/test_device.py::test_auto_takes_the_fastest_kind_that_is_there",
            "tests/training/test_device.py::test_formats_of_a_gpu_follow_from_its_generation",
            "tests/training/test_runtime.py::test_a_laptop_runs_all_but_cuda",
        ),
    ),
    21: Fault(
        "a server that others reach, a notebook that carries a script",
        (
            "tests/teaching/test_lab.py::test_the_lab_listens_on_the_loopback_and_opens_lesson_00",
            "tests/test_fault_matrix.py::test_no_committed_notebook_carries_a_script",
        ),
    ),
    22: Fault(
        "no network",
        (
            "tests/test_environment.py::test_tests_run_with_their_variables_set",
            "tests/text/test_wikitext.py::test_the_real_package_fails_the_same_way_without_a_network",
        ),
    ),
    23: Fault(
        "two runs in one folder",
        (
            "tests/training/test_lock.py::test_another_process_holds_the_folder_until_it_is_killed",
            f"{RUN}::test_the_second_run_in_a_folder_refuses_before_its_first_step",
            "tests/training/test_command.py::test_a_second_run_in_the_folder_refuses",
        ),
    ),
}
NOTEBOOKS = sorted(path for part in ("notebooks", "solutions", "exercises") for path in (ROOT / part).glob("*.ipynb"))


def missing(test: str) -> str:
    """What is wrong with the name of a test; "" where it stands in its file."""
    name, _, function = test.partition("::")
    if not (ROOT / name).is_file():
        return f"{name} is not there"
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return "" if function in there else f"{name} has no {function}"


def test_the_matrix_has_its_23_rows() -> None:
    assert list(MATRIX) == list(range(1, 24))


@pytest.mark.parametrize("row", MATRIX)
def test_every_fault_is_met_by_tests_that_exist_or_comes_with_a_system(row: int) -> None:
    fault = MATRIX[row]
    assert fault.tests or fault.comes_with, f"{fault.what}: no test, and no system that it comes with"
    assert fault.comes_with in ("", *SYSTEMS)
    wrong = [said for said in map(missing, fault.tests) if said]
    assert not wrong, f"{fault.what}: {wrong}"


@pytest.mark.parametrize("row", [row for row in MATRIX if MATRIX[row].comes_with])
def test_a_fault_that_comes_with_a_system_is_tested_once_the_system_is_there(row: int) -> None:
    fault = MATRIX[row]
    here = list((ROOT / "course_lib" / fault.comes_with).glob("[a-z]*.py"))
    assert fault.tests or not here, f"{fault.comes_with} is here: name the tests of row {row}, {fault.what}"


def test_a_name_that_is_not_there_is_found_out() -> None:
    assert missing("tests/test_fault_matrix.py::test_nothing") == "tests/test_fault_matrix.py has no test_nothing"
    assert missing("tests/test_nothing.py::test_nothing") == "tests/test_nothing.py is not there"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_committed_notebook_carries_a_script(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    kinds = {kind for data in outputs for kind in data}
    assert kinds <= {"text/plain", "text/html", "text/markdown", "image/png"}, f"outputs of the kinds {kinds}"
    pages = ["".join(data.get("text/html", [])).lower() for data in outputs]
    active = [
        word
        for page in pages
        for word in ("<script", "javascript:", "<iframe", " onload=", " onclick=")
        if word in page
    ]
    assert not active, f"an output holds {active}"
