"""Equations 1-14 of the model: one relation per file, arrays in, arrays out, no state, no I/O.

Axes end in ``[state]``, ``[state, partner]`` or ``[state, good]``; a batch puts ``[run]`` in front. Row = whose
value, column = with whom or by whom: ``sanctions[i, j]`` is what j imposes on i. Every function broadcasts over
leading axes, so one state calls it on its own row (``[partner]``) and the batch engine on ``[run, state, partner]``.
Where a relation needs the partner's view of the same pair, it takes that as a second argument called ``…_back`` (a
column, or the transpose).

Keys such as M7 or C3 are those of ``docs/evidence.md``; what rests on none of them is called an assumption.
"""
