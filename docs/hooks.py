"""What the site adds to MkDocs: pages from outside of `docs/`, scripts, llms.txt; no network."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

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
    "examples/tickets/README.md": "tickets.md",
}
SCRIPTS = {  # a file of an npm package, fetched by `nox -s docs`: its name on the site
    "mermaid/package/dist/mermaid.min.js": "assets/mermaid.js",
    "iframe-worker/package/shim/index.js": "assets/iframe-worker.js",
}
NO_SENTENCE = ("#", "!", "```", "|", "<", "    ", "- ", "\n")  # a title, a picture, code, a table
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


def on_env(env: Any, config: MkDocsConfig, files: Files) -> Any:
    """Lay each page's text beside it, and a list of all as llmstxt.org has it, for machines."""
    site = Path(config.site_dir)
    lines = [f"# {config.site_name}", f"\n> {config.site_description}"]
    for entry in config.nav or ():
        ((section, pages),) = entry.items()
        lines.append(f"\n## {section}\n")
        for title, name in _titled(pages, section):
            file = files.get_file_from_path(name)
            text = (file and file.page and file.page.markdown) or ""
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text(text, "utf-8")
            lines.append(f"- [{title}]({name}): {_opening(text)}")
    (site / "llms.txt").write_text("\n".join([*lines, ""]), "utf-8")
    return env


def _titled(pages: Any, section: str) -> list[tuple[str, str]]:
    """The titles and files of a section, which may be a page itself."""
    if isinstance(pages, str):
        return [(section, pages)]
    return [pair for page in pages for pair in page.items()]


def _opening(text: str) -> str:
    """The first sentence of a page below its title, without links."""
    paragraphs = (part for part in text.split("\n\n") if not part.startswith(NO_SENTENCE))
    first = " ".join(next(paragraphs, "").split())
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", first)
    return re.split(r"(?<=\.)\s", plain)[0]


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Refuse a page that a reader without a network would see in part."""
    if found := FETCHED.search(output):
        raise PluginError(f"{page.file.src_uri} loads {found[1]}; the site is to work offline")
    return output
