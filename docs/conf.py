"""How Sphinx builds the documentation; ``make docs`` does."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "brisktls"
author = "The brisktls authors"
project_copyright = "the brisktls authors"
version = release = "0.1.0"

extensions = ["sphinx.ext.autodoc", "myst_parser", "topics"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "brisktls"
html_show_sphinx = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
