"""The report: one self-contained page for whoever has five minutes, an hour or doubts.

`content` says what stands on it, ``templates/`` how it looks; nothing on it comes from the network.
"""

from blocade.report.page import brief, compared, report, write, write_page

__all__ = ["brief", "compared", "report", "write", "write_page"]
