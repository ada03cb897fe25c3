"""Figures look the same everywhere, everyone can tell their lines apart, their words reach every reader."""

import configparser
import html
import itertools
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from course_lib.plots.curves import legend, line
from course_lib.plots.style import DASHES, MARKERS, PALETTE, canvas, image_html, look, png, show

ALT = "A line that falls from 2.3 to 0.1 within 30 epochs and then stays level."
ROOT = Path(__file__).resolve().parents[2]


def figure(title="Loss on the digits", x_label="epoch", y_label="loss (nats)"):
    drawing, ax = canvas()
    line(ax, np.arange(30), np.exp(-np.arange(30) / 7), label="training")
    ax.set(title=title, xlabel=x_label, ylabel=y_label)
    legend(ax)
    return drawing


# --- colours ----------------------------------------------------------------------------------------------------------

# Linear RGB as a dichromat sees it: Machado, Oliveira and Fernandes (2009), severity 1.
DICHROMATS = {
    "normal": np.eye(3),
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip  # noqa: E501


def linear(colour):
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIELAB (CIE 1976) of linear RGB; a distance of 2.3 is just noticeable when two patches touch."""
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", DICHROMATS)
def test_any_two_colours_of_the_palette_are_far_apart_for_every_kind_of_sight(sight):
    seen = [lab(np.array(DICHROMATS[sight]) @ linear(colour)) for colour in PALETTE]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 18


def test_every_colour_of_the_palette_is_dark_enough_on_white():
    luminance = [float((TO_XYZ @ linear(colour))[1]) for colour in PALETTE]
    assert min(1.05 / (value + 0.05) for value in luminance) >= 3.0  # WCAG 2, graphical objects


def test_dash_and_marker_tell_lines_apart_without_colour():
    assert len({(str(look(i)["linestyle"]), look(i)["marker"]) for i in range(20)}) == 20
    assert len(set(map(str, DASHES))) == len(DASHES)
    assert len(set(MARKERS)) == len(MARKERS)


def test_the_letters_of_a_figure_have_at_least_10_points():
    drawing = figure()
    drawing.draw_without_rendering()
    sizes = [text.get_fontsize() for text in drawing.findobj(matplotlib.text.Text) if text.get_text()]
    assert len(sizes) > 10
    assert min(sizes) >= 10


# --- PNG --------------------------------------------------------------------------------------------------------------


def test_equal_figures_give_equal_bytes_and_so_does_a_second_look_at_one():
    first = figure()
    assert png(first) == png(first) == png(figure())
    assert png(first) != png(figure(title="Another title"))


def test_a_png_holds_neither_date_nor_version():
    assert not re.search(rb"tEXt|iTXt|tIME|Matplotlib", png(figure()))


def test_the_session_s_settings_change_no_figure_and_are_left_alone():
    usual = png(figure())
    with matplotlib.rc_context(
        {"axes.facecolor": "black", "lines.linewidth": 9, "xtick.labelsize": 20, "savefig.dpi": 30}
    ):
        assert png(figure()) == usual
        assert matplotlib.rcParams["xtick.labelsize"] == 20


def test_a_figure_is_as_wide_as_a_notebook():
    assert figure().get_size_inches().tolist() == [8.0, 3.0]
    data = png(figure())
    assert int.from_bytes(data[16:20], "big") == 800


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alt", ["", "  ", "a plot", "a   loss   curve   with   many   blanks"[:33]])
def test_alt_text_that_does_not_describe_is_refused(alt):
    with pytest.raises(ValueError, match="alt must describe the figure in at least 30 characters, got"):
        show(figure(), alt)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"title": ""}, "figure must have a title; Axes 1 has none"),
        ({"x_label": ""}, "the x axis of Axes 1 must have a label"),
        ({"y_label": ""}, "the y axis of Axes 1 must have a label"),
    ],
)
def test_a_figure_without_title_or_label_is_refused(missing, words):
    with pytest.raises(ValueError, match=words):
        show(figure(**missing), ALT)


def test_a_figure_without_axes_is_refused():
    drawing, ax = canvas()
    ax.remove()
    with pytest.raises(ValueError, match="figure must have at least one Axes, got none"):
        show(drawing, ALT)


def test_a_colour_bar_without_label_is_refused():
    drawing, ax = canvas()
    drawing.colorbar(ax.imshow([[0, 1]]), ax=ax)
    ax.set(title="Title", xlabel="x", ylabel="y")
    with pytest.raises(ValueError, match="a colour bar must have a label"):
        show(drawing, ALT)


def test_panels_may_share_a_label_and_a_title(capsys):
    drawing, axes = canvas(1, 2, sharey=True)
    for ax in axes:
        ax.set_xlabel("epoch")
    axes[0].set_ylabel("loss")
    drawing.suptitle("Two runs")
    show(drawing, ALT)
    assert capsys.readouterr().out == f"Figure: {ALT}\n"


def test_outside_a_notebook_show_prints_the_text_on_one_line(capsys):
    show(figure(), ALT.replace(" ", "\n  ", 1))
    assert capsys.readouterr().out == f"Figure: {ALT}\n"


def test_in_a_notebook_the_picture_carries_its_text(monkeypatch):
    ipython = pytest.importorskip("IPython")
    shown = []
    monkeypatch.setattr(ipython, "get_ipython", object)
    monkeypatch.setattr(ipython.display, "display", lambda data, raw: shown.append((data, raw)))
    alt = 'The loss is called "low" where it is < 0.1 & level.'
    show(figure(), alt)
    ((data, raw),) = shown
    assert raw is True
    assert data["text/plain"] == f"Figure: {alt}"
    assert html.unescape(re.search(r'alt="([^"]*)"', data["text/html"]).group(1)) == alt
    assert re.fullmatch(r'<img alt="[^"<>]*" width="800" src="data:image/png;base64,[\w+/=]+">', data["text/html"])


def test_the_stored_outputs_of_notebooks_are_compared_by_text_and_not_by_pixel():
    rules = configparser.RawConfigParser()
    rules.read(ROOT / "nbval_sanitize.cfg", encoding="utf-8")

    def stored(drawing, alt):
        text = image_html(drawing, alt)
        for section in rules.sections():
            text = re.sub(rules.get(section, "regex"), rules.get(section, "replace"), text)
        return text

    same = stored(figure(), ALT) == stored(figure(title="Other pixels"), ALT)
    assert same, "nbval_sanitize.cfg must replace data:image/png;base64,[A-Za-z0-9+/=]+"
    assert stored(figure(), ALT) != stored(figure(), ALT + " Or not.")


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_plots_load_neither_torch_nor_pyplot_nor_ipython():
    code = (
        "import sys; import course_lib.plots.style, course_lib.plots.curves, course_lib.plots.matrices, "
        "course_lib.plots.images; "
        "print(sorted({'torch', 'matplotlib.pyplot', 'IPython', 'ipywidgets'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_bad_sizes_are_refused():
    with pytest.raises(ValueError, match="rows must be at least 1, got 0"):
        canvas(0)
    with pytest.raises(ValueError, match="columns must be at least 1, got -1"):
        canvas(1, -1)
    with pytest.raises(ValueError, match="width must be a positive number of inches, got nan"):
        canvas(width=float("nan"))
    with pytest.raises(ValueError, match="index must be at least 0, got -1"):
        look(-1)
    with pytest.raises(ValueError, match="dpi must be above 0, got 0"):
        png(figure(), dpi=0)
