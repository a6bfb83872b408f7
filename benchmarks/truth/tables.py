"""The tables of the perception benchmark."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.truth.records import KINDS
from benchmarks.truth.scoring import EMPTY, Score, Tally, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One scene at one size, looked at."""

    scene: str
    size: str
    is_held_out: bool
    score: Score
    wall_s: float
    cpu_s: float
    is_timed: bool
    """Whether the times are medians of several looks."""
    peer_wall_s: float | None = None
    """Of the peer's OCR on the same picture."""
    peer_cpu_s: float | None = None
    peer_call_s: float | None = None
    peer_words: Tally | None = None


def share(tally: Tally) -> str:
    """Return a tally in five characters, such as ` 97.5`, in percent."""
    return "    -" if tally.share is None else f"{100 * tally.share:5.1f}"


def scenes_table(looks: Sequence[Look]) -> list[str]:
    """Return a row for each scene and size, and the totals; held-out ones only in the totals."""
    lines = [
        f"{'scene':<22}{'size':>10}  {'words':>11} {'found':>11} {'kind':>6} {'click':>11} "
        f"{'precision':>11} {'look s':>7}"
    ]
    known = [look for look in looks if not look.is_held_out]
    lines += [_scene_row(look.scene, look.size, [look]) for look in known]
    for size in dict.fromkeys(look.size for look in looks):
        for name, is_held_out in (("all of these", False), ("held out", True)):
            group = [look for look in looks if (look.size, look.is_held_out) == (size, is_held_out)]
            if group:
                lines.append(_scene_row(f"{name} ({len(group)})", size, group))
    return lines


def _scene_row(name: str, size: str, looks: Sequence[Look]) -> str:
    score = sum((look.score for look in looks), EMPTY)
    recall, clicks = total(score.recall), total(score.clicks)
    seconds = statistics.median(look.wall_s for look in looks)
    return (
        f"{name:<22}{size:>10}  {share(score.words)}/{score.words.of:<5} "
        f"{share(recall)}/{recall.of:<5} {share(total(score.roles)):>6} "
        f"{share(clicks)}/{clicks.of:<5} {share(score.precision)}/{score.precision.of:<5} "
        f"{seconds:7.2f}"
    )


def kinds_table(looks: Sequence[Look]) -> list[str]:
    """Return a row for each kind and size; held-out scenes beside the others."""
    lines = [
        f"{'kind':<12}{'size':>10}  {'found':>11} {'kind':>6} {'click':>11}   "
        f"held out: {'found':>9} {'kind':>6} {'click':>11}"
    ]
    for size in dict.fromkeys(look.size for look in looks):
        seen, held = (
            sum(
                (look.score for look in looks if (look.size, look.is_held_out) == (size, is_held)),
                EMPTY,
            )
            for is_held in (False, True)
        )
        lines.append(
            f"{'text':<12}{size:>10}  {share(seen.words)}/{seen.words.of:<5} {'':>6} {'':>11}   "
            f"{'':>7}{share(held.words)}/{held.words.of:<5}"
        )
        for kind in KINDS:
            if kind not in seen.recall and kind not in held.recall:
                continue
            cells = f"{_kind_cells(seen, kind)}   {'':>7}{_kind_cells(held, kind)}"
            lines.append(f"{kind:<12}{size:>10}  {cells}")
    return lines


def _kind_cells(score: Score, kind: str) -> str:
    recall, roles, clicks = (
        next((tally for name, tally in tallies.items() if name == kind), Tally())
        for tallies in (score.recall, score.roles, score.clicks)
    )
    return f"{share(recall)}/{recall.of:<5} {share(roles):>6} {share(clicks)}/{clicks.of:<5}"


def timing_table(looks: Sequence[Look]) -> list[str]:
    """Return a row for each scene that was timed."""
    lines = [
        f"{'scene':<22}{'size':>10}  {'look s':>7} {'cpu s':>7}   peer: {'OCR s':>6} {'cpu s':>7} "
        f"{'call s':>7} {'words':>6} {'ours':>6} {'times':>6}"
    ]
    timed = [look for look in looks if look.is_timed]
    lines += [_timing_row(look.scene, look.size, [look]) for look in timed]
    for size in dict.fromkeys(look.size for look in timed):
        group = [look for look in timed if look.size == size]
        lines.append(_timing_row(f"median of {len(group)}", size, group))
    return lines


def _timing_row(name: str, size: str, looks: Sequence[Look]) -> str:
    wall = statistics.median(look.wall_s for look in looks)
    cpu = statistics.median(look.cpu_s for look in looks)
    row = f"{name:<22}{size:>10}  {wall:7.2f} {cpu:7.2f}"
    peers = [
        (look.peer_wall_s, look.peer_cpu_s, look.peer_call_s, look.peer_wall_s / look.wall_s)
        for look in looks
        if look.peer_wall_s is not None
        and look.peer_cpu_s is not None
        and look.peer_call_s is not None
    ]
    if not peers:
        return row
    ocr, peer_cpu, call, ratio = (statistics.median(values) for values in zip(*peers, strict=True))
    words = sum((look.peer_words for look in looks if look.peer_words is not None), Tally())
    own = sum((look.score.words for look in looks), Tally())
    return (
        f"{row}         {ocr:6.2f} {peer_cpu:7.2f} {call:7.2f} {share(words):>6} {share(own):>6} "
        f"{ratio:6.1f}"
    )


def misses_list(looks: Sequence[Look]) -> list[str]:
    """Return a line for each miss, grouped by what and kind; nothing of held-out scenes."""
    lines = [
        (miss.what, miss.kind, look.size, look.scene, miss)
        for look in looks
        if not look.is_held_out
        for miss in look.score.misses
    ]
    return [
        f"{what:<7} {kind:<10} {scene} {size} {miss.box.xyxy} {miss.label!r}: {miss.got}"
        for what, kind, size, scene, miss in sorted(lines, key=lambda line: line[:4])
    ]
