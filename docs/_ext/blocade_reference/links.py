"""Links of a page to what lies outside docs/: they lead somewhere on a code host, but not on a site."""

from __future__ import annotations

import os
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform


class LinksOutside(SphinxTransform):
    """A file outside becomes a download, which the site carries; a folder becomes plain code.

    MyST makes downloads of all files but pages and folders, of which it knows nothing.
    """

    default_priority = 400

    def apply(self, **_: object) -> None:
        """Change the links of one page. What does not exist stays, for MyST to warn of."""
        for link in list(self.document.findall(addnodes.pending_xref)):
            outside = self._outside(str(link["reftarget"])) if link.get("reftype") == "myst" else None
            if outside is None:
                continue
            if outside.is_dir():
                link.replace_self(nodes.literal("", link.astext()))
            else:
                target = os.path.relpath(outside, self._here())
                download = addnodes.download_reference("", "", reftarget=target, refdoc=self.env.docname)
                download += link.children
                link.replace_self(download)

    def _here(self) -> Path:
        return Path(self.env.doc2path(self.env.docname)).parent

    def _outside(self, target: str) -> Path | None:
        """What a link leads to, if that exists and lies outside docs/."""
        path = (self._here() / target.partition("#")[0]).resolve()
        for found in (path, path.with_name(f"{path.name}.md")):  # MyST leaves out the ending of a page
            if found.exists() and not found.is_relative_to(Path(self.env.srcdir).resolve()):
                return found
        return None
