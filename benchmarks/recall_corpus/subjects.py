"""What the screens of the corpus are about, and how somebody asks for them in other words."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

THINGS = (
    ("bicycle repair", "fixing my bike"),
    ("piano lessons", "learning to play the keyboard"),
    ("kitchen tiles", "ceramic for the cooking area"),
    ("dental cleaning", "teeth at the hygienist"),
    ("solar panels", "electricity from the sun on the roof"),
    ("wedding flowers", "bouquets for the marriage"),
    ("winter tyres", "rubber for the car in the snow"),
    ("dog kennel", "a house for the hound"),
    ("language course", "lessons to speak like the locals"),
    ("moving boxes", "cartons to relocate the household"),
    ("hearing aid", "a device for the deaf ear"),
    ("garden fence", "a barrier around the yard"),
    ("camera lens", "glass for taking photographs"),
    ("passport photo", "a portrait for travel papers"),
    ("beehive starter kit", "beginning to keep insects for honey"),
    ("sailing trip", "a cruise under canvas on the sea"),
    ("wool blanket", "something warm from sheep for the bed"),
    ("tax adviser", "help with what I owe the state"),
    ("violin strings", "spares for the fiddle"),
    ("chess tournament", "a contest of the board game"),
    ("vaccination record", "proof of my jabs"),
    ("roof insulation", "keeping heat in under the tiles"),
    ("coffee roaster", "a machine that browns the beans"),
    ("museum tickets", "entry to the art exhibition"),
)
PLACES = (
    ("Lyon", "France"), ("Porto", "Portugal"), ("Graz", "Austria"), ("Ghent", "Belgium"),
    ("Bergen", "Norway"), ("Malmö", "Sweden"), ("Turku", "Finland"), ("Aarhus", "Denmark"),
    ("Kraków", "Poland"), ("Brno", "Czechia"), ("Split", "Croatia"), ("Patras", "Greece"),
    ("Bologna", "Italy"), ("Seville", "Spain"), ("Galway", "Ireland"), ("Basel", "Switzerland"),
    ("Utrecht", "the Netherlands"), ("Tartu", "Estonia"), ("Kaunas", "Lithuania"),
    ("Debrecen", "Hungary"), ("Izmir", "Turkey"), ("Osaka", "Japan"), ("Cusco", "Peru"),
    ("Mombasa", "Kenya"),
)  # fmt: skip
PEOPLE = (
    "Ada Okafor", "Ben Lindqvist", "Carla Moreau", "Dimitri Vale", "Elin Sato", "Farid Haas",
    "Grete Nowak", "Hugo Petri", "Ines Falk", "Jonas Ruiz",
)  # fmt: skip
KINDS = (
    "invoice", "mail", "shop", "settings", "sheet", "dashboard", "article", "calendar", "chat",
    "booking",
)  # fmt: skip
APPLICATIONS = ("editor", "folder", "terminal")
KIND_IN_OTHER_WORDS = {
    "invoice": "the bill for", "mail": "the message about", "shop": "where I could buy",
    "settings": "the options of the account for", "sheet": "the list of costs with",
    "dashboard": "the figures and charts of", "article": "the report I read on",
    "calendar": "the appointment about", "chat": "the conversation on",
    "booking": "the reservation for", "editor": "my notes on", "folder": "the files about",
    "terminal": "the log output about",
}  # fmt: skip
FIRST_DAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOURS_APART = 3
EVERY_NTH_IS_AN_APPLICATION = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One screen of the corpus: no other is about this thing in this place."""

    number: int
    kind: str
    thing: str
    place: str
    person: str
    code: str
    """Stands on this screen alone."""
    amount: str
    time: datetime
    is_dark: bool
    exact: str
    """A question in the words of the screen."""
    paraphrase: str
    """The same question in none of its words."""


def subject(number: int, seed: int = 7) -> Subject:
    """Return the subject of a screen; the same for the same number and seed.

    Raises:
        ValueError: If there are not so many.
    """
    if number >= len(THINGS) * len(PLACES):
        raise ValueError(f"there are {len(THINGS) * len(PLACES)} subjects, asked for {number + 1}")
    # Each pair once, near numbers far apart: 7 has no factor in common with 24.
    thing, thing_said = THINGS[(number * 7 + number // len(THINGS)) % len(THINGS)]
    place, place_said = PLACES[number % len(PLACES)]
    drawn = random.Random(f"{seed}:{number}")
    is_application = number % EVERY_NTH_IS_AN_APPLICATION == EVERY_NTH_IS_AN_APPLICATION - 1
    kinds = APPLICATIONS if is_application else KINDS
    kind = kinds[(number // EVERY_NTH_IS_AN_APPLICATION if is_application else number) % len(kinds)]
    return Subject(
        number=number,
        kind=kind,
        thing=thing,
        place=place,
        person=drawn.choice(PEOPLE),
        code=f"{drawn.choice('ABCDEFGHKLMNPRSTUVWXYZ')}{drawn.randint(10, 99)}-{number:04d}",
        amount=f"{drawn.randint(12, 1999):,}.{drawn.randint(0, 99):02d}",
        time=FIRST_DAY + timedelta(hours=HOURS_APART * number, minutes=drawn.randint(0, 50)),
        is_dark=drawn.random() < 0.35,
        exact=f"{thing} {place}",
        paraphrase=f"{KIND_IN_OTHER_WORDS[kind]} {thing_said} in {place_said}",
    )
