"""All mutants, a module an area."""

import importlib
import pkgutil

from ..mutants import MUTANTS

__all__ = ["MUTANTS"]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
