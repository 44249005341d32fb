"""Institutions, alliances, patrons, leaders, wars and shields against numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from four_states import WORLD, A, B, S, T, decrees, pairs, path, ran, whole
from helpers import BEGIN, DT, close, plain, seen, sets

from blocade import situation
from blocade.policy.events import (
    AllianceEvent,
    ClashEvent,
    DeterrenceEvent,
    Event,
    ExitEvent,
    InstitutionEvent,
    IsolationEvent,
    LeaderChangeEvent,
    SanctionsEvent,
    SecondarySanctionsEvent,
    ShieldEvent,
    VetoEvent,
    WarEvent,
)
from blocade.policy.orders import orders
from blocade.state import Moment
from blocade.world import GOODS

# --- institutions, vetoes -------------------------------------------------------------------------------------------


def test_an_institution_lifts_the_effort_that_remains() -> None:
    """e∞ + ι (1 − e∞) = .6 + .5·.4 = .8: of what is in force at the start, and what fresh effort decays to."""
    acts = np.zeros((4, 4))
    acts[0, 2] = acts[1, 2] = 0.5
    events = (InstitutionEvent(BEGIN, (S, T), (A,)), SanctionsEvent(BEGIN, (T,), (A,), 0.5))
    decree = decrees(*events, world=plain(4, sanctions=acts))[8]
    found = whole(orders(decree, 2.0, sets(e_inf=0.6, institution=0.5, rho_e=0.1), seen(4)).enforced)
    close(found[:2, 2:], [[0.5 * 0.8, 0.5 * (0.8 + 0.2 * np.exp(-0.2))], [0.5 * 0.6, 0.0]])


@pytest.mark.parametrize("turned", [False, True])
def test_a_veto_undoes_every_institution_whatever_the_order_of_dates(turned: bool) -> None:
    institution = InstitutionEvent(BEGIN + (2 if turned else 1), (S,), (A, B))
    veto = VetoEvent(BEGIN + (1 if turned else 2), (T,), (A,), until=BEGIN + 4)
    for events in ((institution, veto), (veto, institution)):
        watched = np.array([decree.watched[:2, 2] for decree in decrees(*events)])
        expected = np.zeros((48, 2), dtype=bool)
        expected[8 if turned else 4 :] = True
        expected[8:16, 0] = False
        np.testing.assert_array_equal(watched, expected)


# --- alliance, deterrence, exit -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "rise"), [(1.0, 0.5 * 0.6), (0.3, 0.0)])
def test_an_alliance_raises_the_resting_tie_and_the_tie_follows(level: float, rise: float) -> None:
    """From a pact of .4 by w_D (level − .4)⁺; (1 − β dt)^k of the way remains after k steps. Its end takes it back."""
    world = plain(4, defence=pairs(AB=0.4, AS=0.4))
    event = AllianceEvent(BEGIN + 1, (A, B), level, until=BEGIN + 10)
    moments = ran([event], world, 400, beta=0.3, w_defence=0.5)
    left = (1 - 0.3 * DT) ** np.arange(37)
    close(path(moments, 0, 1)[:4], 0.2)
    close(path(moments, 0, 1)[4:41], 0.2 + rise * (1 - left), 1e-12)
    close(path(moments, 1, 0)[-1], 0.2, 1e-10)
    close(path(moments, 0, 2), 0.2, 1e-12)


@pytest.mark.parametrize(("level", "fall"), [(1.0, 0.7 * 0.6), (0.3, 0.0)])
def test_a_clash_lowers_the_resting_tie_of_both_until_it_is_settled(level: float, fall: float) -> None:
    """From an enmity of .4 by w_X (level − .4)⁺, which the two share; a settlement takes it back."""
    world = plain(4, votes=pairs(AS=0.8, AB=0.5), enmity=pairs(AS=0.4))
    event = ClashEvent(BEGIN + 1, (S,), (A,), level, until=BEGIN + 10)
    moments = ran([event], world, 400, beta=0.3, w_votes=0.5, w_enmity=0.7)
    left = (1 - 0.3 * DT) ** np.arange(37)
    close(path(moments, 0, 2)[4:41], 0.4 - 0.28 - fall * (1 - left), 1e-12)
    close(path(moments, 2, 0)[-1], 0.12, 1e-10)
    close(path(moments, 0, 1), 0.25, 1e-12)


def test_deterrence_raises_armament_at_rest() -> None:
    """With k_m = 0: m⁰ (1 + share (1 − (1 − a dt)^k)), and back when it ends; two events add up."""
    world = plain(4, armament=np.array([1.0, 2.0, 3.0, 0.5]))
    events = (DeterrenceEvent(BEGIN, (S, T), 0.3, until=BEGIN + 50), DeterrenceEvent(BEGIN, (T,), 0.2))
    moments = ran(events, world, 400, arms_reaction=0.0, arms_fatigue=0.4, tau=0.2)
    close(path(moments, 2, field="armament")[:200], 3 * (1 + 0.3 * (1 - 0.9 ** np.arange(200))), 1e-12)
    close(path(moments, 3, field="armament")[199], 0.5 * 1.5, 1e-8)
    close(moments[-1].state.armament, [[1.0, 2.0, 3.0, 0.5 * 1.2]], 1e-8)


@pytest.mark.parametrize(("share", "phi"), [(0.8, 0.0), (1.0, 0.9)])
def test_a_patron_that_leaves_takes_pact_arms_and_trade_with_it_and_brings_them_back(share: float, phi: float) -> None:
    """Tie .5 + .25·.6 and trade .5 fall by the share. Of what A misses T takes up φ w/(w + κ), w = ⅛; the patron, S,
    takes up none of what it has withdrawn itself."""
    trade = np.zeros((4, 4))
    trade[0, 2], trade[2, 0] = 0.5, 0.1
    world = plain(4, trade=trade, defence=pairs(AS=1.0), arms=np.array(pairs(AS=0.6)))
    event = ExitEvent(BEGIN, (S,), (A,), share, until=BEGIN + 100)
    willing = {"phi": phi, "kappa": 0.1, "rho_cut": 2.0, "psi": 0.0, "chi": 0.0}
    only_t = (IsolationEvent(BEGIN, (B,), (A, S), 1.0, until=BEGIN + 100), event)
    moments = ran(only_t, world, 800, beta=0.4, w_defence=0.5, w_arms=0.25, **willing)
    gone, back = moments[399], moments[-1]
    close(path(moments, 0, 2)[:400], 0.65 * (1 - share * (1 - 0.9 ** np.arange(400))), 1e-12)
    taken = phi * 0.125 / 0.225
    close(gone.state.trade[0, 0], [0, 0, 0.5 * (1 - share), 0.5 * share * taken], 1e-9)
    close(gone.situation.pain[0], [0.5 * share * (1 - taken), 0, 0.1 * share * (1 - taken), 0], 1e-9)
    close([back.state.tie[0, 0, 2], back.state.trade[0, 0, 2], back.situation.pain[0, 0]], [0.65, 0.5, 0.0], 1e-6)


def test_an_exit_takes_a_share_of_the_pact_that_is_in_force_by_then() -> None:
    world = plain(4, defence=pairs(AS=0.5))
    signed, leaves = AllianceEvent(BEGIN + 1, (A, S), 0.9), ExitEvent(BEGIN + 2, (S,), (A,), 0.5)
    pact = np.array([decree.pact[0, 2] for decree in decrees(signed, leaves, world=world)])
    close(pact[[3, 4, 8]], [0.0, 0.4, 0.4 - 0.45])
    renewed = decrees(leaves, AllianceEvent(BEGIN + 3, (A, S), 0.8), world=world)
    close([decree.pact[2, 0] for decree in renewed[8:13:4]], [-0.25, 0.3])


# --- leaders --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("regime", [0.9, None])
def test_a_new_leader_resets_insulation_once_and_rules_from_then(regime: float | None) -> None:
    """u⁰ = .4 (1 − r); pressure ¼ builds .4·¼·(1 − r)(1 − u) a year, and .1 of what is above u⁰ goes."""
    events = (IsolationEvent(BEGIN, (S,), (A,), 1.0), LeaderChangeEvent(BEGIN + 5, (A,), regime))
    values = {"u_base": 0.4, "rho_u": 0.4, "u_decay": 0.1, "b_regime": 0.5, "beta": 0.3}
    moments = ran(events, WORLD, 400, **values)
    u, r = 0.2, 0.5
    for k, found in enumerate(path(moments, 0, field="insulation")):
        assert found == pytest.approx(u, abs=1e-12)
        if k == 20:
            r = r if regime is None else regime
            assert u > 0.25
            u = 0.4 * (1 - r)
        u += (0.1 * (1 - r) * (1 - u) - 0.1 * (u - 0.4 * (1 - r))) * DT
    push = 0.5 * (r - 0.5)  # likeness to the others, of regime .5, has fallen by r − .5
    close(path(moments, 0, 1)[:21], 0.0)
    close(path(moments, 0, 1)[-1], -push / (0.3 + push), 1e-10)
    close(path(moments, 1, 2), 0.0)


# --- wars that end without munitions --------------------------------------------------------------------------------

ARMED = np.zeros((4, len(GOODS)))
ARMED[1:, GOODS.index("arms")] = 0.5, 0.3, 0.8
SUPPLY = {"home": 0.5, "delivered": 0.4, "stock": 1.45, "war_need": 0.6, "w_votes": 0.5}


def years_of_war(*events: Event, **values: float) -> tuple[float, list[Moment]]:
    """How long A is at war, of which B (tie .5) can supply .5, S (tie .1) half of its .3 and T (hostile) nothing."""
    world = plain(4, surplus=ARMED, votes=pairs(AB=1.0, AS=0.2, AT=-1.0))
    moments = ran(events, world, **{**SUPPLY, **values})
    at_war = np.array([moment.orders.war[0, 0] for moment in moments[:-1]])
    assert set(at_war.tolist()) <= {0.0, 0.6}
    return float((at_war > 0).sum() * DT), moments


@pytest.mark.parametrize(
    ("by", "received"), [((), 0.0), ((B,), 0.5), ((B, S), 0.65), ((B, S, T), 0.65), ((T,), 0.0)]
)
def test_a_war_ends_when_the_munitions_do(by: tuple[str, ...], received: float) -> None:
    """After 1.45/(1 − .5 − .4·received) years, in the step in which that falls."""
    event = WarEvent((A,), BEGIN + 1, BEGIN + 10, limited=True, by=by)
    found, moments = years_of_war(event)
    lasts = 1.45 / (0.5 - 0.4 * received)
    assert found == np.ceil(lasts / DT) * DT
    stock = path(moments, 0, field="munitions")
    close(stock[4:12], 1 - np.arange(8) * DT / lasts, 1e-12)
    assert stock[-1] == 0.0 and (moments[-1].state.munitions[0, 1:] == 1.0).all()


def test_a_war_with_enough_lasts_to_its_end_and_one_without_the_limit_too() -> None:
    limited = WarEvent((A,), BEGIN + 1, BEGIN + 6, limited=True, by=(B,))
    assert years_of_war(limited, home=0.85)[0] == 5.0
    assert years_of_war(replace(limited, limited=False), home=0.0)[0] == 5.0
    assert years_of_war(limited, home=0.0)[0] < 5.0


def test_deliveries_stop_where_the_pair_is_closed() -> None:
    war = WarEvent((A,), BEGIN, BEGIN + 10, limited=True, by=(B,))
    found, _ = years_of_war(IsolationEvent(BEGIN, (S, B), (A,), 0.5), war)
    assert found == np.ceil(1.45 / (0.5 - 0.4 * 0.25) / DT) * DT


def test_a_war_that_has_ended_does_not_resume_and_munitions_are_used_whatever_its_need() -> None:
    """Not even where a new supplier would make up for all that is used. A later war without the limit is fought."""
    first = WarEvent((A,), BEGIN, BEGIN + 5, limited=True)
    assert years_of_war(first)[0] == 3.0
    again = replace(first, at=BEGIN + 6, until=BEGIN + 11, by=(B,))
    assert years_of_war(first, again, home=0.6, delivered=1.0)[0] == 3.75
    assert years_of_war(again, home=0.6, delivered=1.0)[0] == 5.0
    assert years_of_war(first, replace(again, limited=False))[0] == 3.0 + 5.0
    _, moments = years_of_war(replace(first, need=0.0))
    assert path(moments, 0, field="munitions")[12] == 0.0


# --- shields --------------------------------------------------------------------------------------------------------


def shielded(share: float) -> Moment:
    """A loses .58·.6 of its .5 with S, and T (tie −.2) shields it; S punishes T for it, which trades .4 with S."""
    trade = np.zeros((4, 4))
    trade[0, 2], trade[3, 2] = 0.5, 0.4
    world = plain(4, trade=trade, votes=pairs(AT=-0.5))
    events = (
        SanctionsEvent(BEGIN, (S,), (A,), 1.0),
        SecondarySanctionsEvent(BEGIN, (S,), 0.5),
        IsolationEvent(BEGIN, (B,), (A, S), 1.0),
        IsolationEvent(BEGIN, (S,), (A,), 1.0),
        ShieldEvent(BEGIN, (T,), (A,), share),
    )
    trading = {"delta": 0.58, "e_inf": 0.6, "rho_e": 2.0, "phi": 0.6, "kappa": 0.1, "chi": 0.0, "psi": 0.0, "g": 0.5}
    return ran(events, world, 400, w_votes=0.4, **trading)[-1]


@pytest.mark.parametrize("share", [0.0, 0.75, 1.0])
def test_a_shield_takes_the_reserve_and_the_fear_of_a_partner_away(share: float) -> None:
    """w + s (ĉ c/c⁰ (1 − pain) − w), with ĉ = ¼, of w = ¼·.4·(1 − risk), risk = χ·H·T = .5·1·.4 (1 − s)."""
    last = shielded(share)
    risk = 0.2 * (1 - share)
    found = situation.pairs(last.orders, sets(g=0.5), last.state.trade)
    close(found.risk[0, 3, 0], risk, 1e-12)
    reserved = 0.25 * 0.4 * (1 - risk)
    willing = reserved + share * (0.25 - reserved)
    lost = 0.5 * 0.58 * 0.6
    close(last.state.trade[0, 0, [2, 3]], [0.5 - lost, 0.6 * lost * willing / (willing + 0.1)], 1e-9)
