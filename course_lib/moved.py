"""Modules that have moved: sheets and notes that learners copied before find them under their old names."""

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MOVED = {
    "course_lib.infinito.reported": "course_lib.infinito.report.as_reported",
    "course_lib.numpy_nn.plain": "course_lib.by_hand.first_step",
    "course_lib.numpy_nn.plain_optimizers": "course_lib.by_hand.optimizers",
    "course_lib.teaching.clinic_faults": "course_lib.teaching.clinic.faults",
    "course_lib.teaching.clinic_loop": "course_lib.teaching.clinic.loop",
    "course_lib.teaching.progress": "course_lib.teaching.learner.progress",
    "course_lib.teaching.source": "course_lib.teaching.build.source",
    "course_lib.training.counting": "course_lib.training.machine.operations",
}


class _Moved(MetaPathFinder, Loader):
    """Finds a module under its old name; it is the very module of the new name."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(MOVED[spec.name])
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # It was executed under its new name; the import has just given it the old one.
        spec = module.__spec__
        assert spec is not None
        module.__spec__ = spec.loader_state


def follow_old_names() -> None:
    """From now on old names are followed; called once, when the package is imported."""
    if not any(isinstance(finder, _Moved) for finder in sys.meta_path):
        sys.meta_path.append(_Moved())
