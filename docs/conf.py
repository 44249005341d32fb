"""Settings of the documentation; ``make docs`` builds it. Warnings are errors there."""

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
# the model of this tree, whatever else is installed
sys.path[:0] = [str(DOCS / "_ext"), str(DOCS.parent / "model")]

from blocade import __version__  # noqa: E402

project = "blocade"
author = "The blocade developers"
copyright = author
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "blocade_reference"]
exclude_patterns = ["_ext", "_static"]
default_role = "py:obj"  # single backticks in docstrings name code; what is no name of this site stays plain code

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
autodoc_type_aliases = {"Array": "Array", "Event": "Event"}  # not what they stand for
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
add_module_names = False

html_theme = "furo"
html_title = "blocade"
html_static_path = ["_static"]
html_css_files = ["blocade.css"]
html_copy_source = False
html_show_sphinx = False
html_domain_indices = False  # modules stand in the index of all names too
