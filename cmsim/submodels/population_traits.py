"""Who is there at the start: declared distributions of the synthetic population."""

from cmsim.core.parameters import Section, param


class Population(Section):
    """Shares and means of the people served, their families and networks."""

    clients: int = param(300, "clients", 50, 3000, note="served at the start", allowed=(0, 1_000_000), source="choice")
    waiting_share: float = param(0.02, "share", 0.0, 0.2)
    """waiting for a worker at the start, as a share of those served"""
    referrals: float = param(0.22, "per client and year", 0.15, 0.5, allowed=(0.0, 20.0))
    """new referrals a year, as a share of the clients at the start; those who were lost to the service and come back
    come on top"""
    growth: float = param(0.0, "per year", -0.05, 0.08, note="yearly growth of referrals", allowed=(-0.5, 1.0))
    move_rate: float = param(0.055, "per year", 0.02, 0.1, note="hazard of moving away or dying")
    recovered_rate: float = param(0.40, "per year", 0.1, 1.0)
    """hazard of discharge once autonomy and stability suffice"""
    recovered_autonomy: float = param(0.62, "0 to 1", 0.5, 0.9)
    """autonomy from which discharge from case management is considered"""
    recovered_days: float = param(365.0, "days", 90.0, 1000.0, allowed=(0.0, 1e5))
    """days since the last episode from which it is considered"""
    schizophrenia: float = param(0.60, "share", 0.4, 0.8)
    """of clients with schizophrenia spectrum illness; else bipolar or other"""
    bipolar: float = param(0.22, "share", 0.1, 0.4, note="of clients with bipolar illness")
    age: float = param(42.0, "years", 35.0, 55.0, note="mean age at the start", allowed=(16.0, 95.0))
    age_sd: float = param(12.0, "years", 6.0, 16.0, note="between people", allowed=(0.0, 30.0))
    age_drift: float = param(0.0, "years a year", -0.3, 0.5, allowed=(-5.0, 5.0))
    """by which new referrals get older"""
    insight: float = param(0.50, "0 to 1", 0.3, 0.7, note="mean insight")
    trauma: float = param(0.43, "share", 0.35, 0.5, "lu2013", note="with a trauma history that shapes relations")
    substance: float = param(0.33, "share", 0.2, 0.53, "substance268", status="derived")
    """current substance use; dependence 53% among the frequently hospitalised"""
    physical_illness: float = param(0.40, "share", 0.25, 0.6, note="with a long-term physical illness")
    collaborative: float = param(0.35, "share", 0.2, 0.5, note="relational template")
    distrustful: float = param(0.30, "share", 0.2, 0.45, note="relational template")
    dependent: float = param(0.18, "share", 0.1, 0.3, note="relational template; the rest is power-organised")
    capability: float = param(0.46, "0 to 1", 0.3, 0.6, note="mean capability of those referred")
    capability_spread: float = param(0.8, "SD of log odds", 0.4, 1.2, note="between people")
    ceiling_gain: float = param(0.25, "0 to 1", 0.1, 0.4, note="mean distance of the latent ceiling above capability")
    learnt: float = param(0.2, "share", 0.0, 0.4, allowed=(0.0, 1.0))
    """of what the ceiling leaves, gained before the start by those whom the service has then"""
    openness_sd: float = param(0.15, "SD", 0.05, 0.25, note="differences between people in engagement that stay")
    tolerance: float = param(0.60, "0 to 1", 0.4, 0.8, note="mean tolerance for stimulation")
    earlier_admissions: float = param(3.0, "admissions", 1.0, 8.0, allowed=(0.0, 100.0))
    """mean number before the start (geometric)"""
    tenure_years: float = param(1.6, "years", 0.5, 4.0, allowed=(0.05, 40.0))
    """mean complete length of a client-worker dyad; those met at the start are length-biased"""
    with_family: float = param(0.60, "share", 0.3, 0.85, "de_sousa")
    """with a family that takes part; 30-85% have a family caregiver"""
    family_home: float = param(0.27, "share", 0.15, 0.5, "de_sousa", status="derived")
    """living with family; 25-50% in western countries, of all clients"""
    group_home: float = param(0.09, "share", 0.03, 0.2, note="living in a group home")
    supervised_flat: float = param(0.13, "share", 0.05, 0.3, note="living in a supervised flat")
    shelter: float = param(0.03, "share", 0.01, 0.1, "folsom2005", status="derived")
    """in a shelter at one time; 15% homeless at some time in a year"""
    street: float = param(0.006, "share", 0.001, 0.05, "folsom2005", status="derived", note="on the street at one time")
    high_criticism: float = param(0.45, "share", 0.35, 0.7, "high_ee_cohorts")
    """of families at the start with high criticism"""
    critical: float = param(0.70, "0 to 1", 0.5, 0.85)
    """mean criticism of families high in it, before burden and warmth"""
    uncritical: float = param(0.12, "0 to 1", 0.05, 0.25, note="mean criticism of the others, before burden and warmth")
    warmth: float = param(0.55, "0 to 1", 0.3, 0.8, note="mean warmth of families")
    kin: float = param(4.8, "people", 3.5, 6.5, "palumbo2015", status="derived", allowed=(0.0, 50.0))
    """kin in a client's network: 43% of 11.7"""
    friends: float = param(3.4, "people", 2.0, 5.0, "palumbo2015", note="friends", allowed=(0.0, 50.0))
    others: float = param(2.2, "people", 1.0, 4.0, "palumbo2015", status="derived", allowed=(0.0, 50.0))
    """neighbours, clergy, fellow members; many are known to several clients"""
    shared_others: float = param(0.4, "share", 0.1, 0.7, note="of those that other clients know too")
    peers: float = param(1.3, "people", 0.5, 3.0, note="fellow clients among the friends", allowed=(0.0, 20.0))
    prodromal: float = param(0.025, "share", 0.01, 0.06, note="of clients in a prodrome at the start")
    acute: float = param(0.025, "share", 0.01, 0.06, note="of clients acutely ill at the start")
    inpatient: float = param(0.012, "share", 0.005, 0.03, note="of clients in hospital at the start")
    alliance_days: float = param(120.0, "days", 30.0, 400.0, "deleeuw2012", status="derived", allowed=(1.0, 1e5))
    """time constant of the alliance already reached at the start"""
    knowledge_days: float = param(300.0, "days", 100.0, 900.0, allowed=(1.0, 1e5))
    """time constant of the knowledge already reached at the start"""
    last_discharge_years: float = param(2.0, "years", 0.5, 5.0, allowed=(0.05, 40.0))
    """mean time since the last discharge at the start"""
    burden: float = param(0.35, "0 to 1", 0.15, 0.6, note="mean burden of families at the start")
    spread: float = param(0.9, "SD of log odds", 0.4, 1.5, note="between people, of levels that run from 0 to 1")
    relation: float = param(0.4, "0 to 1", 0.1, 0.8, note="mean relation of a worker with an agency")
