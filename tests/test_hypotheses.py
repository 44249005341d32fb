"""H1-H10 put to invented worlds whose right verdict follows from the equations, through the whole program.

Every docstring gives the argument. Where nothing else is said, σ = 0 and h⁰ = 0 (nothing happens by luck), φ = χ = 0
(lost trade stays lost, nobody punishes helpers), δ = .75 and e∞ = 1, the other parameters are drawn from their prior,
and 90 % of a member's trade is with the senders; so an embargo gives it p = .9 · .75 = .675 of pain. A constant force F
carries a tie from its rest A⁰ to (βA⁰ ± F)/(β + F), and below a tie of .2 a gate of A/.2 weakens a force of the match.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from worlds import invented, make_world, permuted, two_blocs, write_world

from blocade import api
from blocade.claims import hypotheses
from blocade.cli import main
from blocade.result import Result
from blocade.scenario import ScenarioError
from blocade.world import World, load_world

Numbers = float | tuple[float, float]
Goods = Mapping[str, Mapping[str, tuple[float, float]]]

STILL: dict[str, Numbers] = {
    "w_votes": 1.0, "sigma": 0.0, "h0": 0.0, "phi": 0.0, "chi": 0.0, "delta": 0.75, "e_inf": 1.0,
}  # fmt: skip
ISOLATE = (
    "{at: 2022, kind: sanctions, by: senders, on: bloc, level: embargo}",
    "{at: 2022, kind: isolation, by: senders, on: bloc, level: embargo}",
)
OFF_RAMP = "{at: 2022, kind: off-ramp, by: senders, on: bloc, relief: 1}"
WAR = "background: {war: {kind: war, on: ONE, from: 2022, until: 2032, need: 1}}"
CAST = "bloc: [ONE, TWO]\npatron: PAT\nsenders: [SEA, SEB]\nmeasures: [cohesion]\nstarts: [real]\ndraws: 30"
SIZES = {"ONE": 0.02, "TWO": 0.02, "PAT": 0.5, "SEA": 0.3, "SEB": 0.1, "OUT": 0.06}
BOTH_WAYS: Goods = {
    "ONE": {"technology": (1, 0), "cash_labour": (0, 1)},
    "TWO": {"technology": (0, 1), "cash_labour": (1, 0)},
    **{code: {"technology": (1, 1), "cash_labour": (1, 1)} for code in ("PAT", "SEA", "SEB")},
}
"""ONE needs the technology that TWO spares, TWO the cash that ONE spares, and all others have and need both: the bond's
match is 1, that of a member and any other state 1 as well."""


def members(**partners: float) -> dict[str, dict[str, float]]:
    """Trade of the two members: the same shares for both."""
    return {"ONE": partners, "TWO": partners}


def world(
    goods: Goods | None = None,
    bond: float = 0.3,
    trade: Mapping[str, Mapping[str, float]] | None = None,
    **ties: float,
) -> World:
    """ONE and TWO with a bond, patron PAT, senders SEA and SEB, and OUT, which is nobody's; all of them on good terms
    with the two but for the ties given (``ONE_SEA=-0.2``)."""
    near = {f"{member} {other}": 0.3 for member in ("ONE", "TWO") for other in ("PAT", "SEA", "SEB")}
    near |= {pair.replace("_", " "): tie for pair, tie in ties.items()}
    return invented(SIZES, {"ONE TWO": bond, **near}, trade or members(SEA=0.6, SEB=0.3), goods)


def scenario_text(where: Path, arms: Mapping[str, Sequence[str]], asked: str, parameters: Mapping[str, Numbers]) -> str:
    """A scenario file; a number of a parameter as it is, a pair as a range."""
    drawn = {name: list(value) if isinstance(value, tuple) else value for name, value in parameters.items()}
    text = f"title: Invented\nworld: {where.name}\nstart: 2022\nend: 2032\nparameters: {json.dumps(drawn)}\n"
    text += "".join(f"{line}\n" for line in asked.splitlines()) + "arms:\n"
    for name, events in arms.items():
        bare = ", without: [war]" if name.endswith("-no-war") else ""
        text += f"  {name}: {{events: [{', '.join(events)}]{bare}}}\n"
    return text


class Laboratory:
    """Asks questions of worlds in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked = folder, 0

    def write(
        self,
        place: World,
        arms: Mapping[str, Sequence[str]],
        hypothesis: str,
        roles: str = CAST,
        theory: str = "exchange",
        more: str = "",
        **parameters: Numbers,
    ) -> Path:
        """Write a world and a scenario beside it; give the path of the scenario."""
        self.asked += 1
        where = write_world(self.folder / f"2021-world-{self.asked}", place)
        asked = f"{roles}\ntheory: {theory}\nhypotheses: {{{hypothesis}}}\n{more}"
        path = self.folder / f"question-{self.asked}.yaml"
        path.write_text(scenario_text(where, arms, asked, {**STILL, **parameters}), encoding="utf-8")
        return path

    def ask(
        self, place: World, arms: Mapping[str, Sequence[str]], hypothesis: str, *roles: str, **about: object
    ) -> Result:
        """Ask a hypothesis of a world: file → scenario → plan → runs → tables and verdicts, as for any user."""
        path = self.write(place, arms, hypothesis, *roles, **about)  # type: ignore[arg-type]
        return api.run(api.read(path), self.folder / path.stem, workers=1, progress=lambda _done, _total: None)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laboratory:
    """A laboratory without charts, which have tests of their own."""
    monkeypatch.setattr("blocade.api.show", lambda _folder: None)
    return Laboratory(tmp_path)


def said(result: Result) -> dict[str, str]:
    """Estimand → verdict."""
    return dict(zip(result.verdicts["estimand"], result.verdicts["verdict"], strict=True))


def every(verdict: str, *names: str) -> dict[str, str]:
    """The same verdict for every name."""
    return dict.fromkeys(names, verdict)


def exactly_nothing(result: Result) -> bool:
    """Whether no draw of any estimand moves at all."""
    return not result.verdicts[["estimate", "low", "high", "share", "down"]].to_numpy().any()


# --- H1: isolation bonds its targets --------------------------------------------------------------------------------

H1 = "H1: {treated: isolate, control: as-before}"
PRESSED = {"as-before": (), "isolate": ISOLATE}


def test_bonding_is_supported_where_pain_makes_needs_that_the_other_meets(lab: Laboratory) -> None:
    """μ = 0, ν ≥ .5: the match of the bond, 1, grows to 1 + ν p; F ≥ b_match ν p ≥ .34, and with β ≤ .33 the bond
    rises by at least .7 · .34/.67 = .35 of which ten years leave nothing out. PAT meets half as much of each member
    (½ ν p): .7 · .17/.50 = .24. The senders' hands shut their exchange (match 1 → 0): their ties fall from .3 to
    below .05."""
    found = lab.ask(world(BOTH_WAYS), PRESSED, H1, b_match=(1, 3), mu=0, nu=(0.5, 1))
    assert said(found) == every("supported", "bond", "patron", "distance")
    assert found.verdicts.set_index("estimand")["low"].gt([0.34, 0.23, 0.2]).all()


def test_bonding_is_reversed_in_the_same_world_where_pain_destroys_supply(lab: Laboratory) -> None:
    """ν = 0, μ ≥ .5: the match falls to 1 − μ p, F⁻ ≥ .34, and nothing but the gate stops the tie: A = .3 falls below
    .1, as β(.3 − A) = F⁻ (A/.2)(1 + A) says. PAT loses half as much. The distance is the senders' hands, not
    pain's."""
    found = lab.ask(world(BOTH_WAYS), PRESSED, H1, b_match=(1, 3), mu=(0.5, 1), nu=0)
    assert said(found) == {"bond": "reversed", "patron": "reversed", "distance": "supported"}


def test_bonding_is_exactly_nothing_without_forces(lab: Laboratory) -> None:
    """No force and no balance: policy does not enter equation 7, whatever the noise, the concessions and the trade."""
    prior = {"sigma": (0.036, 0.089), "h0": (0.01, 0.1), "phi": (0.0, 0.95), "chi": (0.0, 0.1)}
    found = lab.ask(world(BOTH_WAYS), PRESSED, H1, theory="homophily", **prior)
    assert said(found) == every("negligible", "bond", "patron", "distance")
    assert exactly_nothing(found)


def test_bonding_is_conditional_on_a_coefficient_of_either_sign(lab: Laboratory) -> None:
    """b_match in [−2, 2]: the hypercube puts half of the draws on either side of 0, F has the sign of b_match, and all
    but the draws next to 0 pass .05. So neither side nor the middle reaches .9, and b_match is what it hangs on."""
    found = lab.ask(world(BOTH_WAYS), PRESSED, H1, b_match=(-2, 2), mu=0, nu=1, beta=0.22)
    assert said(found) == every("conditional", "bond", "patron", "distance")
    assert found.verdicts[["share", "down"]].to_numpy().min() >= 0.4
    assert found.verdicts[["share", "down"]].to_numpy().max() <= 0.5
    for drivers in found.verdicts["drivers"]:
        assert drivers[0]["parameter"] == "b_match"
        assert drivers[0]["rho"] > 0.95


# --- H2: off-ramps --------------------------------------------------------------------------------------------------

H2 = "H2: {pressed: isolate, mixed: with-ramp, control: as-before, ramp: ramp}"
RAMPS = {**PRESSED, "with-ramp": (*ISOLATE, OFF_RAMP), "ramp": (OFF_RAMP,)}
ANSWERING: dict[str, Numbers] = {
    "h0": (0.2, 1), "k": 0, "k_o": (3, 5), "q": 0.9, "p_decay": (2, 4), "rho_cut": 2, "rho_recover": 2,
    "b_match": (1, 3), "mu": 0, "nu": (0.5, 1), "beta": (0.22, 0.33),
}  # fmt: skip


def test_an_off_ramp_that_is_taken_raises_compliance_and_undoes_the_bond(lab: Laboratory) -> None:
    """k = 0: the hazard is h⁰ ≤ 1 under pressure and h⁰ e^{k_o q} ≥ 3 a year with the offer, so whoever gets it
    concedes in the first years. All is then lifted: compliance stays at 1 (no decay under full relief), pain ends at
    ρ_recover = 2 and the bond returns at β to its rest. Without relief a concession is gone in half a year (a_p ≥ 2):
    at most about h⁰/a_p of the time. An off-ramp without pressure does nothing (no pressure, no hazard; b_offer =
    0)."""
    found = lab.ask(world(BOTH_WAYS), RAMPS, H2, **ANSWERING)
    assert said(found) == every("supported", "loosens", "complies", "loosens-more", "complies-more")
    kept = found.outcomes.query("arm == 'with-ramp' and measure == 'compliance'")["value"]
    assert kept.min() == 1.0
    without = lab.ask(world(BOTH_WAYS), RAMPS, H2, **{**ANSWERING, "theory": "homophily", "b_match": 0})
    assert said(without) == {
        "loosens": "negligible", "complies": "supported", "loosens-more": "negligible", "complies-more": "supported",
    }  # fmt: skip


def test_an_off_ramp_that_nobody_can_take_does_exactly_nothing(lab: Laboratory) -> None:
    """h⁰ = 0: no concession, so no relief, and the mixed arm is the pressed one. All else is as above."""
    found = lab.ask(world(BOTH_WAYS), RAMPS, H2, **{**ANSWERING, "h0": 0})
    assert said(found) == every("negligible", "loosens", "complies", "loosens-more", "complies-more")
    assert exactly_nothing(found)


def test_an_offer_that_reads_as_weakness_lowers_compliance(lab: Laboratory) -> None:
    """k_o = −5, q = .9, h⁰ = 1: under pressure alone both concede within ten years but for e^{−10}, and a_p = .05
    leaves at least .6 of it; with the offer the hazard is .011, so that both have conceded in one run of a
    hundred."""
    weak = {"h0": 1, "k_o": -5, "p_decay": 0.05, "theory": "homophily", "b_match": 0}
    found = lab.ask(world(BOTH_WAYS), RAMPS, H2, **{**ANSWERING, **weak})
    assert said(found) == {
        "loosens": "negligible", "complies": "reversed", "loosens-more": "negligible", "complies-more": "reversed",
    }  # fmt: skip


# --- H3: black knights ----------------------------------------------------------------------------------------------

H3 = "H3: {aloof: isolate, shielded: shields, joined: joins}"
KNIGHT = {
    "isolate": ISOLATE,
    "shields": (*ISOLATE, "{at: 2022, kind: shield, by: patron, on: bloc}"),
    "joins": (*ISOLATE, *(event.replace("by: senders", "by: patron") for event in ISOLATE)),
}
COLD = {"ONE_PAT": -0.8, "TWO_PAT": -0.8}
"""A patron that is large, trades with the two, and keeps aloof by itself."""


def test_a_patron_that_shields_relieves_and_one_that_joins_adds(lab: Laboratory) -> None:
    """The two lose .6 · .75 = .45 to SEA; willing are PAT (.5 of the world, at a tie of −.8 a tenth of it: .05), OUT
    (.06/2) and the other member (< .02). With κ = .1: W/(W + κ) is below .5 aloof, and .55/.65 > .84 with a shield of
    1, so shielding relieves at least .8 · .45 · .34 = .12. A patron that joins cuts its own .3 as well and shuts its
    door: pain is more than .675 (1 − .95 · .34) > .45. So pain is above .45 joined and below .45 (1 − .8 · .84) = .15
    shielded. μ = 1, ν = 0: the bond's match loses as much as there is pain, so the bond (.8) is tighter under the
    shield; and sym(Q) = ½ of a patron that joins pushes the embrace down from −.8 by .2 F/(β + F) ≥ .08, F =
    b_isolation/2 ≥ .25."""
    place = world(BOTH_WAYS, bond=0.8, trade=members(SEA=0.6, PAT=0.3), **COLD)
    usual: dict[str, Numbers] = {"phi": (0.8, 0.95), "kappa": 0.1, "beta": (0.22, 0.33), "b_match": (0.5, 1)}
    found = lab.ask(place, KNIGHT, H3, b_isolation=(0.5, 1), mu=1, nu=0, **usual)
    assert said(found) == every("supported", "relieves", "dulls", "bond", "embrace")
    # the other way round, where pain makes needs: the match gains as much as there is pain
    place = world(BOTH_WAYS, trade=members(SEA=0.6, PAT=0.3), **COLD)
    found = lab.ask(place, KNIGHT, H3, b_isolation=(0.5, 1), mu=0, nu=1, **usual)
    assert said(found) == {**every("supported", "relieves", "dulls", "embrace"), "bond": "reversed"}


def test_a_shield_relieves_nothing_where_no_trade_can_be_diverted(lab: Laboratory) -> None:
    """φ = 0: willing partners do not enter equation 4, and with χ = 0 there is no fear of punishment to take away:
    the shield does exactly nothing. A patron that joins still cuts .3 · .75 = .225 of its own trade; where it has
    none with the two, that does nothing either. No forces, so no tie moves."""
    place = world(BOTH_WAYS, trade=members(SEA=0.6, PAT=0.3), **COLD)
    found = lab.ask(place, KNIGHT, H3, theory="homophily")
    assert said(found) == {**every("negligible", "relieves", "bond", "embrace"), "dulls": "supported"}
    assert found.verdicts.set_index("estimand")["estimate"]["dulls"] == pytest.approx(0.225, abs=1e-3)
    strangers = lab.ask(world(BOTH_WAYS, trade=members(SEA=0.6), **COLD), KNIGHT, H3, theory="homophily")
    assert said(strangers) == every("negligible", "relieves", "dulls", "bond", "embrace")
    assert exactly_nothing(strangers)


def test_a_shield_relieves_as_far_as_it_takes_away_the_fear_of_punishment(lab: Laboratory) -> None:
    """φ = 0 and χ = 1: PAT, which lives by trade with SEA, risks .9 of it by the two, who risk nothing by PAT. So
    sym(risk) = .45 takes .3 · .45 = .135 of their trade, and the shield gives it back. Not so if it is OUT
    that shields."""
    trade = {**members(SEA=0.6, PAT=0.3), "PAT": {"SEA": 0.9}}
    found = lab.ask(world(BOTH_WAYS, trade=trade, **COLD), KNIGHT, H3, theory="homophily", chi=1)
    assert said(found) == {**every("negligible", "bond", "embrace"), **every("supported", "relieves", "dulls")}
    assert found.verdicts.set_index("estimand")["estimate"]["relieves"] == pytest.approx(0.135, abs=1e-3)
    other = {name: tuple(event.replace("by: patron", "by: OUT") for event in KNIGHT[name]) for name in KNIGHT}
    found = lab.ask(world(BOTH_WAYS, trade=trade, **COLD), other, H3, theory="homophily", chi=1)
    assert said(found) == every("negligible", "relieves", "dulls", "bond", "embrace")


# --- H4: secondary sanctions ----------------------------------------------------------------------------------------

H4 = "H4: {declared: declared, undeclared: isolate}"
HELPERS = {**members(SEA=0.4, OUT=0.5), "OUT": {"SEA": 0.9}, "PAT": {"SEA": 0.9}}
"""The two live by trade with OUT; OUT and PAT live by trade with the sender SEA."""


def helped(level: float) -> dict[str, Sequence[str]]:
    declared = f"{{at: 2022, kind: secondary-sanctions, by: senders, level: {level}}}"
    return {"isolate": ISOLATE, "declared": (*ISOLATE, declared)}


def test_secondary_sanctions_cut_the_exits(lab: Laboratory) -> None:
    """χ = 0 or 1, hands of 1. OUT and PAT risk .9 by the two, who risk nothing by them: sym(risk) = .45. So the trade
    with OUT falls by .45 · .5 = .225, all of it pain (φ = 0), and with b_risk ≥ .5 the ties of OUT and PAT to the two
    fall from .3 by 1.3 · .225/.555 = .53 or more; OUT's to the senders do not move. The two risk by each other what
    is left of their trade with SEA, .4 · .25 = .1, as g = 0: the bond falls from .5 by at least 1.5 · .05/.38 =
    .2."""
    place = world(bond=0.5, trade=HELPERS, ONE_OUT=0.3, TWO_OUT=0.3)
    names = ("pain", "bond", "embrace", "swing")
    risk: dict[str, Numbers] = {"b_risk": (0.5, 1)}
    found = lab.ask(place, helped(1), H4, theory="homophily", g=0, **risk)
    assert said(found) == every("supported", *names)
    # g = 1: who is punished already fears no more, so nothing acts between the two; the helpers still fear
    found = lab.ask(place, helped(1), H4, theory="homophily", g=1, **risk)
    assert said(found) == {**every("supported", *names), "bond": "negligible"}
    # declared, and not enforced at all: χ = 0 in both arms
    found = lab.ask(place, helped(0), H4, theory="homophily", g=0, **risk)
    assert said(found) == every("negligible", *names)
    assert exactly_nothing(found)


# --- H5: effort that lasts ------------------------------------------------------------------------------------------

H5 = "H5: {held: watched, decaying: pressed}"
WATCHED = {"pressed": ISOLATE[:1], "watched": (ISOLATE[0], "{at: 2022, kind: institution, by: senders, on: bloc}")}
TIRING: dict[str, Numbers] = {
    "e_inf": 0, "rho_e": (1, 2), "h0": 0.02, "k": 10, "kappa_f": 0, "u_base": 0, "rho_u": 0, "p_decay": 1, "rho_cut": 2,
    "rho_recover": 2, "b_match": (1, 3), "beta": (0.22, 0.33),
}  # fmt: skip


def test_effort_that_an_institution_holds_up_keeps_pain_compliance_and_bond_up(lab: Laboratory) -> None:
    """ι = 1 holds effort at 1: pain stays at .675 and the hazard at .02 e^{6.75} = 17 a year, so compliance (a_p = 1)
    is most of the time above .5. Without it e∞ = 0 and ρ_e ≥ 1: after ten years effort is below e^{−9}, pain has
    followed at ρ = 2, the hazard is back at .02. With ν ≥ .5 the bond stays .35 or more above its rest where pain
    lasts (as for H1); where pain has gone by the third year it has returned at β ≥ .22 to within .7 e^{−.22 · 6.5} =
    .17 of it; with μ ≥ .5 the same the other way round: .2 or more below, and back to within .3 · .24 = .07."""
    grows = lab.ask(world(BOTH_WAYS), WATCHED, H5, institution=1, mu=0, nu=(0.5, 1), **TIRING)
    assert said(grows) == every("supported", "pain", "complies", "bond")
    shrinks = lab.ask(world(BOTH_WAYS), WATCHED, H5, institution=1, mu=(0.5, 1), nu=0, **TIRING)
    assert said(shrinks) == {**every("supported", "pain", "complies"), "bond": "reversed"}


def test_an_institution_without_weight_does_exactly_nothing(lab: Laboratory) -> None:
    """ι = 0: it takes up none of the slack, so both arms are the same."""
    found = lab.ask(world(BOTH_WAYS), WATCHED, H5, institution=0, mu=0, nu=(0.5, 1), **TIRING)
    assert said(found) == every("negligible", "pain", "complies", "bond")
    assert exactly_nothing(found)


# --- H6: dose -------------------------------------------------------------------------------------------------------

H6 = f"H6: {{{', '.join(f'd{k}: dose-{k}' for k in (0, 2, 3, 5, 6, 8))}}}"
DOSES = {f"dose-{k}": (ISOLATE[0].replace("embargo", str(k / 8)),) * (k > 0) for k in (0, 2, 3, 5, 6, 8)}
SLOPES = ("whole", "low", "middle", "high")


def bond_by_hand(dose: float, b_match: float, beta: float, rho: float, start: float) -> float:
    """Mean bond over the last four of forty steps where ν = 1 and μ = 0: trade, pain and tie, step by step."""
    trade, tie, ties = 0.9, start, [start]
    for _ in range(40):
        pain = 0.9 - trade
        tie += 0.25 * (beta * (start - tie) + b_match * pain * (1 - tie))
        trade += 0.25 * rho * (0.9 * (1 - 0.75 * dose) - trade)
        ties.append(tie)
    return float(np.mean(ties[-4:]))


def test_every_slope_of_the_dose_has_the_sign_of_what_pain_does_to_the_match(lab: Laboratory) -> None:
    """Pain is .675 x at dose x. ν = 1, bond .2: A(x) = 1 − .8 β/(β + f x) with f = .675 b_match in [.17, .34] rises
    ever more slowly, and at x = 1 still by .8 β f/(β + f)² ≥ .15 a dose. μ = 1, bond .8, f ≤ .1, β = .33: A(x) = 1.8
    β/(β + f x) − 1 stays above .2, where the gate is open, and falls by at least 1.8 β f/(β + f)² ≥ .2 a dose."""
    rises = lab.ask(world(BOTH_WAYS, bond=0.2), DOSES, H6, b_match=(0.25, 0.5), mu=0, nu=1)
    assert said(rises) == every("supported", *SLOPES)
    falls = lab.ask(world(BOTH_WAYS, bond=0.8), DOSES, H6, b_match=(0.1, 0.15), mu=1, nu=0, beta=0.33)
    assert said(falls) == every("reversed", *SLOPES)


def test_slopes_are_those_worked_out_by_hand(lab: Laboratory) -> None:
    """One parameter set, thirty times: every draw gives the same number, that of six lines of arithmetic."""
    found = lab.ask(world(BOTH_WAYS, bond=0.2), DOSES, H6, b_match=0.4, mu=0, nu=1, beta=0.2, rho_cut=2)
    bond = {k: bond_by_hand(k / 8, 0.4, 0.2, 2.0, 0.2) for k in (0, 2, 3, 5, 6, 8)}
    by_hand = [bond[8] - bond[0], (bond[3] - bond[0]) * 8 / 3, (bond[6] - bond[2]) * 2, (bond[8] - bond[5]) * 8 / 3]
    for column in ("estimate", "low", "high"):
        np.testing.assert_allclose(found.verdicts[column], by_hand, rtol=0, atol=1e-6)


def test_a_dose_that_has_done_its_work_early_has_a_negligible_slope_at_the_top(lab: Laboratory) -> None:
    """β = .12, f = 5 · .675: A(x) = 1 − .096/(.12 + 3.375 x) is .931 at 3/8 already (slope 1.9), gains .063 from 2/8
    to 6/8 (slope .13) and .0156 from 5/8 to 1 (slope .042 < .05)."""
    found = lab.ask(world(BOTH_WAYS, bond=0.2), DOSES, H6, b_match=5, mu=0, nu=1, beta=0.12)
    assert said(found) == {**every("supported", "whole", "low", "middle"), "high": "negligible"}
    nothing = lab.ask(world(BOTH_WAYS, bond=0.2), DOSES, H6, theory="homophily", sigma=(0.036, 0.089))
    assert said(nothing) == every("negligible", *SLOPES)
    assert exactly_nothing(nothing)


# --- H7: what outlasts isolation ------------------------------------------------------------------------------------

H7 = "H7: {lifted: two-years, never: as-before, kept: isolate}"
LIFTED = {**PRESSED, "two-years": tuple(event.replace("}", ", until: 2024}") for event in ISOLATE)}
CAMPS = "bloc: [ONE, TWO, TRE]\nsenders: [SEA, SEB, SEC]\nmeasures: [cohesion]\nstarts: [real]\ndraws: 30"
FAINT, SATURATION = 0.05, 0.8


def two_camps() -> World:
    """Two camps of three equals without trade, friendly within and hostile between, both by .05 only."""
    codes = ("ONE", "TWO", "TRE", "SEA", "SEB", "SEC")
    side = {code: 1 if code in codes[:3] else -1 for code in codes}
    ties = {f"{a} {b}": FAINT * side[a] * side[b] for i, a in enumerate(codes) for b in codes[i + 1 :]}
    return invented(dict.fromkeys(codes, 1 / 6), ties, {})


def rest_points(balance: float) -> list[float]:
    """Where ties of size a (friendly within, hostile between) rest, by the sign changes of the equation below."""
    steep = balance / (4 * FAINT * 5 / 6) * (4 / 6) / SATURATION
    a = np.linspace(0.0, 1.0, 100_001)
    gap = a - FAINT - SATURATION * (np.tanh(steep * a**2) - np.tanh(steep * FAINT**2))
    return [float(x) for x in a[:-1][(gap[:-1] <= 0.0) != (gap[1:] <= 0.0)]]


def test_nothing_outlasts_isolation_where_every_tie_returns_to_its_rest(lab: Laboratory) -> None:
    """β ≥ .8 and trade that returns at 2 a year: eight years after the lift e^{−.8 · 7} < .004 of any gap is left.
    While isolation is kept, the bond stands .7 · .34/(1.2 + .34) = .15 or more above its rest."""
    fast: dict[str, Numbers] = {"beta": (0.8, 1.2), "rho_cut": 2, "rho_recover": 2}
    found = lab.ask(world(BOTH_WAYS), LIFTED, H7, b_match=(1, 3), mu=0, nu=(0.5, 1), **fast)
    assert said(found) == {"bond": "negligible", "distance": "negligible", "closes": "supported"}


def test_isolation_that_pushes_balance_over_its_fold_is_never_undone(lab: Laboratory) -> None:
    """Two camps of three with ties ±a: (A W A)_ij = ±(4/6) a² and W^½AW^½ has the top eigenvalue (5/6) a, so da =
    β(a⁰ − a) + L [tanh(αca²/L) − tanh(αca⁰²/L)], α = balance β/(4 · 5a⁰/6), c = 4/6, L = ℓβ. With ℓ = .8 and balance
    2 that has three rest points: .05 and .83, both stable, and between them .08. Isolation (b_isolation = 3 on sym(Q)
    = ½) drives the ties between the camps below −.5 within a year, and what common enemies (3/6 z²) then make of the
    bond passes .08 too: so all go to .83 and stay there, isolation kept or not, because balance is saturated. With
    balance .2 there is one rest point, .05, to which all return once isolation is lifted, and which it holds them off
    as long as it lasts."""
    pushed: dict[str, Numbers] = {"beta": 1, "b_isolation": 3, "balance_limit": SATURATION}
    low, middle, high = rest_points(2.0)
    assert (low, middle, high) == pytest.approx((0.05, 0.076, 0.83), abs=2e-3)
    stays = lab.ask(two_camps(), LIFTED, H7, CAMPS, theory="homophily", balance=2, **pushed)
    assert said(stays) == {"bond": "supported", "distance": "supported", "closes": "negligible"}
    gap = stays.verdicts.set_index("estimand")["estimate"]
    assert (gap["bond"], gap["distance"]) == pytest.approx((high - low, high - low), abs=2e-3)
    assert len(rest_points(0.2)) == 1
    returns = lab.ask(two_camps(), LIFTED, H7, CAMPS, theory="homophily", balance=0.2, **pushed)
    assert said(returns) == {"bond": "negligible", "distance": "negligible", "closes": "supported"}


# --- H8: wedges -----------------------------------------------------------------------------------------------------

H8 = "H8: {pressed: pressed, wedge: wedge, shared: shared, coercive: coercive}"
HALF = ISOLATE[0].replace("embargo", "sectoral")
WEDGES = {
    "pressed": (HALF,),
    "wedge": (HALF, "{at: 2022, kind: wedge, by: senders, on: bloc, relief: 0.9}"),
    "shared": (HALF, "{at: 2022, kind: engagement, by: senders, on: bloc, share: 0.45}"),
    "coercive": (HALF, "{at: 2022, kind: coercive-wedge, by: senders, on: bloc, level: embargo}"),
}
NEARER = {"ONE_SEA": 0.0, "ONE_SEB": 0.0, "TWO_SEA": -0.3, "TWO_SEB": -0.3}
"""ONE is the nearer to the senders, and stays so: at these ties the gate is shut, so they do not move."""
WOOED: dict[str, Numbers] = {"b_match": (1, 1.5), "beta": (0.22, 0.33)}


def test_a_wedge_works_through_the_need_of_the_member_that_it_courts(lab: Laboratory) -> None:
    """ONE needs the technology that TWO spares, ν = μ = 1: the match is ½ (1 + p₁)(1 − p₂), with p = .34 for both at
    half the dose. Relief of .9 for ONE takes p₁ to .03 (match .34, against .44); half of it for both takes both to
    .19 (.48); an embargo on TWO, the farther, takes p₂ to .675 (.22). The bond follows in this order: shared,
    pressed, wedge, coercive. Compliance: k = 0, the offer raises ONE's hazard from .03 to .03 e⁵ = 4.5 a year and
    leaves TWO's alone."""
    needs = {"ONE": {"technology": (1.0, 0.0)}, "TWO": {"technology": (0.0, 1.0)}}
    answering: dict[str, Numbers] = {"h0": 0.03, "k": 0, "k_o": 5, "q": 1, "p_decay": 1}
    place = world(needs, bond=0.8, trade=None, **NEARER)
    found = lab.ask(place, WEDGES, H8, mu=1, nu=1, more="replicates: 4", **WOOED, **answering)
    assert said(found) == every("supported", "loosens", "than-all", "coercive", "complies")
    by = found.verdicts.set_index("estimand")
    assert by["low"]["than-all"] > by["high"]["loosens"] + 0.1  # what is shared loosens nothing


def test_a_wedge_binds_where_it_restores_what_the_other_needs(lab: Laboratory) -> None:
    """The other way round: TWO needs what ONE spares, ν = 0, μ = 1, match ½ (1 − p₁). Relief for ONE restores all of
    it, relief for both half of that, and an embargo on TWO changes nothing. h⁰ = 0: nobody concedes."""
    needs = {"TWO": {"technology": (1.0, 0.0)}, "ONE": {"technology": (0.0, 1.0)}}
    found = lab.ask(world(needs, bond=0.8, trade=None, **NEARER), WEDGES, H8, mu=1, nu=0, **WOOED)
    assert said(found) == {**every("reversed", "loosens", "than-all"), **every("negligible", "coercive", "complies")}
    nothing = lab.ask(world(needs, bond=0.8, trade=None, **NEARER), WEDGES, H8, theory="homophily")
    assert said(nothing) == every("negligible", "loosens", "than-all", "coercive", "complies")
    assert exactly_nothing(nothing)


# --- H9: placebo ----------------------------------------------------------------------------------------------------

H9 = "H9: {placebo: isolate-out, control: as-before}"
PLACEBO = {"as-before": (), "isolate-out": tuple(event.replace("on: bloc", "on: OUT") for event in ISOLATE)}


def test_isolating_a_state_that_is_nothing_to_the_bloc_does_nothing_to_it(lab: Laboratory) -> None:
    """All forces, noise and concessions over the whole prior. OUT is a millionth of the world, without ties, and
    nobody trades with it: it enters the others' equations only by its capability (partners, balance, pressure), so
    whatever becomes of it changes them by some millionths."""
    place = world(BOTH_WAYS, trade={**members(SEA=0.3, PAT=0.2), "OUT": {"SEA": 0.5, "SEB": 0.3}})
    place = replace(place, capability=np.where(np.array(place.codes) == "OUT", 1e-6, place.capability))
    prior = {
        "sigma": (0.036, 0.089), "h0": (0.01, 0.1), "phi": (0.0, 0.95), "chi": (0.0, 0.1), "delta": (0.3, 0.75),
        "e_inf": (0.3, 0.9),
    }  # fmt: skip
    found = lab.ask(place, PLACEBO, H9, theory="full", **prior)
    assert said(found) == every("negligible", "bond", "embrace")
    assert found.verdicts[["low", "high"]].abs().to_numpy().max() < 1e-4
    itself = lab.ask(place, PRESSED, H1, theory="full", **prior)  # the same world does answer where the bloc is meant
    assert itself.verdicts[["low", "high"]].abs().to_numpy().max() > 0.01


def test_the_placebo_fails_where_it_is_the_blocs_main_supplier(lab: Laboratory) -> None:
    """Half of the members' trade is with OUT, half with SEA, who punishes helpers (χ = 1): they risk .5 by OUT, it
    nothing by them, so sym(risk) = .25 takes .125 of their trade. ν ≥ 2: the bond's match gains .25 or more, F ≥ .375,
    and the bond rises by at least .7 · .375/.705 = .37; the embrace, with half of that force, by .24."""
    found = lab.ask(
        world(BOTH_WAYS, trade=members(OUT=0.5, SEA=0.5)), PLACEBO, H9, chi=1, b_match=(1.5, 3), mu=0, nu=(2, 3)
    )
    assert said(found) == every("supported", "bond", "embrace")


# --- H10: war or isolation ------------------------------------------------------------------------------------------

H10 = "H10: {both: isolate, war: as-before, isolation: isolate-no-war, neither: as-before-no-war}"
SQUARE = {**PRESSED, "as-before-no-war": (), "isolate-no-war": ISOLATE}


def armed(arms: float) -> Goods:
    """The same needs and surpluses, and TWO spares arms that ONE, at war, comes to need."""
    return {**BOTH_WAYS, "TWO": {**BOTH_WAYS["TWO"], "arms": (0.0, arms)}}


def assert_parts_add_up(found: Result) -> None:
    """isolation's part + the war's part = both − neither, in every draw, and the share is their quotient."""
    table = found.outcomes.query("measure == 'cohesion'").pivot_table(
        index="draw", columns="arm", values="value", observed=True
    )
    total = table["isolate"] - table["as-before-no-war"]
    isolation = (table["isolate"] - table["as-before"] + table["isolate-no-war"] - table["as-before-no-war"]) / 2
    war = (table["isolate"] - table["isolate-no-war"] + table["as-before"] - table["as-before-no-war"]) / 2
    np.testing.assert_allclose(isolation + war, total, rtol=0, atol=1e-12)
    told = found.verdicts.set_index("estimand")
    by_hand = pd.concat([isolation, war, isolation / total], axis=1, keys=["isolation", "war", "share"]).quantile(
        [0.05, 0.5, 0.95]
    )
    for name in ("isolation", "war", "share"):
        np.testing.assert_allclose(told.loc[name, ["low", "estimate", "high"]].astype(float), by_hand[name], atol=1e-6)
    assert (told["n"] == 30).all()


def test_a_bond_of_war_alone_is_the_wars_doing(lab: Laboratory) -> None:
    """ν = μ = 0: pain enters no match, so isolation does exactly nothing to the bond. The war adds ½ · need · surplus
    = ½ to the match: F ≥ .5, at least .7 · .5/.83 = .42. Isolation's share is 0: not most of it."""
    found = lab.ask(world(armed(1.0)), SQUARE, H10, b_match=(1, 3), mu=0, nu=0, more=WAR)
    assert said(found) == {"isolation": "negligible", "war": "supported", "share": "negligible"}
    assert_parts_add_up(found)
    assert found.verdicts.set_index("estimand").loc[["isolation", "share"], ["low", "high"]].abs().max().max() == 0.0


def test_a_bond_of_isolation_alone_is_isolations_doing(lab: Laboratory) -> None:
    """TWO spares no arms: the war's need meets nothing. ν ≥ .5: as for H1. Isolation's share is 1."""
    found = lab.ask(world(armed(0.0)), SQUARE, H10, b_match=(1, 3), mu=0, nu=(0.5, 1), more=WAR)
    assert said(found) == {"isolation": "supported", "war": "negligible", "share": "supported"}
    assert_parts_add_up(found)
    np.testing.assert_allclose(found.verdicts.set_index("estimand").loc["share", ["low", "high"]].astype(float), 1.0)


def test_war_and_isolation_can_pull_apart(lab: Laboratory) -> None:
    """b_match = .5, β = .33, bond .6, μ = 1, ν = 0: isolation takes F = .34 off the match, the war adds .25. War
    alone: (.198 + .25)/.58 = .77. Both: (.198 − .0875)/.4175 = .26. Isolation alone falls through the gate to .09. So
    isolation's part is about −.51 and the war's +.17 of a total of −.34: the change is a fall, and isolation's 1.5
    times over."""
    found = lab.ask(world(armed(1.0), bond=0.6), SQUARE, H10, b_match=0.5, mu=1, nu=0, beta=0.33, more=WAR)
    assert said(found) == {"isolation": "reversed", "war": "supported", "share": "supported"}
    assert found.verdicts["estimate"].tolist() == pytest.approx([-0.51, 0.17, 1.5], abs=0.05)
    assert_parts_add_up(found)


# --- the whole program ----------------------------------------------------------------------------------------------


def test_a_mirrored_world_gives_the_mirrored_answer_to_the_last_digits(lab: Laboratory) -> None:
    """Two blocs that are each other's image, all forces, the whole prior, some acts in force: that East isolates West
    gives the numbers of West isolating East. Luck is keyed by the names of states, so there is none (σ = h⁰ = 0)."""
    place, _ = two_blocs(2, 2, np.random.default_rng(11))
    west, east = both_ways(lab, place)
    columns = ["estimand", "start", "verdict", "n", "estimate", "low", "high", "share", "down"]
    pd.testing.assert_frame_equal(west.verdicts[columns], east.verdicts[columns], rtol=0, atol=2e-6)  # six decimals
    np.testing.assert_allclose(own_numbers(west), own_numbers(east), rtol=0, atol=1e-12)
    assert west.verdicts["estimate"].abs().max() > 0.01
    # and where one state of West is larger by half, it is no mirror
    larger = np.where(np.array(place.codes) == place.groups["West"][0], 1.5, 1.0)
    west, east = both_ways(lab, replace(place, capability=place.capability * larger))
    assert np.abs(own_numbers(west) - own_numbers(east)).max() > 1e-2


def both_ways(lab: Laboratory, place: World) -> tuple[Result, Result]:
    """H1 with West as the bloc that East isolates, and the other way round; the patron is neutral."""
    east, west = place.groups["East"], place.groups["West"]
    answers = []
    for bloc, senders in ((west, east), (east, west)):
        roles = f"bloc: [{', '.join(bloc)}]\nsenders: [{', '.join(senders)}]\npatron: {place.codes[-1]}"
        roles += "\nstarts: [real, clean]\ndraws: 20"
        drawn: dict[str, Numbers] = {"w_votes": 0.4, "phi": (0.0, 0.95), "chi": (0.0, 0.1)}
        answers.append(lab.ask(place, PRESSED, H1, roles, theory="full", **drawn))
    return answers[0], answers[1]


def own_numbers(answer: Result) -> npt.NDArray[np.float64]:
    """What is measured of the bloc and its senders in every run."""
    own = ("cohesion", "embrace", "distance", "pain", "compliance", "armament", "pressure", "insulation", "sender_cost")
    return answer.outcomes.loc[answer.outcomes["measure"].isin(own), "value"].to_numpy(dtype=float)


def test_the_command_line_gives_the_same_verdicts(lab: Laboratory, capsys: pytest.CaptureFixture[str]) -> None:
    path = lab.write(world(BOTH_WAYS), PRESSED, H1, b_match=(1, 3), mu=(0.5, 1), nu=0)
    assert main(["run", str(path), "--out", str(lab.folder / "told"), "--workers", "1"]) == 0
    printed = capsys.readouterr().out
    rows = {line.split("  ")[0].strip(): line for line in printed.splitlines() if "Isolation" in line}
    assert "reversed" in rows["Isolation tightens the bond"]
    assert "reversed" in rows["Isolation ties the bloc to its patron"]
    assert "supported" in rows["Isolation parts the bloc from the senders"]


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("H1: {treated: isolate, control: before}", 'H1 compares arms that this scenario lacks: "before"'),
        ("H1: {treated: isolate, control: isolate}",
         "H1 compares an arm with itself; name another for one of its roles"),
        ("H4: {declared: isolate, undeclared: as-before}", "H4 measures what these roles do not have: swing_alignment"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_answered_is_one_line_with_its_place(
    asked: str, line: str, lab: Laboratory
) -> None:
    path = lab.write(world().select(list(SIZES)[:-1]), PRESSED, asked)  # without OUT nobody is left to swing
    with pytest.raises(ScenarioError) as caught:
        api.read(path)
    assert caught.value.mistakes == [f"{path}:13:13: {line}"]


def test_every_hypothesis_of_the_seeds_is_asked_here() -> None:
    asked = {text.split(":")[0] for text in (H1, H2, H3, H4, H5, H6, H7, H8, H9, H10)}
    assert asked == set(hypotheses())


@pytest.mark.parametrize("seed", [1, 2])
def test_a_world_that_is_written_is_the_world_that_is_read(seed: int, tmp_path: Path) -> None:
    """The makers of these worlds lose nothing on the way through the tables."""
    made = make_world(6, np.random.default_rng(seed))
    found = load_world(write_world(tmp_path / "2021-made", made))
    still = np.arange(6)
    for name, array in permuted(made, still).items():
        np.testing.assert_allclose(permuted(found, still)[name], array, rtol=0, atol=1e-15, err_msg=name)
    assert (found.codes, found.names) == (made.codes, made.names)
