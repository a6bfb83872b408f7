"""The report of a run: one HTML file with everything in it, to open anywhere, also years later.

Nothing in it comes from elsewhere (a content security policy says so to the browser as well), and
all that was read from a screen or written by a model is text, never markup.
"""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from ...memory.errors import RunError
from ..planners.usage import Usage
from .model_calls import read_calls
from .pictures import Album
from .recording import PictureHandle, StepRecord, read_steps
from .run_folder import RunFolder, write_atomically
from .run_info import RunInfo

EFFECTS: Mapping[str, tuple[str, str, str]] = {
    "confirmed": ("good", "✓", "confirmed"),
    "no_effect": ("warn", "○", "no effect"),
    "diverged": ("bad", "!", "diverged"),
    "unverifiable": ("odd", "?", "unverifiable"),
    "refused": ("off", "⊘", "refused"),
}
"""Style, sign and word: a colour alone does not reach everyone."""

STATUSES: Mapping[str, tuple[str, str, str]] = {
    "running": ("odd", "…", "running"),
    "killed": ("bad", "×", "killed"),
    "done": ("good", "✓", "done"),
    "failed": ("bad", "×", "failed"),
    "stopped": ("warn", "‖", "stopped"),
    "asked": ("warn", "?", "waits for a person"),
    "budget": ("warn", "○", "out of budget"),
}

RESUMABLE = ("killed", "stopped", "asked")

PHASES = ("observe_s", "plan_s", "guard_s", "act_s", "verify_s")
PHASE_WORDS = ("look", "plan", "guard", "act", "verify")

CHANGED_PAD_PX = 4
"""So that the outline of a changed word does not lie on the word."""

SCRIPT = """
const large = document.querySelector("dialog");
for (const shot of document.querySelectorAll("button.shot"))
  shot.addEventListener("click", () => {
    const picture = shot.querySelector("svg").cloneNode(true);
    picture.style.width = picture.viewBox.baseVal.width + "px";
    large.replaceChildren(picture);
    large.showModal();
  });
large.addEventListener("click", () => large.close());
"""


def write_report(folder: Path) -> Path:
    """Write the report of a run, whatever state it is in, and return its path.

    Args:
        folder: The run folder.

    Raises:
        RunError: If the run cannot be read or the report not be written.
    """
    run = RunFolder(folder)
    steps = read_steps(folder)
    try:
        write_atomically(run.report, render(run, steps).encode())
    except OSError as error:
        raise RunError(f"cannot write {run.report}: {error.strerror}") from error
    return run.report


def render(run: RunFolder, steps: Sequence[StepRecord]) -> str:
    """Return the report's HTML."""
    album = Album(
        run.path,
        [handle for step in steps for handle in (step.observation, step.after) if handle],
    )
    template = Template(
        resources.files(__package__).joinpath("report.html").read_text(encoding="utf-8")
    )
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return template.substitute(
        title=escape(f"{_first_line(run.info.task)} · deskhand"),
        script_hash=f"sha256-{digest}",
        script=SCRIPT,
        pictures=album.symbols(),
        header=_header(run, steps),
        steps="\n".join(_step(step, album) for step in steps) or _no_steps(),
        footer=escape(f"deskhand {run.info.version} · run {run.id}"),
    )


def _header(run: RunFolder, steps: Sequence[StepRecord]) -> str:
    info = run.info
    status = "killed" if run.is_killed else info.status
    seconds = info.spent_s or sum(step.elapsed_s for step in steps)
    counts = Counter(str(step.outcome["effect"]) for step in steps)
    verdicts = "".join(
        _badge(EFFECTS[effect], f"{counts[effect]} ") for effect in EFFECTS if counts[effect]
    )
    reason = f'<p class="reason">{_text(info.reason)}</p>' if info.reason else ""
    if status in RESUMABLE:
        reason += (
            '<p class="reason soft">Go on with <code>deskhand run --resume '
            f"{escape(run.id)}</code></p>"
        )
    facts = {
        "Took": _duration(seconds),
        "Began": f"{datetime.fromtimestamp(info.created):%Y-%m-%d %H:%M:%S}",
        "Desktop": _desktop(info),
        "Planner": info.planner,
        **_cost(run),
        **{_words(name): _plain(value) for name, value in info.config.items()},
    }
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{_text(value)}</dd></div>"
        for name, value in facts.items()
    )
    links = "".join(_link(step) for step in steps)
    return (
        f'<div class="row"><h1>deskhand run</h1>{_badge(STATUSES[status])}'
        f'<span class="row push">{verdicts}</span></div>'
        f'<pre class="task" dir="auto">{escape(info.task)}</pre>{reason}'
        f'<dl class="facts">{rows}</dl>'
        f'<nav aria-label="Steps">{links}</nav>'
    )


def _cost(run: RunFolder) -> dict[str, str]:
    """Return what the run's model calls cost, those of a step that was never settled included."""
    total = sum((recorded.call.usage for recorded in read_calls(run.path)), Usage())
    return {"Model": _usage(total)} if total.calls else {}


def _usage(usage: Usage) -> str:
    calls = "1 call" if usage.calls == 1 else f"{usage.calls} calls"
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    price = "" if usage.price is None else f", {usage.price:.4f} by the given prices"
    return (
        f"{calls}, {usage.input_tokens:,} tokens in{cached}, {usage.output_tokens:,} out, "
        f"{usage.seconds:.1f} s{price}"
    )


def _link(step: StepRecord) -> str:
    style, sign, word = EFFECTS[step.outcome["effect"]]
    label = escape(f"Step {step.step}: {step.sentence} ({word})", quote=True)
    return (
        f'<a class="{style}" href="#step-{step.step}" title="{label}" aria-label="{label}">'
        f'<span>{step.step}</span><span aria-hidden="true">{sign}</span></a>'
    )


def _step(step: StepRecord, album: Album) -> str:
    outcome = step.outcome
    recovered = (
        f'<p class="notice odd">Recovered: {_text(step.recovered)}</p>' if step.recovered else ""
    )
    note = f'<p class="notice off">{_text(step.note)}</p>' if step.note else ""
    return (
        f'<article class="card" id="step-{step.step}">'
        f'<div class="head"><span class="number">{step.step}</span>'
        f'<h2 dir="auto">{escape(step.sentence)}</h2>{_badge(EFFECTS[outcome["effect"]])}</div>'
        f'<p class="evidence">{_text(outcome["evidence"])}</p>'
        f"{_answer(outcome)}{recovered}{note}"
        f'<div class="pictures">{_before(step, album)}{_after(step, album)}</div>'
        f"{_times(step)}{_details(step)}</article>"
    )


def _before(step: StepRecord, album: Album) -> str:
    target = step.target
    marks, said = "", ""
    if target is not None:
        if target["box"] is not None:
            marks += _rectangle(target["box"], "halo") + _rectangle(target["box"], "target")
        x, y = (float(value) for value in target["point"])
        radius = max(step.observation.width / 200, 4)
        marks += f'<circle class="point" cx="{x:g}" cy="{y:g}" r="{radius:g}"/>'
        named = f"{target['role']} “{target['text']}”" if target["text"] else "a point"
        said = f'<span class="key"></span>{_text(named)} at {x:.0f}, {y:.0f} · '
    window = f"<b>{_text(step.window)}</b> · " if step.window else ""
    moving = "" if step.settled else " · still changing"
    caption = f"Before: {window}{said}{step.n_elements} elements{moving}"
    return _figure(step.observation, album, marks, caption, f"Screen before step {step.step}")


def _after(step: StepRecord, album: Album) -> str:
    if step.after is None:
        return ""
    changed = step.outcome["changed"]
    marks = "".join(_rectangle(box, "changed", pad=CHANGED_PAD_PX) for box in changed)
    said = "After"
    if changed:
        places = "one place" if len(changed) == 1 else f"{len(changed)} places"
        said = f'After: <span class="key dash"></span>changed in {places}'
    return _figure(step.after, album, marks, said, f"Screen after step {step.step}")


def _figure(handle: PictureHandle, album: Album, marks: str, caption: str, label: str) -> str:
    symbol = album.symbol_id(handle)
    if symbol is None:
        shown = f'<div class="gone">{escape(handle.path)} cannot be read</div>'
    else:
        shown = (
            f'<button class="shot" type="button" aria-label="{escape(label, quote=True)}: enlarge">'
            f'<svg class="picture" viewBox="0 0 {handle.width:d} {handle.height:d}" role="img" '
            f'aria-label="{escape(label, quote=True)}"><use href="#{symbol}"/>{marks}</svg>'
            "</button>"
        )
    return f"<figure>{shown}<figcaption>{caption}</figcaption></figure>"


def _rectangle(xyxy: Sequence[float], style: str, *, pad: float = 0.0) -> str:
    left, top, right, bottom = (float(value) for value in xyxy)
    return (
        f'<rect class="{style}" x="{left - pad:g}" y="{top - pad:g}" '
        f'width="{right - left + 2 * pad:g}" height="{bottom - top + 2 * pad:g}" rx="2"/>'
    )


def _times(step: StepRecord) -> str:
    seconds = [float(step.timings.get(phase, 0.0)) for phase in PHASES]
    if not any(seconds):
        return ""
    bars = "".join(f'<i style="flex:{value * 1000:.0f} 0 0"></i>' for value in seconds)
    words = "".join(
        f"<span><i></i>{word} {value:.2f} s</span>"
        for word, value in zip(PHASE_WORDS, seconds, strict=True)
    )
    return f'<div class="times" aria-hidden="true">{bars}</div><div class="legend">{words}</div>'


def _details(step: StepRecord) -> str:
    decision = step.decision
    gate = ""
    if decision:
        gate = (
            f"<p>Gate: <b>{escape(str(decision['verdict']))}</b> by "
            f"{_text(str(decision.get('by', 'policy')))}, rule "
            f"<code>{escape(str(decision['rule']))}</code>: {_text(str(decision['reason']))}</p>"
        )
    if step.usage:
        gate += f"<p>Model: {escape(_usage(Usage(**step.usage)))}</p>"
    action = json.dumps(step.action, ensure_ascii=False, indent=2)
    return (
        "<details><summary>Decision and action</summary>"
        f"{gate}<pre>{escape(action)}</pre></details>"
    )


def _answer(outcome: Mapping[str, Any]) -> str:
    answer = str(outcome.get("answer", ""))
    return f'<p class="evidence soft">Answer: {_text(answer)}</p>' if answer else ""


def _no_steps() -> str:
    return '<section class="card soft">No step was settled.</section>'


def _badge(look: tuple[str, str, str], before: str = "") -> str:
    style, sign, word = look
    return (
        f'<span class="badge {style}"><span aria-hidden="true">{sign}</span>{before}{word}</span>'
    )


def _text(text: str) -> str:
    """Return text from a screen, a model or a person as inert HTML that keeps its own direction."""
    return f"<bdi>{escape(text)}</bdi>"


def _desktop(info: RunInfo) -> str:
    place = info.desktop
    size = "" if place.size is None else f" {place.size[0]}×{place.size[1]}"
    kind = "virtual desktop " if place.sandbox_folder is not None else ""
    return f"{kind}{place.display}{size}".strip() or "not recorded"


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _first_line(task: str) -> str:
    return next(iter(task.splitlines()), "")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f} min {rest:.0f} s" if minutes else f"{rest:.1f} s"
