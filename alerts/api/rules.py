"""`/api/v1/rules`: the rules that run, with their limits and what to do about them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from alerts.api import context as contexts
from alerts.api.context import SiteView
from alerts.api.errors import answers
from alerts.api.reads import noise
from alerts.api.security import requires
from alerts.cases.workflow import Role
from alerts.errors import NotFound
from alerts.store import rule_versions
from alerts.store.database import reading
from rules.conditions._base import Side
from rules.explaining import begins, explain
from rules.model import Rule, Text
from rules.wording import Wording

router = APIRouter(prefix="/rules", tags=["rules"])


class TextOut(BaseModel):
    """The same text in Chinese and English."""

    zh: str
    en: str


class LimitOut(BaseModel):
    """A line to draw over a series, in canonical unit; `side` of it: where the rule fires, or is clear."""

    observed_property: str = Field(examples=["weather.water_level"])
    role: Literal["fires", "clears"]
    side: Side
    value: float = Field(examples=[15])


class RuleOut(BaseModel):
    """A rule as it runs."""

    id: str = Field(examples=["flood.road"])
    version: str
    domain: str = Field(examples=["weather"])
    severity: str = Field(examples=["critical"])
    title: TextOut
    subject: str = Field(examples=["device"])
    where: dict[str, list[str]]
    condition: str = Field(examples=["threshold"])
    when: TextOut = Field(description="what must be so, and for how long, in plain words")
    explanation: TextOut = Field(description="all of the rule in plain words, a sentence on each line")
    limits: list[LimitOut] = Field(description="empty for conditions that judge no value")
    for_s: int = Field(examples=[120])
    keep_firing_for_s: int
    category: str | None = Field(description="key of the case category", examples=["road_flooding"])
    runbook: TextOut
    source: str
    author: str | None = Field(description="who wrote it; null: its file names nobody")


class RuleVersionOut(BaseModel):
    """A version of a rule that ran."""

    version: str = Field(description="alerts name the version that raised them", examples=["bf4c0daefeaf"])
    author: str | None
    first_run_ms: int = Field(examples=[1764223200000])
    runs: bool = Field(description="it is the one that runs now")
    text: str = Field(description="how it stood in its file when it first ran")


class NoiseOut(BaseModel):
    """How much noise a rule makes."""

    rule_id: str = Field(examples=["waste.full"])
    alerts: int
    firings: int = Field(description="an alert that came back while it was open has several")
    worked: int = Field(description="alerts whose case a crew reported done")
    nothing: int = Field(description="alerts whose case ended without any work")
    share: float = Field(description="of all alerts of the time", examples=[0.12])
    led_to_work: float | None = Field(description="worked / (worked + nothing); null: no case has ended")
    over_budget: list[str] = Field(description="`share`: over a fifth of all alerts; `work`: under half led to work")


DAY_MS = 86_400_000


@router.get("", summary="List the rules", responses=answers(401, 403), dependencies=[requires(Role.VIEWER)])
def list_rules(request: Request) -> list[RuleOut]:
    """Return all rules in order of their id."""
    site = contexts.of(request).site
    return [_rule(rule, site) for rule in sorted(site.rules, key=lambda rule: rule.id)]


@router.get("/noise", summary="Noise of the rules", responses=answers(401, 403), dependencies=[requires(Role.VIEWER)])
def list_noise(request: Request, days: Annotated[int, Query(ge=1, le=3_660)] = 30) -> list[NoiseOut]:
    """Return how much noise each rule made in the last days, the loudest first."""
    context = contexts.of(request)
    with reading(context.engine) as connection:
        found = noise.noise(connection, context.now_ms() - days * DAY_MS)
    return [NoiseOut(**one._asdict(), led_to_work=one.led_to_work, over_budget=list(one.over_budget)) for one in found]


@router.get(
    "/{rule_id}", summary="Get one rule", responses=answers(401, 403, 404), dependencies=[requires(Role.VIEWER)]
)
def get_rule(request: Request, rule_id: str) -> RuleOut:
    """Return one rule."""
    site = contexts.of(request).site
    for rule in site.rules:
        if rule.id == rule_id:
            return _rule(rule, site)
    raise NotFound(f"there is no rule {rule_id!r}")


@router.get(
    "/{rule_id}/versions",
    summary="List the versions of a rule",
    responses=answers(401, 403, 404),
    dependencies=[requires(Role.VIEWER)],
)
def list_versions(request: Request, rule_id: str) -> list[RuleVersionOut]:
    """Return every version of a rule that ever ran, the newest first; also of one that is gone."""
    context = contexts.of(request)
    running = {rule.version for rule in context.site.rules if rule.id == rule_id}
    with reading(context.engine) as connection:
        found = rule_versions.of_rule(connection, rule_id)
    if not found and not running:
        raise NotFound(f"there is no rule {rule_id!r}, and none ever ran")
    return [
        RuleVersionOut(
            version=one.version,
            author=one.author or None,
            first_run_ms=one.first_run_ms,
            runs=one.version in running,
            text=one.text,
        )
        for one in found
    ]


def _rule(rule: Rule, site: SiteView) -> RuleOut:
    wording = Wording(site.register.property)
    when, said = begins(rule, wording), explain(rule, wording, lambda key: named(site, key))
    return RuleOut(
        id=rule.id,
        version=rule.version,
        domain=rule.domain,
        severity=rule.severity,
        subject=rule.subject,
        title=TextOut(zh=rule.title.zh, en=rule.title.en),
        where={key: list(values) for key, values in rule.where},
        condition=type(rule.condition).__name__,
        when=TextOut(zh=when.zh, en=when.en),
        explanation=TextOut(zh=said.zh, en=said.en),
        limits=limits_of(rule),
        for_s=rule.for_s,
        keep_firing_for_s=rule.keep_firing_for_s,
        category=rule.case.category if rule.case else None,
        runbook=TextOut(zh=rule.runbook.zh, en=rule.runbook.en),
        source=rule.source,
        author=rule.author or None,
    )


def named(site: SiteView, key: str) -> Text | None:
    """Return what a category of cases is called, with its code."""
    found = site.categories.get(key)
    return (
        None if found is None else Text(zh=f"{found.title.zh}（{found.code}）", en=f"{found.title.en} ({found.code})")
    )


def limits_of(rule: Rule) -> list[LimitOut]:
    """Return the lines of a rule; empty where it judges silence, not values."""
    condition = rule.condition
    if condition.reads != "values":
        return []
    return [
        LimitOut(observed_property=one.observed_property, role=one.role, side=one.side, value=one.value)
        for one in condition.limits()
    ]
