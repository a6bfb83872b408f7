"""Finds secrets in what was read from a screen.

Scanners for source code know exact lengths and quotes; a screen has neither: OCR loses a character,
puts a blank into a token, reads 0 as O. So what is looked for here is what a secret begins with,
what check digits say, and the words beside it. `tests/secret_samples.py` has the list that this was
measured with.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from stdnum import iban, luhn
from stdnum.us import ssn

SecretKind = Literal[
    "token", "private key", "password", "card number", "IBAN", "SSN", "one-time code", "secret"
]
"""`secret` is one that this process knows by its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSpan:
    """Where in a text a secret stands: `text[start:end]`."""

    start: int
    end: int
    kind: SecretKind


_PREFIXES = (
    r"sk-(?:proj-|ant-|or-|svcacct-|admin-)?", r"gh[pousr]_", "github_pat_",
    r"gl(?:pat|[dfrw]t|sa|cbt|ptt|imt|agent|oas|soat|ffct)-", "GR1348941", r"xox[abeoprs]-",
    r"xapp-", "A(?:[KS]I|BI|CC)A", "AIza", r"ya29\.", "hf_", "npm_", "pypi-", r"SG\.",
    r"[srp]k_(?:live|test)_", "whsec_", r"shp(?:at|ca|pa|ss)_", r"do[opr]_v1_", "GOCSPX-",
    "nvapi-", "gsk_", "r8_", "pplx-", "xai-", "tvly-", "lin_api_", "figd_",
    r"sq0(?:csp|atp|idp)-", "EAAA", "dckr_pat_", r"hv[sb]\.", r"(?:ATATT|ATCTT)3",
    "AGE-SECRET-KEY-", "rubygems_", "cio", "PMAK-", r"dapi(?=[0-9a-f])", "sntrys_", "sbp_",
    "secret_", "ntn_", "key-(?=[0-9a-f]{20})", "AKCp?", r"eyJ(?=\w{15})", r"v1\.0-(?=[0-9a-f])",
    r"pat-(?=[a-z]{2}\d-)", r"patE?(?=\w{14}\.)",
)  # fmt: skip
"""What the tokens of services begin with. Few end after a fixed number of characters for good, and
none does on a screen."""

_TOKEN = re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(_PREFIXES)})[A-Za-z0-9_\-.=/+]{{12,}}")
_PIECE = re.compile(r" ?[A-Za-z0-9_\-.=/+]{8,}")

_SHAPED = re.compile(
    r"\b\d{8,10}:[A-Za-z0-9_-]{30,}"  # Telegram
    r"|\b(?:SK|AC)[0-9a-z]{30,34}\b"  # Twilio
    r"|\b[0-9a-z]{32}-us\d{1,2}\b"  # Mailchimp
    r"|\bhooks\.slack\.com/(?:services|workflows)/\S{20,}"
    r"|\bdiscord(?:app)?\.com/api/webhooks/\S{20,}"
    r"|\b[MNO][A-Za-z\d_-]{23,25}\.[\w-]{6}\.[\w-]{27,}"  # Discord
)
_IN_ADDRESS = re.compile(
    r"(?<=://)[^\s/:@]{1,60}:(?P<password>[^\s/@]{3,})(?=@)"
    r"|[?&#](?:access_token|refresh_token|id_token|token|sig|signature|X-Amz-Signature|api_?key"
    r"|client_secret|auth)=(?P<value>[^&\s#]{8,})",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(?:bearer|basic)\s+(?P<value>[A-Za-z0-9_\-.=/+]{16,})", re.IGNORECASE)
_PRIVATE_KEY = re.compile(
    r"(?:-*\s?BEGIN[A-Z0-9 ]*PRIVATE KEY[A-Z ]*-*|PuTTY-User-Key-File-\d)"
    r"(?:(?:\s|\\[nr])+[A-Za-z0-9+/=]{16,})*(?:\s*-{2,}\s?END[A-Z0-9 ]*-{2,})?"
)

_PASSWORD_WORD = (
    r"passwords?|passwd|pwd|passphrase|passcode|passwort|kennwort|mot de passe|contraseña"
    r"|password[_ -]?hash|api[_-]?pass|senha|wachtwoord|hasło|пароль|密码|パスワード"
)
_KEY_WORD = (
    r"(?:api|access|secret|private|auth|account|signing|encryption|client|shared)[ _-]?"
    r"(?:key|token|secret)(?:[ _-]?(?:id|value))?|secret(?:[_ -]?access[_ -]?key)?|token"
    r"|credentials?|apikey|license key|product key|recovery (?:key|code)s?|webhook[_ -]secret"
)
_NUMBER_WORD = r"pin(?: code)?|cvv2?|cvc2?|security code|card code"

_ASSIGNED = re.compile(
    rf"(?<![^\W_])(?:(?P<password>{_PASSWORD_WORD})|(?P<key>{_KEY_WORD})|(?P<number>{_NUMBER_WORD}))"
    r"""["'\]]{0,3}(?P<sign>\s{0,4}(?::=|=>|[:=：])\s{0,4}"""
    r"""|\s{1,4}(?:is|lautet|est|es)\s{0,2}:?\s{1,4}|\s{2,6})["'“”]?"""
    r"""(?P<value>[^\s"'“”,;|]{3,})""",
    re.IGNORECASE,
)
_PASSPHRASE = re.compile(r"\bpass-?phrase\s*[:=]\s*(?P<value>\S+(?: \S+){1,23})", re.IGNORECASE)
_SHORT_NUMBER = re.compile(r"\b(?:PIN|CVV2?|CVC2?) (?P<value>\d{3,6})(?![\w.,:/%])")
_UI_WORDS = frozenset(
    "required optional forgot forgotten change changed reset show hide hidden expired expires "
    "valid invalid missing wrong incorrect weak strong medium good confirm confirmed none null "
    "nil true false yes no set unset saved enter type new old current protected enabled "
    "disabled never empty the a an your my not too must should at least min minimum max policy "
    "manager managers generator strength settings field fields same different and or for to is "
    "are was string str bytes int bool any value example todo tbd n/a unknown updated copied "
    "copy create generate revoke delete edit active inactive revoked permanent verified "
    "required. ok login account remember".split()
)
"""What stands beside such a word where no secret does."""

_DIGITS = r"[0-9OoIl]"
_CARD = re.compile(
    r"(?<![A-Za-z0-9.,/-])(?:"
    rf"{_DIGITS}{{4}}([ -]){_DIGITS}{{4}}\1{_DIGITS}{{4}}\1{_DIGITS}{{1,7}}"
    rf"|{_DIGITS}{{4}}([ -]){_DIGITS}{{6}}\2{_DIGITS}{{4,5}}|\d{{13,19}})(?![A-Za-z0-9-]|[.,]\d)"
)
_CARD_AS_READ = re.compile(r"(?<![A-Za-z0-9.,/-])[3-6](?:[ -]{0,2}[0-9OoIl]){11,18}(?![A-Za-z0-9])")
"""OCR puts the blanks of a card number elsewhere, and loses one of several equal digits."""
_CARD_WORDS = re.compile(
    r"\b(?:card|visa|mastercard|amex|american express|maestro|credit|debit)\b", re.IGNORECASE
)
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12,15}|35\d{14}|62\d{14,17}"
    r"|(?:5018|5020|5038|6304|6759|676[1-3])\d{8,15}"
)
_AS_DIGITS = str.maketrans("OoIl", "0011")

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,32}(?![a-z])")
MIN_IBAN_CHARS = 15
_IBAN_NEAR = re.compile(r"\bIBAN\b", re.IGNORECASE)
_SSN = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")

_CODE_WORDS = re.compile(
    r"\b(?:(?:verification|verify|security|confirmation|one[- ]?time|login"
    r"|log-?in|sign-?in|access|auth\w*|2fa|two[- ]factor|mfa|sms|activation|pairing|unlock)"
    r"[ -](?:pass)?(?:code|pin|number)s?|passcode|otp|totp|tan"
    r"|one[- ]?time (?:password|pin)|(?:your|use|enter)(?: \w+){0,3} code"
    r"|code (?:is|to (?:log|sign|verify|confirm))"
    r"|best[äa]tigungscode|einmalcode|code de (?:v[ée]rification|confirmation)"
    r"|c[óo]digo de verificaci[óo]n)\b"
    r"|验证码|認証コード",
    re.IGNORECASE,
)
_NO_CODE_WORDS = re.compile(
    r"\b(?:zip|postal|post|area|country|dialling|promo|discount|voucher|coupon|error|status|exit|qr|bar|sort"
    r"|tax|product|item|source|referral|booking|tracking|order|class|course|colou?r)[ -]?codes?\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?<![\w.,:/#$€£¥%+-])(?:[A-Z]{1,2}-)?"
    r"(?P<code>\d{4,8}|\d{3}[ -]\d{3}|\d{4}[ -]\d{4}|(?:\d ){5,7}\d)"
    r"(?![\w/:%€$£]|[.,-]\d| ?(?:min|hour|day|sec|people|USD|EUR|GBP)\b)"
)
_BESIDE_CODE = re.compile(r"\W*(?:(?:copy|resend|code|paste)\b\W*)*", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")


AROUND_CHARS = 300
"""A label stands nearer; and a line without end must not be searched for each number in it."""


def find_secrets(text: str) -> list[SecretSpan]:
    """Return where secrets stand in a text, in order, none overlapping another.

    Args:
        text: What was read; lines that belong together may be joined by newlines.
    """
    finders = (
        _private_keys, _tokens, _in_addresses, _assigned, _cards, _ibans, _ssns, _one_time_codes
    )  # fmt: skip
    spans: list[SecretSpan] = []
    for one in sorted((s for find in finders for s in find(text)), key=lambda span: span.start):
        if spans and one.start < spans[-1].end:
            # A password that begins like a token goes on where the token ends: both are hidden.
            end = max(one.end, spans[-1].end)
            spans[-1] = SecretSpan(start=spans[-1].start, end=end, kind=spans[-1].kind)
        else:
            spans.append(one)
    return spans


def is_random(text: str) -> bool:
    """Tell whether a word looks like drawn by lot: no blank, long, and of several kinds."""
    if len(text) < 16 or not re.fullmatch(r"[A-Za-z0-9_\-.=/+]+", text):
        return False
    digits = sum(char.isdigit() for char in text)
    return digits >= 2 and any(char.isalpha() for char in text) and _turns(text) >= len(text) / 5


def opens_private_key(text: str) -> bool:
    """Tell whether a line begins a private key, whose next lines are secret as well."""
    return re.search(r"BEGIN[A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File", text) is not None


def _turns(text: str) -> int:
    """Count where the kind of character changes: rarely in words, often in random ones."""
    kinds = [
        "d" if c.isdigit() else "u" if c.isupper() else "l" if c.islower() else "p" for c in text
    ]
    return sum(a != b for a, b in zip(kinds, kinds[1:], strict=False))


def _private_keys(text: str) -> Iterator[SecretSpan]:
    for match in _PRIVATE_KEY.finditer(text):
        yield SecretSpan(start=match.start(), end=match.end(), kind="private key")


def _tokens(text: str) -> Iterator[SecretSpan]:
    for match in _TOKEN.finditer(text):
        is_upper = match[0].isupper()  # those of AWS have few digits
        if not any(c.isdigit() for c in match[0]) or _turns(match[0]) < (2 if is_upper else 4):
            continue
        end = match.end()
        # OCR puts blanks into long tokens.
        while (piece := _PIECE.match(text, end)) is not None and is_random(
            "0" * 8 + piece[0].strip()
        ):
            end = piece.end()
        yield SecretSpan(start=match.start(), end=end, kind="token")
    for match in _SHAPED.finditer(text):
        yield SecretSpan(start=match.start(), end=match.end(), kind="token")


def _in_addresses(text: str) -> Iterator[SecretSpan]:
    for match in _IN_ADDRESS.finditer(text):
        kind: SecretKind = "password" if match["password"] else "token"
        start, end = match.span("password" if match["password"] else "value")
        yield SecretSpan(start=start, end=end, kind=kind)
    for match in _BEARER.finditer(text):
        if any(char.isdigit() for char in match["value"]):
            yield SecretSpan(start=match.start("value"), end=match.end("value"), kind="token")


def _assigned(text: str) -> Iterator[SecretSpan]:
    for pattern in (_PASSPHRASE, _SHORT_NUMBER):
        for beside in pattern.finditer(text):
            start, end = beside.span("value")
            yield SecretSpan(start=start, end=end, kind="password")
    position = 0
    while (match := _ASSIGNED.search(text, position)) is not None:
        # A value may be the next word: "Password: token = abc".
        position = match.start("value")
        if _is_value(match):
            kind: SecretKind = "token" if match["key"] else "password"
            yield SecretSpan(start=position, end=match.end("value"), kind=kind)
            position = match.end("value")


def _is_value(match: "re.Match[str]") -> bool:
    """Tell whether what stands beside a word for secrets is one."""
    value, sign = match["value"].strip("."), match["sign"]
    if match["number"]:
        return re.fullmatch(r"\d{3,8}", value) is not None
    if value.casefold().strip("!?.:)(*…") in _UI_WORDS:
        return False
    if match["key"]:
        return len(value) >= 8 and any(char.isdigit() for char in value) and "(" not in value
    # Neighbours in a row or in two lines, and "the password is requested", are no values.
    is_plain = "\n" in sign or re.search(r"[:=：]", sign) is None
    return not re.fullmatch(r"[.…*•●]*", value) and not (is_plain and value.isalpha())


def _cards(text: str) -> Iterator[SecretSpan]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"[ -]", "", match[0]).translate(_AS_DIGITS)
        if _ISSUERS.fullmatch(digits) and luhn.is_valid(digits):
            yield SecretSpan(start=match.start(), end=match.end(), kind="card number")
    for match in _CARD_AS_READ.finditer(text):
        if _CARD_WORDS.search(_around(text, match)):
            yield SecretSpan(start=match.start(), end=match.end(), kind="card number")


def _ibans(text: str) -> Iterator[SecretSpan]:
    for match in _IBAN.finditer(text):
        ends = [place for place in range(match.start(), match.end()) if text[place] != " "]
        # What follows in capitals was matched along: the number ends where its check digits fit.
        fits = (
            last + 1
            for last in reversed(ends[MIN_IBAN_CHARS - 1 :])
            if iban.is_valid(text[match.start() : last + 1])
        )
        end = next(fits, None)
        if end is None and _IBAN_NEAR.search(_around(text, match)):
            end = match.end()  # something in it was misread
        if end is not None:
            yield SecretSpan(start=match.start(), end=end, kind="IBAN")


def _ssns(text: str) -> Iterator[SecretSpan]:
    for match in _SSN.finditer(text):
        if ssn.is_valid(match[0]):
            yield SecretSpan(start=match.start(), end=match.end(), kind="SSN")


def _one_time_codes(text: str) -> Iterator[SecretSpan]:
    for match in _CODE.finditer(text):
        if _YEAR.fullmatch(match["code"]):
            continue
        line = _around(text, match, n_lines=0)
        # An invoice number has a word before it; a code that is announced elsewhere stands alone.
        n_digits = sum(char.isdigit() for char in match["code"])
        beside = line.replace(match[0], "", 1)
        stands_alone = n_digits in (4, 6, 8) and _BESIDE_CODE.fullmatch(beside) is not None
        near = _around(text, match, n_lines=2) if stands_alone else line
        if _CODE_WORDS.search(_NO_CODE_WORDS.sub(" ", near)):
            yield SecretSpan(start=match.start(), end=match.end(), kind="one-time code")


def _around(text: str, match: "re.Match[str]", n_lines: int = 1) -> str:
    """Return the line of a match with so many above and below: where a label may stand."""
    first, last = match.start(), match.end()
    before = text[max(0, first - AROUND_CHARS) : first].split("\n")[-n_lines - 1 :]
    after = text[last : last + AROUND_CHARS].split("\n")[: n_lines + 1]
    return "\n".join(before) + match[0] + "\n".join(after)
