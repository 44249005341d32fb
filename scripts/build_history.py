#!/usr/bin/env python3
"""Make ``seeds/history`` from the raw series and the hand-made tables in ``seeds/sources``.

    python scripts/build_history.py --raw FOLDER [--out FOLDER]

Observed figures of the states, year by year, against which the model is validated. The same input gives the
same bytes. The raw series are not part of the repository: ``SOURCES.md`` beside the tables names them.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from world_rules import history
from world_rules.tables import BuildError, Row, every_code, read_hand

OUT = Path(__file__).resolve().parents[1] / "seeds" / "history"
TEXT = """\
# Where the figures of the years 1990 to 2025 come from

Written by `scripts/build_history.py`; do not edit by hand. Observed figures of {states} states
(`seeds/sources/states.csv`), year by year, to hold the model against, made by the rules of the worlds
(`seeds/worlds/*/SOURCES.md`). Votes end in {last_vote}: those of 2022 to 2024 are sealed, predictions
of them are registered first, and the script drops every later row. What is not measured is marked
*assumption*. Sources are numbered as in the list at the end. A blank is a missing figure, never a zero.
`RUS` is the Soviet Union to 1991, `SRB` first Yugoslavia, then Serbia and Montenegro; `DEU` is the
Federal Republic in 1990.

## ideal_points.csv

{ideal_points} rows, {votes}, [1]. UN ideal points: `final` from final-passage votes, `all` from all
votes; 2 decimals; no row where the source has neither.

* By calendar year. The scale is estimated anew each year with bridging votes, so distances between
  distant years are less safe than those within a year.
* North Korea jumps in 2015 in every release, though its agreement with Russia does not.

## agreement.csv

{agreement} rows, {agreement_years}, [2]. Share of the roll calls on which both vote alike (a half where
one of the two abstains) in whole per cent; blank below {fewest} roll calls in common.

* By session, under the year in which it opens.
* Sensitive to the agenda: it moves with what is voted on. Prefer ideal points across years.

## trade.csv

{trade} rows, {trade_years}, [3]. The partner's share in the state's exports plus imports with all
partners, in ten-thousandths; 0 is less than half of one. Rows without a positive figure are left out;
there is no rest of the world. As in the worlds, a pair's single year in which both flows are at least
five times those of the years beside it counts as unknown, and a state without totals is divided by the
sum over its partners.

* Blank where the source has no row: zero and unreported look alike in it. Serbia begins in 2006.
* North Korea publishes nothing: its figures are its partners' reports and unreliable.
* Belgium's exports drop in 2010 by a statistical break. Belarus and Cuba differ much between sources.

## arms.csv

{arms} rows, [4], five years each, to the end of
{ends}.
`delivered` is 1 where a delivery either way is identified; a pair without one has no row. `index`:
min(1, log10(1 + TIV)/3.5), larger direction, rounded to .05, as in the worlds. (c) SIPRI: only yes/no and
rounded index.

* The yearly tables where they have the pair and year (to 2021), else the register, which spreads a deal
  evenly over its years.
* Major arms only: North Korean shells for Russia are not in it.

## alliances.csv

{alliances} rows, {alliance_years}, [5]. Spells of a pact with a duty to defend, first and last year
included; `to` 2018 means that the source ends there.

* Pacts on paper count in full; the hand-made `seeds/sources/pacts.csv` of the worlds does not enter.

## acts.csv

{acts} rows from `seeds/sources/acts.csv`, one per act and named target, with the severities of the
worlds. `from` is the day from which the act is as its row says, `to` the day on which it ends
(excluded; blank: in force); a month or year alone stands for its first day. Groups keep their names and
are read by the membership of the year (`seeds/groups.csv`); `UN` is every state but the target.

* Compiled by the authors from general knowledge of the public record and not yet checked entry by
  entry; a selection, not a register. No row of a database of sanctions is in it.

## events.csv

{events} rows from `seeds/sources/history_events.csv`: what happened to {last_event} besides sanctions and is
given to the model. `from` is included, `to` excluded (blank: not over by then); a month or year alone
stands for its first day. What began before 1991 and was under way is listed with its beginning.

* `war`: `on` fights another state, or outside its own land, or at home while it does not hold a part of
  it. Left out: peace forces, small contingents, and risings that never took a region or have no dated
  beginning or end (Algeria, Kashmir, south-eastern Turkey, Chechnya after June 2000, Myanmar before
  2021). `level` 1: at least 1,000 battle deaths on the side of the state in some year of the war;
  0.5: fewer. [6], of which no row is given, shows where all sides together had fewer; elsewhere official or
  widely reported counts decide, so the levels are rough. That a small war is fought from stocks and adds no
  need of arms is an *assumption*. `by`: whom it is fought with, where that is one of the states (the same
  list on both sides: among themselves); the friends of either side feel threatened by the other.
* `clash`: fire between regular forces of `on` and `by`, or occupation of land that a resolution of the UN
  names as the other's, until peace, a settlement or the end of the fighting, as in
  `seeds/sources/enmity.csv`. A single strike or fight is none (Syria in 2017 and 2018, Salala in 2011, the
  aircraft shot down by Türkiye in 2015), nor are the fights of the two Koreas, who have no relations anyway.
* `exit`: the patron `by` withdraws its support from `on`, until the first treaty or declaration on
  their relations that follows (*assumption*: that this ends it).
* `offer`: relief on offer by `by` to `on`: a deal that both signed, or a plan of steps of which one was
  taken or dated. A mere statement that sanctions can be lifted is none.
* `declared`: the law of `by` threatens third parties that deal with its targets (`note` says which).
  The act of 1996 on Iran counts until it was waived. Left out: that on Cuba, suspended twice a year
  from 1996 to 2019, and the secondary boycott of Israel.
* Compiled by the authors from general knowledge of the public record, a part of it looked up, and not
  yet checked entry by entry; a selection, not a register.

## Sources

1. UN General Assembly ideal points, version of July 28, 2025. Bailey, Strezhnev and Voeten (2017),
   Journal of Conflict Resolution 61(2), 430–456; raw votes: Fjelstul, Hug and Kilby (2025), Review of
   International Organizations. No licence stated in the copy used.
2. UN General Assembly roll calls: Voeten (2013), Data and Analyses of Voting in the UN General
   Assembly; sessions 45 to 74 from the R package unvotes (MIT), session 75 from un-project/un-votes
   (MIT). Agreement after Lijphart (1963).
3. CEPII BACI (Gaulier and Zignago 2010, CEPII working paper 2010-23), country by country flows; the
   copy used names no release and was recognised by its values. It ends in 2020. No licence stated in
   the copy used.
4. SIPRI Arms Transfers Database, (c) SIPRI. No redistribution licence is stated.
5. ATOP 5.1. Leeds, Ritter, Mitchell and Long (2002), International Interactions 28, 237–260. From the R
   package peacesciencer (GPL-2).
6. UCDP/PRIO Armed Conflict Dataset 22.1 (Gleditsch, Wallensteen, Eriksson, Sollenberg and Strand 2002,
   Journal of Peace Research 39(5), 615–637). Read for the levels of war only.

No row of the Global Sanctions Data Base (GSDB) and no row of SIPRI is part of the repository.
"""


def build(raw: Path) -> dict[str, list[Row]]:
    """Make every table from the folder of raw series: name of the file -> rows."""
    codes = sorted(every_code())
    votes = {
        name: history.read_series(raw, name, history.LAST_VOTE) for name in ("ideal_points", "unga_agreement")
    }
    flows, totals = (history.read_series(raw, name, history.TRADE[1]) for name in ("trade", "trade_totals"))
    return {
        "ideal_points": history.ideal_point_rows(votes["ideal_points"], codes),
        "agreement": history.agreement_rows(votes["unga_agreement"], codes),
        "trade": history.trade_rows(flows, totals, codes),
        "arms": history.arms_rows(history.read_series(raw, "arms", history.ARMS_ENDS[-1]), codes),
        "alliances": history.alliance_rows(
            history.read_series(raw, "alliances", history.ALLIANCES[1]), codes
        ),
        "acts": history.act_rows(read_hand("acts.csv"), codes),
        "events": history.event_rows(read_hand("history_events.csv")),
    }


def sources(tables: dict[str, list[Row]]) -> str:
    """``SOURCES.md``: every file, its dataset, years, rule and caveats."""
    return TEXT.format(
        **{name: len(rows) for name, rows in tables.items()},
        states=len(every_code()),
        last_event=history.LAST_EVENT,
        last_vote=history.LAST_VOTE,
        votes=_years(history.VOTES),
        agreement_years=_years(history.AGREEMENT),
        fewest=history.FEWEST_ROLL_CALLS,
        trade_years=_years(history.TRADE),
        ends=", ".join(str(end) for end in history.ARMS_ENDS),
        alliance_years=_years(history.ALLIANCES),
    )


def _years(span: tuple[int, int]) -> str:
    return f"{span[0]}–{span[1]}"


def write(tables: dict[str, list[Row]], out: Path) -> None:
    """Write the tables and ``SOURCES.md`` to a folder."""
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (out / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    (out / "SOURCES.md").write_text(sources(tables), encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--raw", type=Path, required=True, help="folder of the raw series")
    parser.add_argument("--out", type=Path, default=OUT, help="default: seeds/history")
    options = parser.parse_args(arguments)
    try:
        tables = build(options.raw)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    write(tables, options.out)
    for name, rows in tables.items():
        size = (options.out / f"{name}.csv").stat().st_size
        print(f"{name}.csv: {len(rows)} rows, {size / 1024:.0f} KB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
