"""pwasm's guests (MicroPython, QuickJS, Micro QuickJS): the package's own files, which run on wasmvm.

They are programs over the API of pwasm, with modules that belong to the package: so it must be installed.
"""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_original = PathFinder.find_spec("pwasm")
if _original is None or not _original.submodule_search_locations:
    raise ImportError(f"{__name__}: the guests come with the package itself: pip install pwasm", name=__name__)
_folder = Path(next(iter(_original.submodule_search_locations))) / "guests"
_spec = spec_from_file_location(__name__, _folder / "__init__.py", submodule_search_locations=[str(_folder)])
assert _spec is not None and _spec.loader is not None
sys.modules[__name__] = _guests = module_from_spec(_spec)
_spec.loader.exec_module(_guests)
