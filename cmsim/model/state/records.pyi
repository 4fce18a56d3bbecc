"""Records as compiled loops read them, for type checkers only; made by tools/generate.py."""

from collections.abc import Iterator
from typing import Protocol

from cmsim.core.numeric import Floats, Ints

class ClientRecord(Protocol):
    address: int
    next_visit: int
    next_call: int
    next_family: int
    next_liaison: int
    next_agency: int
    next_accompaniment: int
    comes: Floats
    worker: int
    known_unwell: float
    known_inside: float
    last_any: int
    last_seen: int
    missed: int
    joint_left: int
    risk_until: int
    known_discharge: int
    dose: float
    distance: float
    worried: float
    setting: int
    phase: int
    status: int
    here: float
    present: float
    supply: float
    adherence: float
    adherence_target: float
    fit: float
    stress: float
    stress_pull: float
    recency: float
    settled: float
    onset_log: float
    crisis_ratio: float
    can_fall_ill: float
    unnoticed: float
    alliance: float
    insight: float
    family_contact: float
    family_knowledge: float
    unmet: float
    autonomy: float
    recovery: float
    activity: float
    network_size: float
    has_family: float
    burden: float
    expressed: float
    links: Floats
    diagnosis: int
    template: int
    template_level: float
    distrust: float
    frailty: float
    insight_own: float
    trauma: float
    substance: float
    tolerance: float
    lower_limit: float
    own_conflict: float
    dependent: float
    disposition: float
    openness: float
    age: float
    physical: float
    joined_day: int
    left_day: int
    side_effects_own: float
    refusals: int
    offered_depot: int
    episode: int
    admissions: int
    discharged: int
    last_episode_end: int
    noticed_by: int
    noticed_after: float
    reviewed: int
    untreated: float
    convalescence: float
    unwell: float
    willing: float
    stopped: float
    side_effects: float
    depot: float
    away: float
    crisis_care_until: int
    festering: float
    plan_conflict: float
    stimulation_load: float
    intrusion: float
    coerced: float
    let_down: float
    support_minutes: float
    worker_support: float
    need: float
    excess: float
    used_to: float
    dependence: float
    shown: float
    last_help: int
    taught: float
    symptoms: float
    asked: float
    demand: float
    bearable: float
    practised: float
    swing: float
    conflict: float
    wish: float
    wish_since: int
    plan_minutes: float
    plan_open: float
    plan_direction: float
    capability_mean: float
    place_misfit: float
    home: int
    house: int
    years_homeless: float
    warmth: float
    criticism_disposition: float
    involvement_disposition: float
    criticism: float
    involvement: float
    worried_since: int
    tension: float
    respite: float
    encouragement: float
    falls_to_family: float
    invited: float
    home_support: float
    informal: float
    neighbours: float
    tended: float
    work_goal: int
    job: int
    legal_case: float
    jail_reached: float
    unmet_days: float
    side_effect_days: float
    network_days: float
    worker_since: int
    first_worker_day: int
    ended_on: int
    lost_on: int
    psychiatrist: int
    dyad: float
    stance_luck: float
    best_stance: float
    misfit: float
    alliance_ceiling: float
    knowledge: float
    engagement: float
    belief: float
    unsure: float
    believed_upper: float
    believed_lower: float
    reported: int
    since_moved: int
    pending_agency: int
    called_agency: int
    help_level: int
    tried_help: int
    reached: float
    helped_along: int
    ambivalence: float
    spoken_for: float
    prepared_on: int
    accompanied_on: int
    capability: Floats
    ceiling: Floats
    extra_demand: Floats
    domain_unmet: Floats
    able: Floats
    usual_able: Floats
    believed: Floats
    aim: Floats
    domain_need: Floats
    domain_support: Floats
    asks: Floats
    link_left: Floats
    link_strain: Floats
    link_prepared: Floats

class ClientRecords(Protocol):
    @property
    def shape(self) -> tuple[int, ...]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, row: int, /) -> ClientRecord: ...
    def __iter__(self) -> Iterator[ClientRecord]: ...

class PostRecord(Protocol):
    skill: float
    exhaustion: float
    disposition: float
    dominance: float
    over_control: float
    fair: float
    shaken: float
    week_load: float
    week_days: float
    week_crises: float
    week_overtime: float
    week_unsocial: float
    week_away: float
    week_supervision: float
    holder: int
    caseload: int
    hired: int
    leaving: int
    hire_on: int
    team: int
    filled: int
    closed: int

class PostRecords(Protocol):
    @property
    def shape(self) -> tuple[int, ...]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, row: int, /) -> PostRecord: ...
    def __iter__(self) -> Iterator[PostRecord]: ...

class Facts(Protocol):
    demand: Floats
    outside: Floats
    family_home: Floats
    given: Floats
    stimulation: Floats
    structure: Floats
    able_in_phase: Floats
    link_support: Floats
    informal: Floats
    main_domain: Ints

class FactRows(Protocol):
    @property
    def shape(self) -> tuple[int, ...]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, row: int, /) -> Facts: ...
    def __iter__(self) -> Iterator[Facts]: ...

class WeekPolicies(Protocol):
    refers: float
    starts_gap: float
    move_out_from: float

class WeekPolicyRows(Protocol):
    @property
    def shape(self) -> tuple[int, ...]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, row: int, /) -> WeekPolicies: ...
    def __iter__(self) -> Iterator[WeekPolicies]: ...
