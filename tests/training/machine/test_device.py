"""The device that was asked for or one clear sentence; settings that are put back; a report of what a device can do."""

import os
from types import SimpleNamespace

import pytest
import torch

from course_lib.training.machine import device as module
from course_lib.training.machine.device import (
    CUBLAS_VARIABLE,
    Capabilities,
    available_devices,
    capabilities,
    deterministic,
    matmul_precision,
    pick_device,
)


def machine(monkeypatch: pytest.MonkeyPatch, *, gpus: int = 0, mps: bool = False) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("gpus", "mps", "expected"), [(0, False, "cpu"), (0, True, "mps"), (1, False, "cuda"), (2, True, "cuda")]
)
def test_auto_takes_the_fastest_kind_that_is_there(monkeypatch, gpus, mps, expected):
    machine(monkeypatch, gpus=gpus, mps=mps)
    assert pick_device() == torch.device(expected)


def test_what_is_there_can_be_asked_for_by_name(monkeypatch):
    machine(monkeypatch, gpus=2, mps=True)
    assert available_devices() == ("cuda:0", "cuda:1", "mps", "cpu")
    for name in ("cuda", "cuda:0", "cuda:1", "mps", "cpu"):
        assert pick_device(name) == torch.device(name)


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps", "gpu", "", "tpu", "cuda:x"])
def test_what_is_not_there_is_one_sentence_that_says_what_is(monkeypatch, name):
    machine(monkeypatch)
    with pytest.raises(ValueError, match=rf"^device '{name}' is not there; torch finds here: cpu \(or say 'auto'\)$"):
        pick_device(name)


def test_a_gpu_of_a_number_that_is_not_there_is_refused(monkeypatch):
    machine(monkeypatch, gpus=2)
    with pytest.raises(ValueError, match="device 'cuda:2' is not there; torch finds here: cuda:0, cuda:1, cpu"):
        pick_device("cuda:2")


def settings() -> tuple[object, ...]:
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.backends.cudnn.deterministic,
        torch.backends.cudnn.benchmark,
        torch.get_float32_matmul_precision(),
        torch.backends.cudnn.allow_tf32,
    )


def test_deterministic_mode_is_on_in_the_block_and_put_back_even_after_an_error():
    before = settings()
    torch.backends.cudnn.benchmark = True
    try:
        with pytest.raises(KeyError), deterministic():  # noqa: PT012
            assert settings()[:4] == (True, False, True, False)
            raise KeyError
        assert settings()[:4] == (before[0], before[1], before[2], True)
    finally:
        torch.backends.cudnn.benchmark = bool(before[3])
    assert settings() == before


def test_blocks_of_deterministic_mode_can_be_nested():
    before = settings()
    with deterministic():
        with deterministic():
            pass
        assert torch.are_deterministic_algorithms_enabled()
    assert settings() == before


@pytest.mark.parametrize(
    ("gpus", "used", "was", "expected"),
    [
        (0, False, None, None),  # no GPU: the environment is not touched
        (1, False, None, ":4096:8"),
        (1, False, ":16:8", ":16:8"),  # what somebody chose stays
        (1, True, None, None),  # too late: torch itself refuses the first product, and says so
    ],
)
def test_the_variable_of_cublas_is_set_where_it_still_has_an_effect(monkeypatch, gpus, used, was, expected):
    machine(monkeypatch, gpus=gpus)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: used)
    monkeypatch.setenv(CUBLAS_VARIABLE, was or "")
    if was is None:
        monkeypatch.delenv(CUBLAS_VARIABLE)
    with deterministic():
        assert os.environ.get(CUBLAS_VARIABLE) == expected
    assert os.environ.get(CUBLAS_VARIABLE) == expected


@pytest.mark.parametrize(("name", "products", "convolutions"), [("tf32", "high", True), ("highest", "highest", False)])
def test_the_precision_of_products_is_set_for_convolutions_too_and_put_back(name, products, convolutions):
    before = settings()
    with matmul_precision(name):
        assert settings()[4:] == (products, convolutions)
    assert settings() == before


def test_without_a_block_the_precision_of_products_stays():
    undo = matmul_precision("tf32")
    assert torch.get_float32_matmul_precision() == "high"
    undo.__exit__(None, None, None)
    assert torch.get_float32_matmul_precision() == "highest"


def test_another_precision_of_products_is_refused():
    with pytest.raises(ValueError, match="name must be one of highest, tf32, got 'medium'"):
        matmul_precision("medium")


def test_a_format_that_the_report_of_this_cpu_names_can_be_computed_in():
    report = capabilities("cpu")
    assert report.device == "cpu"
    assert not report.tf32
    for name in ("bfloat16", "float16"):
        if getattr(report, name):
            product = torch.ones(4, 4, dtype=getattr(torch, name)) @ torch.ones(4, 4, dtype=getattr(torch, name))
            assert torch.equal(product, torch.full_like(product, 4))
    if report.fused:
        parameter = torch.ones(3, requires_grad=True)
        parameter.grad = torch.ones(3)
        torch.optim.Adam([parameter], fused=True).step()
        assert (parameter < 1).all()


@pytest.mark.parametrize(
    ("generation", "bfloat16", "float16", "tf32"),
    [
        ((6, 1), False, False, False),
        ((7, 5), False, True, False),
        ((8, 0), True, True, True),
        ((9, 0), True, True, True),
    ],
)
def test_formats_of_a_gpu_follow_from_its_generation(monkeypatch, generation, bfloat16, float16, tf32):
    machine(monkeypatch, gpus=1)
    properties = SimpleNamespace(name="Card", major=generation[0], minor=generation[1])
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: properties)
    monkeypatch.setattr(module, "_steps_fused", lambda device: True)
    report = capabilities()
    assert (report.name, report.bfloat16, report.float16, report.tf32) == ("Card", bfloat16, float16, tf32)


def test_a_torch_that_does_not_answer_counts_as_no(monkeypatch):
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported", "_is_amx_fp16_supported"):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    report = capabilities("cpu")
    assert (report.bfloat16, report.float16) == (False, False)


@pytest.mark.parametrize("error", [RuntimeError, TypeError, ValueError])
def test_an_optimizer_that_refuses_to_be_fused_counts_as_no(monkeypatch, error):
    def refuse(*arguments: object, **options: object) -> None:
        raise error("no fused optimizer here")

    monkeypatch.setattr(torch.optim, "AdamW", refuse)
    assert not capabilities("cpu").fused


def test_without_a_compiler_the_report_says_so(monkeypatch):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    report = capabilities("cpu")
    assert not report.compiles
    assert "torch.compile     no compiler found" in str(report)


def test_the_report_is_one_line_for_each_fact():
    report = Capabilities("cuda:0", "Card", bfloat16=True, float16=True, tf32=False, fused=True, compiles=True)
    assert str(report).splitlines() == [
        "device            cuda:0 (Card)",
        "fast formats      float32, bfloat16, float16",
        "fused optimizers  yes",
        "torch.compile     yes",
    ]
