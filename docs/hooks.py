"""What the site adds to MkDocs: pages that lie outside of `docs/`, scripts, and no network."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
OUTSIDE = {  # a page's file in the repository: its name on the site
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "clients/js/README.md": "javascript.md",
}
SCRIPTS = {  # a file of an npm package, fetched by `nox -s docs`: its name on the site
    "mermaid/package/dist/mermaid.min.js": "assets/mermaid.js",
    "iframe-worker/package/shim/index.js": "assets/iframe-worker.js",
}
LINK = re.compile(r"(\]\()([^)#:\s]+)((?:#[^)\s]*)?\))")
FETCHED = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\s(?:src|href)="?((?:https?:)?//[^\s">]+)')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and the scripts that are not in `docs/`."""
    packages = ROOT / ".nox" / "docs-scripts"
    for source, name in {**OUTSIDE, **SCRIPTS}.items():
        path = packages / source if source in SCRIPTS else ROOT / source
        files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links between files of the repository into links between pages of the site."""
    names = {name: source for source, name in OUTSIDE.items()}
    here = names.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def on_site(link: re.Match[str]) -> str:
        source = posixpath.normpath(posixpath.join(posixpath.dirname(here), link[2]))
        name = OUTSIDE.get(source, source.removeprefix("docs/"))
        start = posixpath.dirname(page.file.src_uri) or "."
        return link[1] + posixpath.relpath(name, start) + link[3]

    return LINK.sub(on_site, markdown)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Refuse a page that a reader without a network would see in part."""
    if found := FETCHED.search(output):
        raise PluginError(f"{page.file.src_uri} loads {found[1]}; the site is to work offline")
    return output
