"""What may be done without asking: rules over actions and the places where they land."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field

from ..actions import Action, Launch, PressKeys, TypeText
from ..perception.elements import Element

Verdict = Literal["allow", "ask", "deny"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionContext:
    """Where an action would land, as far as it is known."""

    element: Element | None = None
    """What the target was resolved to; for keys without one, what has the keyboard if known."""
    window_title: str = ""
    app: str = ""
    """Class name of the application that would receive the action."""
    shown: str = ""
    """A hash of all that the window shows, for approvals that are bound to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the policy says of one action, and by which rule."""

    verdict: Verdict
    reason: str
    """One phrase, such as `click on "Delete" (a word that destroys)`."""
    rule: str
    """The rule's name; goes into records."""


class Rule(BaseModel):
    """One rule of a policy file: every condition given must hold. Matching ignores case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    verdict: Verdict
    kinds: tuple[str, ...] = Field(default=(), description="Action kinds; empty for all.")
    app: str | None = Field(default=None, description="Part of the application's class name.")
    window: str | None = Field(default=None, description="Part of the window title.")
    words: tuple[str, ...] = Field(
        default=(),
        description="Whole words on the target, its label, in the keys pressed or the command "
        "launched.",
    )

    def matches(self, kind: str, app: str, window: str, words: str) -> bool:
        """Tell whether every condition holds."""
        return (
            (not self.kinds or kind in self.kinds)
            and (self.app is None or self.app.casefold() in app.casefold())
            and (self.window is None or self.window.casefold() in window.casefold())
            and (not self.words or has_word(words, self.words))
        )


def has_word(text: str, words: tuple[str, ...]) -> bool:
    """Tell whether one of the words stands in the text as a whole word, in any case.

    Characters that nobody sees and wide or otherwise dressed letters hide no word. Chinese is
    written without spaces: there a word counts wherever it stands.
    """
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return any(re.search(_pattern(word), plain, re.IGNORECASE) for word in words)


def _pattern(word: str) -> str:
    if any(c >= FIRST_CJK for c in word):
        return re.escape(word)
    return rf"(?<!\w){re.escape(word)}(?!\w)"


FIRST_CJK = "\u2e80"
PRESSING_KEYS = ("enter", "return", "space", "kp_enter")
PRESSED_ROLES = ("button", "link", "menuitem", "icon", "option", "switch", "checkbox", "radio")
"""Things that a key presses while they have the keyboard; in a field the same key is text."""
FIELD_ROLES = ("textbox", "combobox", "spinbutton", "cell")
"""Where text may go; to type into anything else is a click on it before all."""
POINTER_KINDS = ("click", "double_click", "right_click", "drag")
DESTRUCTIVE_WORDS = (
    "delete", "remove", "erase", "format", "wipe", "discard", "uninstall", "empty trash",
    "shut down", "shutdown", "restart", "reboot", "log out", "power off", "reset", "overwrite",
    "replace",
    "löschen", "entfernen", "verwerfen", "formatieren", "deinstallieren", "zurücksetzen",
    "herunterfahren", "neu starten", "abmelden", "überschreiben", "ersetzen", "papierkorb leeren",
    "eliminar", "borrar", "quitar", "descartar", "desinstalar", "formatear", "apagar", "reiniciar",
    "cerrar sesión", "restablecer", "sobrescribir", "reemplazar", "vaciar papelera",
    "supprimer", "effacer", "retirer", "désinstaller", "formater", "éteindre", "redémarrer",
    "déconnexion", "réinitialiser", "écraser", "remplacer", "vider la corbeille",
    "删除", "清空", "格式化", "卸载", "丢弃", "关机", "重启", "注销", "重置", "覆盖", "替换",
)  # fmt: skip
COMMITTING_WORDS = (
    "pay", "buy", "purchase", "order", "checkout", "check out", "place order", "transfer", "send",
    "publish", "post", "subscribe", "donate", "sign", "i agree",
    "bezahlen", "kaufen", "jetzt kaufen", "bestellen", "überweisen", "senden", "absenden",
    "veröffentlichen", "abonnieren", "spenden", "ich stimme zu",
    "pagar", "comprar", "pedir", "transferir", "enviar", "publicar", "suscribirse", "donar",
    "firmar", "acepto",
    "payer", "acheter", "commander", "virer", "envoyer", "publier", "s'abonner", "signer",
    "j'accepte",
    "支付", "付款", "购买", "下单", "转账", "发送", "发布", "订阅", "捐款", "签署", "我同意",
)  # fmt: skip
SECRET_WORDS = (
    "password", "passphrase", "passcode", "pin", "cvv", "cvc", "secret", "api key",
    "passwort", "kennwort", "geheimnis", "contraseña", "clave", "mot de passe", "密码", "口令",
)  # fmt: skip

DEFAULT_RULES = (
    Rule(name="destroys", verdict="ask", kinds=POINTER_KINDS, words=DESTRUCTIVE_WORDS),
    Rule(name="commits", verdict="ask", kinds=POINTER_KINDS, words=COMMITTING_WORDS),
    Rule(name="secret-field", verdict="ask", kinds=("type_text",), words=SECRET_WORDS),
    Rule(
        name="system-keys",
        verdict="ask",
        kinds=("press_keys",),
        words=("ctrl+alt+delete", "ctrl+alt+backspace", "shift+delete", "alt+f4"),
    ),
)
"""First match wins; what no rule matches takes the policy's default."""


COMMAND_WORDS = (
    "sh", "bash", "dash", "zsh", "fish", "ksh", "env", "xargs", "nohup", "sudo", "su", "doas",
    "pkexec", "python", "python3", "perl", "ruby", "node", "php", "lua", "ssh", "curl", "wget",
    "rm", "dd", "xterm", "terminal", "konsole", "kitty", "alacritty",
)  # fmt: skip
"""Programs that run what they are told to."""

MODEL_RULES = (
    Rule(name="runs-commands", verdict="ask", kinds=("launch",), words=COMMAND_WORDS),
    *(
        Rule(name="terminal", verdict="ask", kinds=("type_text", "press_keys"), app=app)
        for app in ("term", "konsole", "kitty", "alacritty")
    ),
    *DEFAULT_RULES,
)
"""For actions that a model chose: what it read on a screen may have talked it into them."""


class Policy(BaseModel):
    """Rules in order; the first that matches decides, else `default`.

    The default policy lets ordinary actions through and asks before words that destroy, pay, send
    or publish, and before typing into a field for secrets.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[Rule, ...] = DEFAULT_RULES
    default: Verdict = "allow"

    def decide(self, action: Action, context: ActionContext) -> Decision:
        """Return the verdict for an action that would land in this place."""
        label = context.element.text if context.element is not None else ""
        words = "+".join(action.keys).casefold() if isinstance(action, PressKeys) else label
        if isinstance(action, Launch):
            words = " ".join(action.command)
        what = describe(action, context)
        if isinstance(action, TypeText) and action.secret:
            words = f"{words} secret"
        # A key that presses what has the keyboard is as good as a click on it, and so is the click
        # that comes before typing.
        pressed = _pressed(action, context.element)
        for rule in self.rules:
            place = context.app, context.window_title
            if rule.matches(action.kind, *place, words) or (
                pressed is not None and rule.matches("click", *place, pressed.text)
            ):
                return Decision(verdict=rule.verdict, reason=what, rule=rule.name)
        return Decision(verdict=self.default, reason=what, rule="default")


def _pressed(action: Action, focused: Element | None) -> Element | None:
    """Return what keys press, if they do: the button, link or the like that has the keyboard."""
    if focused is None:
        return None
    if isinstance(action, TypeText) and action.into is not None:
        return None if focused.role in FIELD_ROLES else focused
    if focused.role not in PRESSED_ROLES:
        return None
    match action:
        case PressKeys(keys=keys) if keys[-1].casefold() in PRESSING_KEYS:
            return focused
        case TypeText(text=text, secret=False) if " " in text or "\n" in text:
            return focused
        case _:
            return None


def describe(action: Action, context: ActionContext) -> str:
    """Return a phrase for what would be done where, with no secret in it."""
    kind = action.kind.replace("_", " ")
    place = f' in "{context.window_title}"' if context.window_title else ""
    match action.kind:
        case "press_keys":
            pressed = _pressed(action, context.element)
            target = f' on "{pressed.text}"' if pressed is not None else ""
            return f"{kind} {'+'.join(action.keys)}{target}{place}"
        case "launch":
            return f"{kind} {action.command[0]}"
        case "click" | "double_click" | "right_click" | "move" | "drag" | "type_text" | "scroll":
            target = f' on "{context.element.text}"' if context.element is not None else ""
            return f"{kind}{target}{place}"
        case (
            "wait_for" | "pause" | "focus_window" | "set_clipboard" | "save_screenshot"
            | "ask_user" | "done" | "fail"
        ):  # fmt: skip
            return kind
        case unknown:
            assert_never(unknown)
