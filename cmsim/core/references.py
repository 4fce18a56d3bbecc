"""The studies that numbers of the model come from: facts and figures only.

``read`` tells whether the figure was read in the abstract or a summary of the work; the others are widely
quoted, were not read again, and are shown to users as "unverified".
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """One study: how to cite it, what kind it is, and whether its figure was read."""

    citation: str
    design: str
    read: bool = True


SOURCES: dict[str, Source] = {
    "leucht2012": Source(
        "Leucht 2012, Lancet; Cochrane CD008016",
        "meta-analysis, 65 randomised trials, n=6,493, stabilised schizophrenia",
    ),
    "alphs2016": Source("Alphs 2016", "relapse despite assured depot, 59/323 in 12 months"),
    "gilmer2004": Source(
        "Gilmer 2004, Am J Psychiatry, ajp.161.4.692", "Medi-Cal cohort, pharmacy-defined adherence groups"
    ),
    "lacro2002": Source("Lacro 2002, J Clin Psychiatry", "review of 39 studies of non-adherence", read=False),
    "velligan2017": Source("Velligan 2017", "review of 36 articles on reasons for non-adherence"),
    "morriss2013": Source("Morriss 2013, Cochrane", "meta-analysis, 15 randomised trials, early warning signs"),
    "eisner2013": Source("Eisner 2013", "review of early signs of relapse: sensitivity, specificity"),
    "hcup2012": Source("HCUP Statistical Brief 189 (2012)", "US hospital register, 383,000 stays"),
    "mortensen1994": Source("Mortensen & Eaton 1994", "Danish register cohort, n=8,705"),
    "nis2011": Source("US National Inpatient Sample 2003-11, ps.201600312", "register, n=677,684"),
    "readmission_reviews": Source("General reviews of readmission", "reviews, 25-60% by system", read=False),
    "survival100": Source("Survival study of rehospitalisation over 6-7 years", "cohort of mixed psychoses, n=100"),
    "followup_reviews": Source(
        "Introduction of s11126-021-09957-0, Psychiatr Q 2021", "review of follow-up and readmission"
    ),
    "haselden2019": Source("Haselden 2019, PMC6773477", "cohort, New York Medicaid inpatients, n=179"),
    "ncqa2022": Source("NCQA, HEDIS follow-up after hospitalisation, 2022", "health-plan statistics"),
    "salize2004": Source("Salize & Dressing 2004", "involuntary placement across the EU", read=False),
    "walker2019": Source("Walker 2019, PMC7029280", "meta-analysis of 77 studies, involuntary admission"),
    "ma2021": Source("Ma 2021, Psychol Med", "meta-analysis of 33 cohorts, n=2,284, expressed emotion"),
    "burden_china": Source("PMC5476254", "survey of caregivers, n=327; predictors of burden"),
    "swanson1999": Source("Swanson 1999", "trial of motivational interviewing before discharge, n=121"),
    "wait2023": Source("Psychol Serv 2023", "cohort, n=1,587, wait and attendance"),
    "pharoah2010": Source("Pharoah 2010, PMC4204509", "meta-analysis, 32 randomised trials, n=2,981"),
    "pitschel2001": Source("Pitschel-Walz 2001, foc.2.1.78", "meta-analysis, 25 studies, family intervention"),
    "okpokoro2014": Source("Okpokoro 2014", "meta-analysis, 4 randomised trials, n=163, brief family work"),
    "marshall1998": Source(
        "Marshall 1998, Cochrane", "meta-analysis of case management against standard care", read=False
    ),
    "franklin1987": Source(
        "Franklin 1987, Am J Public Health", "randomised trial of generalist case management, n=417"
    ),
    "ziguras2000": Source("Ziguras & Stuart 2000, ps.51.11.1410", "meta-analysis, 44 studies of case management"),
    "stein1980": Source(
        "Stein & Test 1980; 1974", "randomised trial of a community team, n=130; counts recalled", read=False
    ),
    "react": Source(
        "REACT trial", "randomised trial of assertive community treatment against community teams, n=251, 18 months"
    ),
    "rosenheck1995": Source("Rosenheck 1995, Schizophr Bull", "randomised trial of intensive case management, n=873"),
    "loss2020": Source("ps.201900169 (2020)", "cohort, 328 clients of 121 clinicians, loss of the main clinician"),
    "vaughn1976": Source("Vaughn & Leff 1976", "pooled cohorts, small n", read=False),
    "high_ee_cohorts": Source("Cohorts of expressed emotion at admission", "range over cohorts", read=False),
    "palumbo2015": Source("Palumbo 2015, s13104-015-1528-7", "review of 23 papers on network size"),
    "gupta2015": Source("Gupta 2015, PMC4509463", "survey of carers, n=398"),
    "de_sousa": Source("PMC5476254; De Sousa", "reviews: share living with family (truncated, partly read)"),
    "burns2007": Source("Burns 2007, Br J Psychiatry", "39,025 recorded contacts of intensive case managers"),
    "pssru2014": Source("PSSRU unit costs 2014", "national unit costs: GBP per contact, per hour, hours worked"),
    "king2009": Source("King 2009, ANZJP", "survey of case managers, n=188, Victoria"),
    "intagliata1983": Source("Intagliata 1983, as cited by King 2009", "secondary"),
    "kreyenbuhl2009": Source("Kreyenbuhl 2009, PMC2696379", "review of disengagement"),
    "deleeuw2012": Source("de Leeuw 2012", "cohort: course of the alliance"),
    "priebe2011": Source("Priebe 2011", "review, 9 studies, alliance in services for psychosis"),
    "smith2020": Source("Smith 2020", "cohort, New York Medicaid discharges, n=15,520"),
    "olfson1998": Source("Olfson 1998, ps.49.7.911", "cohort, n=104, contact before discharge"),
    "boyer2000": Source("Boyer 2000, ajp.157.10.1592", "review and cohort of linkage after discharge"),
    "walden": Source("Walden, dissertation review; CMHC intake trial n=150", "missed first appointments"),
    "malowney2015": Source("Malowney 2015", "simulated calls to 360 psychiatrists"),
    "sun2023": Source("Sun 2023", "psychiatrist waits", read=False),
    "folsom2005": Source("Folsom 2005", "treated cohort, n=10,340, homelessness in a year"),
    "olfson1999": Source("Olfson 1999, ps.50.5.667", "cohort, n=263, homelessness after discharge"),
    "johnson2005": Source("Johnson 2005, BMJ", "randomised trial of a crisis team, n=260"),
    "lu2013": Source("Lu 2013, PMC3888861", "survey of trauma in severe mental illness, n=851"),
    "substance268": Source("ps.51.5.639", "randomised trial, n=268, frequently hospitalised"),
    "oconnor2018": Source("O'Connor 2018", "meta-analysis, 33 studies, n=9,409, burnout"),
    "rollins2010": Source("Rollins 2010, PMC2888664", "cohort of ACT teams, staff turnover"),
    "woltmann2008": Source("Woltmann 2008; Fukui 2019; Paris & Hoge 2010", "reviews of agency turnover"),
    "fukui2019": Source("Fukui 2019; 2018/19", "cohorts of case managers, n=195 and 186, supervision and exit"),
    "green2013": Source("Green 2013", "survey, n=388, exhaustion, leadership and turnover intention"),
    "stensland2012": Source(
        "Stensland 2012, ps.201100402", "costs of 261,996 stays in 418 US community hospitals, 2006"
    ),
    "boushey2012": Source("Boushey & Glynn 2012", "review of the costs of replacing workers (secondary)"),
    "utilities_review": Source("PMC8564012", "utilities used in models of schizophrenia, tabulated"),
    "caregiver_survey": Source("NAMI survey of caregivers", "hours and years of care by families"),
    "hogarty1974": Source(
        "Hogarty 1974, Arch Gen Psychiatry",
        "randomised trial, two by two, n=374, two years: antipsychotic or placebo, role therapy or none",
        read=False,
    ),
    "kanter1989": Source(
        "Kanter 1989, Clinical Case Management: Definition, Principles, Components", "expert account of practice"
    ),
    "cm_abstract": Source("Encyclopaedia abstract on case management", "half of workers bachelor's level"),
}
