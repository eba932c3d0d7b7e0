"""How Sphinx builds the documentation; ``make docs`` does."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs/_ext"))

from topics import source  # noqa: E402 - it stands beside this file

project = "brisktls"
author = "The brisktls authors"
project_copyright = "the brisktls authors"
version = release = "0.1.0"

extensions = ["sphinx.ext.autodoc", "sphinx.ext.linkcode", "myst_parser", "topics"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "brisktls"
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["site.css"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True

# Where the project is stands in pyproject.toml only.
HOME = re.search(r'^Source = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.M)[1]
html_theme_options = {
    "source_repository": HOME,
    "source_branch": "main",
    "source_directory": "docs/",
}


def linkcode_resolve(domain: str, info: dict[str, str]) -> str | None:
    """Where the source of what a page describes is."""
    place = source(f"{info['module']}:{info['fullname']}", ROOT) if domain == "py" else None
    return f"{HOME}/blob/main/{place}" if place else None
