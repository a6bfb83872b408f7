"""Whether a task is in English: the one language whose words the small planner knows."""

import re

from .words import KINDS, LITTLE_WORDS, VERBS

_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|„[^“]*“|«[^»]*»|'[^']*'(?!\w)")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
FOREIGN_SHARE = 0.5
"""Of letters in another script, from which on a task is none that is English."""
FOREIGN = frozenset(
    # German, Dutch, Scandinavian
    "der das den dem ein eine einen einem einer und oder auf mit für zum zur bitte klicke klick "
    "öffne schließe gib wähle suche trage speichere sende lösche fülle nicht ist "
    "het een van voor naar met niet klik kies og på til ikke åpne åbn öppna att för och inte "
    "den det "
    # French, Spanish, Portuguese, Italian
    "le les des du dans sur avec pour une ouvre ouvrez clique cliquez cherche tape choisis "
    "el los las una con para por abre abra haz escribe busca elige del il gli della nella apri "
    "clicca scrivi scegli cerca fai uma com não abrir clicar clique escolha "
    # Polish, Czech, Turkish
    "kliknij przycisk otwórz wpisz się nie klikni otevři tıkla aç ve bir".split()
)
"""Words that are common there and rare in an English task."""
_ENGLISH = VERBS | LITTLE_WORDS | KINDS


def is_english(task: str) -> bool:
    """Tell whether a task may be in English; what stands in quotes may be in any language.

    >>> is_english('Write "Guten Tag und danke" into the subject')
    True
    >>> is_english("Öffne das Menü Datei und klicke auf Speichern")
    False
    """
    told = _QUOTED.sub(" ", task)
    letters = [character for character in told if character.isalpha()]
    strange = [letter for letter in letters if ord(letter) > 0x24F]
    if letters and len(strange) > FOREIGN_SHARE * len(letters):
        return False
    said = [word.casefold() for word in _WORD.findall(told)]
    foreign = sum(word in FOREIGN for word in said)
    return foreign <= sum(word in _ENGLISH for word in said)
