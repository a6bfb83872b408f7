"""The screens of the corpus as HTML pages and as files for applications."""

import random
from html import escape

from benchmarks.recall_corpus.subjects import PEOPLE, PLACES, THINGS, Subject

ACCENTS = ("#2458d3", "#0b7a75", "#8a3ffc", "#b4421f", "#356a1e", "#a02060")
FONTS = ("sans-serif", "serif", "'DejaVu Sans', sans-serif", "'Liberation Sans', sans-serif")
FILLER = (
    "The delivery is planned for the second half of the month.", "Please confirm by Friday.",
    "All prices include the statutory tax.", "Nothing else has changed since the last version.",
    "The offer is valid for fourteen days.", "See the attachment for the details.",
    "A colleague will call you back in the afternoon.", "Payment by bank transfer is preferred.",
    "We look forward to hearing from you.", "The room on the second floor is free until noon.",
)  # fmt: skip
STYLE = """
:root{--paper:#fff;--ink:#1c1f24;--faint:#667;--line:#d5d9e0;--panel:#f3f5f8;--accent:ACCENT}
:root.dark{--paper:#17191d;--ink:#e6e8ec;--faint:#98a;--line:#363b44;--panel:#22262c}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:SIZEpx FONT}
header{background:var(--accent);color:#fff;padding:12px 24px;display:flex;gap:28px}
main{padding:20px 28px;display:flex;gap:24px}aside{width:210px}section{flex:1}
h1{font-size:1.6em;margin:.2em 0 .6em}table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid var(--line);padding:6px 10px;text-align:left}
.card{background:var(--panel);border:1px solid var(--line);border-radius:8px;
padding:14px;margin:0 0 12px}
.faint{color:var(--faint)}
button{background:var(--accent);color:#fff;border:0;border-radius:6px;padding:8px 16px}
input{background:var(--paper);color:var(--ink);border:1px solid var(--line);padding:6px;width:260px}
.bars{display:flex;align-items:flex-end;gap:10px;height:180px}
.bars i{width:44px;background:var(--accent)}
.mine{margin-left:30%;background:var(--accent);color:#fff}
"""


def page(subject: Subject) -> str:
    """Return the HTML of a page; with the class `dark` on its root it is dark."""
    drawn = random.Random(subject.number)
    style = STYLE.replace("ACCENT", drawn.choice(ACCENTS)).replace("FONT", drawn.choice(FONTS))
    style = style.replace("SIZE", str(drawn.choice((14, 15, 16, 17))))
    title, body = _BODIES[subject.kind](subject, drawn)
    menu = drawn.sample(("Home", "Files", "Search", "Help", "Profile", "Reports", "News"), 4)
    return (
        f"<!doctype html><html class='{'dark' if subject.is_dark else ''}'><meta charset=utf-8>"
        f"<title>{escape(title)}</title><style>{style}</style><header><b>{subject.kind.title()}"
        f"</b>{''.join(f'<span>{one}</span>' for one in menu)}</header><main>{body}</main></html>"
    )


def note(subject: Subject) -> str:
    """Return a text for an editor."""
    drawn = random.Random(subject.number)
    lines = [f"Notes on {subject.thing}, {subject.place}", "", *drawn.sample(FILLER, 4), ""]
    lines += [f"Contact: {subject.person}", f"Reference {subject.code}, about {subject.amount} EUR"]
    return "\n".join(lines) + "\n"


def file_names(subject: Subject) -> list[str]:
    """Return the names of the files in a folder."""
    drawn = random.Random(subject.number)
    others = [f"{thing} {drawn.randint(2, 40)}.txt" for thing, _ in drawn.sample(THINGS, 5)]
    return [f"{subject.thing} {subject.place}.odt", f"{subject.code}.pdf", *others]


def log(subject: Subject) -> str:
    """Return what a terminal shows."""
    drawn = random.Random(subject.number)
    lines = [
        f"{subject.time:%H:%M:%S} worker {drawn.randint(1, 9)}: {line}"
        for line in drawn.sample(FILLER, 6)
    ]
    at = drawn.randint(1, 5)
    lines.insert(at, f"ERROR {subject.code}: import of {subject.thing} {subject.place} failed")
    return "\n".join(lines) + "\n"


def _invoice(one: Subject, drawn: random.Random) -> tuple[str, str]:
    rows = "".join(
        f"<tr><td>{escape(line)}<td>{drawn.randint(1, 9)}<td>{drawn.randint(5, 400)}.00"
        for line in drawn.sample(FILLER, 3)
    )
    return f"Invoice {one.code}", (
        f"<section><h1>Invoice {one.code}</h1><p>{one.person}<br>{one.place}</p><table><tr><th>"
        f"Item<th>Count<th>EUR<tr><td>{one.thing}<td>1<td>{one.amount}{rows}</table>"
        f"<h1>Total {one.amount} EUR</h1><p class=faint>Due in 30 days.</p></section>"
    )


def _mail(one: Subject, drawn: random.Random) -> tuple[str, str]:
    others = "".join(
        f"<div class=card>{drawn.choice(PEOPLE)}<br><span class=faint>{escape(line)}</span></div>"
        for line in drawn.sample(FILLER, 4)
    )
    text = "".join(f"<p>{escape(line)}</p>" for line in drawn.sample(FILLER, 4))
    return f"{one.thing} in {one.place} - Mail", (
        f"<aside>{others}</aside><section><h1>{one.thing} in {one.place}</h1><p class=faint>From "
        f"{one.person}</p>{text}<p>Your reference is {one.code}.</p><button>Reply</button>"
        "</section>"
    )


def _shop(one: Subject, drawn: random.Random) -> tuple[str, str]:
    others = "".join(
        f"<div class=card>{thing}<br><b>{drawn.randint(3, 900)}.90 EUR</b></div>"
        for thing in ("gift card", "spare part", "carrying bag")
    )
    return f"{one.thing} - Shop", (
        f"<section><h1>{one.thing}</h1><div class=card style='height:180px;background:"
        f"var(--accent)'></div><h1>{one.amount} EUR</h1><p>Pick it up in {one.place}. Article "
        f"{one.code}.</p><button>Add to basket</button></section><aside>{others}</aside>"
    )


def _settings(one: Subject, drawn: random.Random) -> tuple[str, str]:
    boxes = "".join(
        f"<p><label><input type=checkbox style='width:auto' {drawn.choice(('checked', ''))}> "
        f"{escape(line)}</label></p>"
        for line in drawn.sample(FILLER, 5)
    )
    return "Settings", (
        f"<aside><p>General<p>Notifications<p><b>Account</b><p>Privacy</aside><section><h1>"
        f"Account: {one.thing}</h1><p>Name <input value='{one.person}'></p><p>Town <input value="
        f"'{one.place}'></p><p>Customer <input value='{one.code}'></p>{boxes}"
        "<button>Save</button></section>"
    )


def _sheet(one: Subject, drawn: random.Random) -> tuple[str, str]:
    rows = [
        f"<tr><td>{thing}<td>{place}<td>{drawn.randint(10, 2000)}.00<td>{drawn.choice(PEOPLE)}"
        for thing, place in (
            (drawn.choice(THINGS)[0], "to be decided") for _ in range(drawn.randint(6, 10))
        )
    ]
    own = f"<tr><td>{one.thing}<td>{one.place}<td>{one.amount}<td>{one.person}"
    rows.insert(drawn.randrange(len(rows)), own)
    return f"Costs {one.code}", (
        f"<section><h1>Costs {one.code}</h1><table><tr><th>What<th>Where<th>EUR<th>Who"
        f"{''.join(rows)}</table></section>"
    )


def _dashboard(one: Subject, drawn: random.Random) -> tuple[str, str]:
    bars = "".join(f"<i style='height:{drawn.randint(15, 100)}%'></i>" for _ in range(12))
    tiles = "".join(
        f"<div class=card>{name}<h1>{drawn.randint(2, 9999):,}</h1></div>"
        for name in ("Visitors", "Orders", "Returns")
    )
    return "Dashboard", (
        f"<aside>{tiles}</aside><section><h1>{one.thing}, {one.place}</h1><div class=bars>{bars}"
        f"</div><p class=faint>Turnover {one.amount} EUR, report {one.code}</p></section>"
    )


def _article(one: Subject, drawn: random.Random) -> tuple[str, str]:
    text = "".join(f"<p>{' '.join(drawn.sample(FILLER, 3))}</p>" for _ in range(4))
    return f"{one.thing} in {one.place}", (
        f"<section style='max-width:760px'><h1>What {one.thing} costs in {one.place}</h1><p class="
        f"faint>By {one.person}, {one.code}</p>{text}</section>"
    )


def _calendar(one: Subject, drawn: random.Random) -> tuple[str, str]:
    at = drawn.randint(1, 28)
    cells = [f"<td style='height:62px;vertical-align:top'>{day}" for day in range(1, 29)]
    cells[at - 1] += f"<br><b>{one.thing}, {one.place}</b>"
    weeks = "".join(f"<tr>{''.join(cells[week : week + 7])}" for week in range(0, 28, 7))
    return "Calendar", (
        f"<section><h1>{one.time:%B %Y}</h1><table>{weeks}</table><p>{one.person}, {one.code}"
        "</p></section>"
    )


def _chat(one: Subject, drawn: random.Random) -> tuple[str, str]:
    lines = drawn.sample(FILLER, 4)
    lines.insert(drawn.randint(1, 3), f"Any news of the {one.thing} in {one.place}? ({one.code})")
    said = "".join(
        f"<div class='card {drawn.choice(('', 'mine'))}' style='width:68%'>{escape(line)}</div>"
        for line in lines
    )
    people = "".join(f"<p>{name}" for name in drawn.sample(PEOPLE, 6))
    return f"{one.person} - Chat", (
        f"<aside>{people}</aside><section><h1>{one.person}</h1>{said}</section>"
    )


def _booking(one: Subject, drawn: random.Random) -> tuple[str, str]:
    other = drawn.choice([place for place, _ in PLACES if place != one.place])
    return f"Booking {one.code}", (
        f"<section><h1>Your booking {one.code}</h1><div class=card><h1>{one.thing}</h1><p>"
        f"{one.place}, {one.time:%d %B}, {drawn.randint(1, 6)} persons</p><p>Booked by "
        f"{one.person}, {one.amount} EUR</p></div><p class=faint>Others looked at {other}.</p>"
        "<button>Cancel</button></section>"
    )


_BODIES = {
    "invoice": _invoice, "mail": _mail, "shop": _shop, "settings": _settings, "sheet": _sheet,
    "dashboard": _dashboard, "article": _article, "calendar": _calendar, "chat": _chat,
    "booking": _booking,
}  # fmt: skip
