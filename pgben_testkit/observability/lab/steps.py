"""The steps of a scenario: each verb of a laboratory, its targets, series, alerts and inbox, as YAML says it.

A step is read as a whole before anything runs: what is wrong with it is told at once, with its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability import durations
from pgben_testkit.observability.lab.alert import STATES
from pgben_testkit.observability.lab.located import Located
from pgben_testkit.observability.lab.series import DEFAULT_BUCKETS, PER, Counter, Gauge, Histogram, per_second
from pgben_testkit.observability.receivers.delivery import CHANNELS, Delivery, about

if TYPE_CHECKING:
    from pgben_testkit.observability.lab.laboratory import Laboratory

Act = Callable[["Laboratory"], object]
KEYS = (
    "target",
    "alert",
    "advance",
    "delivered",
    "not_delivered",
    "no_other_alerts",
    "fault",
    "recover",
    "nothing_lost",
    "no_personal_data",
    "forget_deliveries",
)
"""What a step can be about: it has one of these."""
TARGET_VERBS = ("up", "down", "slow", "restart", "vanish", "remove", "exposes", "connect")
SERIES = {
    "counter": ("rate", "inc", "stop", "vanish", "appear"),
    "gauge": ("set", "ramp", "age", "vanish", "appear"),
    "histogram": ("rate", "observe", "stop", "vanish", "appear"),
}
"""Kind of series -> what can be done to it."""
ALERT_VERBS = ("becomes", "fires", "resolves", "stays", "never_fires")
FAULTS = ("fail", "refuse", "time_out", "drop", "bounce", "greylist")
DELIVERY_KEYS = ("channel", "to", "about", "text", "status", "times")


@dataclass(frozen=True)
class Step:
    """`told`: the step in a line; `act` does it, and raises AssertionError where it does not come true."""

    place: str
    line: int
    told: str
    act: Act


def read(source: Located) -> Step:
    """Raises UsageProblem: no step, with the line and the nearest name."""
    keys = source.mapping(what="a step")
    found = [each for each in KEYS if each in keys]
    if len(found) > 1 and found != ["target", "connect"]:
        raise source.wrong(
            f"a step is about {' and '.join(found)}", why="it can be about one thing", remedy="make two steps of it"
        )
    if not found:
        source.mapping((*KEYS, "labels", "instance", *SERIES, *TARGET_VERBS, *ALERT_VERBS), "a step")
        raise source.wrong(
            "a step is about nothing",
            why=f"it has {', '.join(keys) or 'no keys'}",
            remedy=f"say one of {', '.join(KEYS)}",
        )
    return Step(source.place, source.line, _told(source), _READERS[found[0]](source, keys))


def _told(source: Located) -> str:
    def words(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {words(each)}" for key, each in value.items()) + "}"
        return "[" + ", ".join(map(words, value)) + "]" if isinstance(value, list) else str(value)

    return ", ".join(f"{key}: {words(value)}" for key, value in source.plain().items())


# Values


def duration(source: Located, what: str) -> str:
    """As written, if it is one."""
    text = source.text(what)
    try:
        durations.seconds(text)
    except UsageProblem as error:
        raise source.wrong(error.what, why=error.why, remedy=error.remedy) from None
    return text


def rate(source: Located) -> tuple[float, str]:
    """`2/s`, `90/min`: a number and a unit."""
    number, slash, per = (part.strip() for part in source.text("a rate").partition("/"))
    try:
        per_second(float(number), per if slash else "s")
    except ValueError:
        raise source.wrong(
            f"{source.value!r} is no rate",
            why="one is like 2/s or 90/min",
            remedy=f"write number/unit; units: {', '.join(PER)}",
        ) from None
    except UsageProblem as error:
        raise source.wrong(error.what, why=error.why, remedy=error.remedy) from None
    return float(number), per if slash else "s"


def _one_of(source: Located, allowed: Iterable[str], what: str) -> str:
    text = source.text(what)
    Located({text: source}, source.file, source.line).mapping(tuple(allowed), what)
    return text


def _on(source: Located, verb: str) -> None:
    """`verb: true`, which has nothing else to say."""
    if source.value is not None and not source.truth(verb):
        raise source.wrong(f"{verb}: false does nothing", remedy=f"leave the step out, or write {verb}: true")


def _only(keys: Mapping[str, Located], verbs: Iterable[str], source: Located, whose: str) -> str:
    """The one verb of a step."""
    verbs = tuple(verbs)
    found = [each for each in verbs if each in keys]
    if len(found) != 1:
        raise source.wrong(
            f"{whose} is told {' and '.join(found) or 'nothing'}",
            why=f"a step does one of {', '.join(verbs)}",
            remedy="make a step of each" if found else "say what happens to it",
        )
    return found[0]


# Targets and series


def _target(source: Located, keys: Mapping[str, Located]) -> Act:
    kind = next((each for each in SERIES if each in keys), None)
    job = keys["target"].text("target")
    instance = keys["instance"].text("instance") if "instance" in keys else ""
    if kind:
        return _series(source, keys, kind, job, instance)
    source.mapping(("target", "instance", "labels", *SERIES, *TARGET_VERBS), "a target")
    labels = keys["labels"].labels() if "labels" in keys else {}
    if not set(TARGET_VERBS) & keys.keys():  # it is there: enough of a step
        return lambda lab: lab.target(job, instance, **labels)
    verb = _only(keys, TARGET_VERBS, source, "a target")
    value = keys[verb]
    if verb == "connect":
        url = value.text(verb)
        return lambda lab: lab.connect(job, url, instance=instance, may_fail=False, **labels)
    if verb == "remove":
        _on(value, verb)
        return lambda lab: lab.remove(lab.target(job, instance))
    argument: list[str] = []
    if verb in ("slow", "exposes"):
        argument = [duration(value, verb) if verb == "slow" else value.text(verb)]
    else:
        _on(value, verb)
    return lambda lab: getattr(lab.target(job, instance, **labels), verb)(*argument)


def _series(source: Located, keys: Mapping[str, Located], kind: str, job: str, instance: str) -> Act:
    extra = ("of", "buckets") if kind == "histogram" else ()
    source.mapping(("target", "instance", "labels", kind, *SERIES[kind], *extra), f"a {kind}")
    name = keys[kind].text(kind)
    labels = keys["labels"].labels() if "labels" in keys else {}
    verb = _only(keys, SERIES[kind], source, name) if set(SERIES[kind]) & keys.keys() else ""
    act = _verb(source, keys, kind, verb)
    buckets = [each.number("a bucket") for each in keys["buckets"].items("buckets")] if "buckets" in keys else None

    def found(lab: Laboratory) -> Any:
        target = lab.target(job, instance)
        if kind == "histogram":
            return target.histogram(name, buckets or DEFAULT_BUCKETS, **labels)
        return target.counter(name, **labels) if kind == "counter" else target.gauge(name, **labels)

    return lambda lab: act(found(lab))


def _verb(source: Located, keys: Mapping[str, Located], kind: str, verb: str) -> Callable[[Any], object]:
    if not verb:
        return lambda series: series  # named: it is there, at 0
    value = keys[verb]
    if verb == "rate":
        number, per = rate(value)
        if kind == "counter":
            return lambda counter: Counter.rate(counter, number, per)
        if "of" not in keys:
            raise source.wrong("a histogram's rate has no sizes", remedy="write of: 0.05, or of: {0.05: 0.9, 3: 0.1}")
        of = _shares(keys["of"])
        return lambda histogram: Histogram.rate(histogram, number, per, of=of)
    if verb == "inc":
        by = value.number(verb)
        if by < 0:
            raise value.wrong(f"a counter can't grow by {by:g}", why="counters never fall", remedy="use a gauge")
        return lambda counter: counter.inc(by)
    if verb == "set":
        to = value.number(verb)
        return lambda gauge: gauge.set(to)
    if verb == "ramp":
        parts = _needed(value, ("to", "over"), "a ramp")
        to, over = parts["to"].number("to"), duration(parts["over"], "over")
        return lambda gauge: Gauge.ramp(gauge, to, over)
    if verb == "observe":
        parts = value.mapping(("size", "count"), "observe")
        if "size" not in parts:
            raise value.wrong("observe has no size", remedy="write observe: {size: 0.5, count: 10}")
        size, count = parts["size"].number("size"), int(parts["count"].number("count")) if "count" in parts else 1
        return lambda histogram: histogram.observe(size, count)
    _on(value, verb)
    return lambda series: getattr(series, verb)()


def _shares(source: Located) -> float | dict[float, float]:
    if not isinstance(source.value, dict):
        return source.number("of")
    try:
        shares = {float(size): share.number("a share") for size, share in source.value.items()}
    except ValueError as error:
        raise source.wrong("a size is no number", why=str(error), remedy="write of: {0.05: 0.9, 3: 0.1}") from None
    if abs(sum(shares.values()) - 1.0) > 1e-6:
        raise source.wrong(f"shares of {sum(shares.values()):g}", why="the shares of all sizes are 1 together")
    return shares


def _needed(source: Located, keys: tuple[str, ...], what: str) -> dict[str, Located]:
    found = source.mapping(keys, what)
    for each in keys:
        if each not in found:
            raise source.wrong(f"{what} has no {each}", remedy=f"write {each}: into it")
    return found


# Alerts


def _alert(source: Located, keys: Mapping[str, Located]) -> Act:
    source.mapping(("alert", "labels", *ALERT_VERBS), "an alert")
    name = keys["alert"].text("alert")
    labels = keys["labels"].labels() if "labels" in keys else {}
    verb = _only(keys, ALERT_VERBS, source, name)
    act = _ALERT_READERS[verb](keys[verb])
    return lambda lab: act(lab.alert(name, **labels))


def _fires(source: Located) -> Callable[[Any], object]:
    parts = _flag_or(source, ("after", "within", "labels", "annotations", "value", "told"), "fires")
    times = {each: duration(parts[each], each) for each in ("after", "within") if each in parts}
    labels = parts["labels"].labels() if "labels" in parts else {}
    annotations = parts["annotations"].labels() if "annotations" in parts else {}
    value = parts["value"].number("value") if "value" in parts else None
    told = parts["told"].truth("told") if "told" in parts else True

    def act(alert: Any) -> None:
        alert.fires(labels=labels, told=told, **times)
        wrong = [
            f"annotation {key} is {alert.annotations.get(key, '(none)')!r}, without {text!r}"
            for key, text in annotations.items()
            if text not in alert.annotations.get(key, "")
        ]
        if value is not None and abs(alert.value - value) > 0.1 * abs(value):
            wrong.append(f"its value is {alert.value:g}, not {value:g} give or take a tenth")
        if wrong:
            raise AssertionError(f"{alert.name}: {'; '.join(wrong)}\n{alert.story(wrong[0])}")

    return act


def _flag_or(source: Located, keys: tuple[str, ...], verb: str) -> dict[str, Located]:
    """`fires: true` as well as `fires: {after: 5m}`."""
    if isinstance(source.value, dict):
        return source.mapping(keys, verb)
    _on(source, verb)
    return {}


def _becomes(source: Located) -> Callable[[Any], object]:
    if isinstance(source.value, dict):
        parts = source.mapping(("state", "within"), "becomes")
        if "state" not in parts:
            raise source.wrong("becomes has no state", why=f"there are {', '.join(STATES)}", remedy="write state:")
        state = _one_of(parts["state"], STATES, "a state")
        times = {"within": duration(parts["within"], "within")} if "within" in parts else {}
        return lambda alert: alert.becomes(state, **times)
    state = _one_of(source, STATES, "a state")
    return lambda alert: alert.becomes(state)


def _resolves(source: Located) -> Callable[[Any], object]:
    parts = _flag_or(source, ("within", "told"), "resolves")
    times = {"within": duration(parts["within"], "within")} if "within" in parts else {}
    told = parts["told"].truth("told") if "told" in parts else True
    return lambda alert: alert.resolves(told=told, **times)


def _stays(source: Located) -> Callable[[Any], object]:
    parts = _needed(source, ("state", "during"), "stays")
    state, during = _one_of(parts["state"], STATES, "a state"), duration(parts["during"], "during")
    return lambda alert: alert.stays(state, during=during)


def _never_fires(source: Located) -> Callable[[Any], object]:
    parts = _needed(source, ("during",), "never_fires")
    during = duration(parts["during"], "during")
    return lambda alert: alert.never_fires(during=during)


_ALERT_READERS: dict[str, Callable[[Located], Callable[[Any], object]]] = {
    "becomes": _becomes,
    "fires": _fires,
    "resolves": _resolves,
    "stays": _stays,
    "never_fires": _never_fires,
}

# Time, and what is delivered


def _advance(source: Located, keys: Mapping[str, Located]) -> Act:
    source.mapping(("advance",), "advance")
    by = duration(keys["advance"], "advance")
    return lambda lab: lab.advance(by)


def _delivered(source: Located, keys: Mapping[str, Located], *, wanted: bool = True) -> Act:
    key = "delivered" if wanted else "not_delivered"
    source.mapping((key,), key)
    asked = keys[key].mapping(DELIVERY_KEYS if wanted else DELIVERY_KEYS[:-1], key)
    if not asked:
        raise keys[key].wrong(f"{key} asks for nothing", remedy=f"write one of {', '.join(DELIVERY_KEYS)}")
    if "channel" in asked:
        _one_of(asked["channel"], CHANNELS, "a channel")
    if "status" in asked:
        _one_of(asked["status"], ("firing", "resolved"), "a status")
    times = int(asked["times"].number("times")) if "times" in asked else None
    fields = {name: each.text(name) for name, each in asked.items() if name != "times"}

    def act(lab: Laboratory) -> None:
        found = [each for each in lab.inbox.all if _fits(each, fields)]
        if wanted and (not found if times is None else len(found) != times):
            raise AssertionError(
                f"{len(found)} messages were like {_asked(fields)}"
                f"{'' if times is None else f', not {times}'}\n{_came(lab)}"
            )
        if not wanted and found:
            raise AssertionError(f"{len(found)} messages were like {_asked(fields)}\n{found[0].as_text()}")

    return act


def _fits(each: Delivery, asked: Mapping[str, str]) -> bool:
    to = asked.get("to", "").lower()
    return (
        asked.get("channel", each.channel) == each.channel
        and (not to or to in map(str.lower, (*each.addresses, each.receiver)))
        and ("about" not in asked or about(each, asked["about"]))
        and any(asked.get("text", "") in text for _, text in (*each.readable(), ("text", each.text)))
        and asked.get("status", each.status) == each.status
    )


def _asked(fields: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value!r}" for name, value in fields.items())


def _came(lab: Laboratory) -> str:
    came = "\n\n".join(each.as_text() for each in lab.inbox.all[-5:])
    failed = "\n".join(f"failed: {each}" for each in lab.inbox.attempts if not each.delivered)
    return "\n".join(filter(None, [f"what came ({len(lab.inbox)}):", came, failed]))


def _fault(source: Located, keys: Mapping[str, Located]) -> Act:
    source.mapping(("fault",), "fault")
    parts = keys["fault"].mapping(("channel", *FAULTS, "times", "retry_after", "body"), "a fault")
    if "channel" not in parts:
        raise keys["fault"].wrong("a fault has no channel", remedy=f"write channel: one of {', '.join(CHANNELS)}")
    channel = _one_of(parts["channel"], CHANNELS, "a channel")
    kind = _only(parts, FAULTS, keys["fault"], "a fault")
    if kind in ("bounce", "greylist") and channel != "email":
        raise parts[kind].wrong(f"{channel} has no {kind}", why="only mail has", remedy="use fail")
    times = parts["times"].text("times") if "times" in parts else "1"
    if times != "always" and not (times.isdigit() and int(times)):
        raise parts["times"].wrong(f"{times!r} is no number of times", remedy="write 1 or more, or always")
    arguments: dict[str, Any] = {"times": None if times == "always" else int(times)}
    positional: list[Any] = []
    value = parts[kind]
    if kind == "fail":
        status = value.number("a status")
        if not 400 <= status <= 599:
            raise value.wrong(f"{status:g} is not a failure", why="HTTP and SMTP fail with 400 to 599")
        positional.append(int(status))
        if "retry_after" in parts:
            arguments["retry_after_s"] = int(durations.seconds(duration(parts["retry_after"], "retry_after")))
        if "body" in parts:
            arguments["body"] = parts["body"].text("body")
    elif kind == "bounce" and value.text(kind).lower() != "true":
        positional.append(value.text(kind))
    elif kind != "bounce":
        _on(value, kind)
    if kind == "greylist" and arguments["times"] is None:
        raise parts["times"].wrong("greylisting always is no greylisting", remedy="write how many tries are put off")
    return lambda lab: getattr(getattr(lab.inbox, channel), kind)(*positional, **arguments)


def _no_other_alerts(source: Located, keys: Mapping[str, Located]) -> Act:
    source.mapping(("no_other_alerts",), "no_other_alerts")
    value = keys["no_other_alerts"]
    besides = [each.text("an alert") for each in value.items()] if isinstance(value.value, list) else []
    if not besides:
        _on(value, "no_other_alerts")
    return lambda lab: lab.no_other_alerts(*besides)


def _inbox(key: str, verb: str) -> Callable[[Located, Mapping[str, Located]], Act]:
    def read_one(source: Located, keys: Mapping[str, Located]) -> Act:
        source.mapping((key,), key)
        value = keys[key]
        if key == "no_personal_data" and isinstance(value.value, list):
            allow = [each.text("an allowed text") for each in value.items()]
            return lambda lab: lab.inbox.assert_no_personal_data(allow=allow)
        _on(value, key)
        return lambda lab: getattr(lab.inbox, verb)()

    return read_one


_READERS: dict[str, Callable[[Located, Mapping[str, Located]], Act]] = {
    "target": _target,
    "alert": _alert,
    "advance": _advance,
    "delivered": _delivered,
    "not_delivered": lambda source, keys: _delivered(source, keys, wanted=False),
    "no_other_alerts": _no_other_alerts,
    "fault": _fault,
    "recover": _inbox("recover", "recover"),
    "nothing_lost": _inbox("nothing_lost", "assert_nothing_lost"),
    "no_personal_data": _inbox("no_personal_data", "assert_no_personal_data"),
    "forget_deliveries": _inbox("forget_deliveries", "clear"),
}
