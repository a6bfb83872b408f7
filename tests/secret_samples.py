"""Secrets as a screen shows them, and innocent texts that look like them.

Everything that has the form of a service's token is put together here from a seed, so that no
scanner of repositories takes this file for a leak.
"""

import random
import string

HEX = "0123456789abcdef"
WORD = string.ascii_letters + string.digits
URL = WORD + "-_"


def drawn(seed: int, n: int, alphabet: str = WORD) -> str:
    """Return characters drawn by lot, the same for the same seed."""
    return "".join(random.Random(seed).choices(alphabet, k=n))


PEM = "\n".join(drawn(90 + i, 64, WORD + "+/") for i in range(4))

SECRETS: tuple[str, ...] = (
    # Tokens of services.
    f"sk-proj-{drawn(1, 48, URL)}",
    f"OPENAI_API_KEY=sk-{drawn(2, 48)}",
    f"sk-ant-api03-{drawn(3, 80, URL)}",
    f"ghp_{drawn(4, 36)}",
    f"token github_pat_{drawn(5, 22)}_{drawn(6, 59)}",
    f"glpat-{drawn(7, 20, URL)}",
    f"xoxb-{drawn(8, 12, string.digits)}-{drawn(9, 12, string.digits)}-{drawn(10, 24)}",
    f"AKIA{drawn(11, 16, string.ascii_uppercase + '234567')}",
    f"aws_secret_access_key = {drawn(12, 40, WORD + '/+')}",
    f"AIza{drawn(13, 35, URL)}",
    f"ya29.{drawn(14, 60, URL)}",
    f"hf_{drawn(15, 34)}",
    f"npm_{drawn(16, 36)}",
    f"//registry/:_authToken=npm_{drawn(17, 36)}",
    f"pypi-AgEIcHlwaS5vcmc{drawn(18, 60, URL)}",
    f"SG.{drawn(19, 22, URL)}.{drawn(20, 43, URL)}",
    f"sk_live_{drawn(21, 24)}",
    f"rk_test_{drawn(22, 24)}",
    f"whsec_{drawn(23, 32)}",
    f"GOCSPX-{drawn(24, 28, URL)}",
    f"dop_v1_{drawn(25, 64, HEX)}",
    f"shpat_{drawn(26, 32, HEX)}",
    f"hvs.{drawn(27, 24)}",
    f"{drawn(28, 9, string.digits)}:{drawn(29, 35, URL)}",
    f"SK{drawn(30, 32, HEX)}",
    f"{drawn(31, 32, HEX)}-us6",
    "https://hooks.slack.com/services/" + f"T{drawn(32, 8)}/B{drawn(33, 8)}/{drawn(34, 24)}",
    f"eyJhbGciOiJIUzI1NiJ9.eyJ{drawn(35, 40, URL)}.{drawn(36, 43, URL)}",
    f"Authorization: Bearer {drawn(37, 40, URL)}",
    f"AccountKey={drawn(38, 86, WORD + '+/')}==",
    f"dckr_pat_{drawn(39, 27, URL)}",
    f"lin_api_{drawn(40, 40)}",
    # As OCR reads them: a blank within, a character lost.
    f"sk-proj-{drawn(41, 24, WORD)} {drawn(42, 22, WORD)}",
    f"ghp_{drawn(43, 34)}",
    # Private keys.
    f"-----BEGIN RSA PRIVATE KEY-----\n{PEM}\n-----END RSA PRIVATE KEY-----",
    f"-----BEGIN OPENSSH PRIVATE KEY-----\n{PEM}",
    # Passwords where words say so.
    "Password: hunter2",
    "Your password is Tr0ub4dor&3",
    "password = correct-horse-battery",
    "DB_PASSWORD=s3cr3t!pw",
    "Passwort: Sonnenblume7",
    "mot de passe : azerty123",
    "contraseña: gato1234",
    "passphrase: open sesame-99",
    "密码: qwer1234",
    "postgres://app:pa55w0rd@db.local:5432/shop",
    "https://ada:lovelace1815@git.example.org/repo.git",
    "api_key: 9f8e7d6c5b4a39281706",
    "client_secret=Zx81Qw72Ty63",
    "https://example.org/reset?token=" + drawn(44, 32),
    "PIN: 4821",
    "CVV 123  CVC: 737",
    # Cards, accounts, numbers of persons.
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "5555555555554444",
    "Visa 4012 8888 8888 1881 exp 09/29",
    "3782 822463 10005",
    "6011 1111 1111 1117",
    "Card number 4111 1111 1l11 1111",
    "Card 4242 4242 4242 4243",
    "DE89 3704 0044 0532 0130 00",
    "GB29NWBK60161331926819",
    "FR14 2004 1010 0505 0001 3M02 606",
    "IBAN DE89 3704 0O44 0532 0130 00",
    "078-05-1129",
    # One-time codes.
    "Your verification code is 482913",
    "482 913\nEnter this code to sign in",
    "G-731902 is your Google verification code.",
    "Use code 55 0193? No: your login code: 550193",
    "One-time code\n\n9 3 1 0 4 7",
    "Ihr Bestätigungscode\n204811",
    "OTP 40917733",
)

INNOCENT: tuple[str, ...] = (
    # Commits, digests, identifiers.
    "9dbdc3a Architecture: a line within its width",
    f"commit {drawn(60, 40, HEX)}",
    f"sha256:{drawn(61, 64, HEX)}",
    f"md5 {drawn(62, 32, HEX)}  archive.tar.gz",
    "550e8400-e29b-41d4-a716-446655440000",
    "index 3f2a91c..88b1d20 100644",
    f"integrity sha512-{drawn(63, 86, WORD + '+/')}==",
    "build 20261125.1802-rc3",
    "MAC 00:1B:44:11:3A:B7",
    "ISBN 978-3-16-148410-0",
    "DOI 10.1145/3313831.3376519",
    "arXiv:2401.13919v4",
    "tracking 1Z999AA10123456784",
    # Order and invoice numbers, customer numbers.
    "Order 4711-0815-2342-9000",
    "Order no. 1234567890123456",
    "Invoice 2026-11-0042",
    "Customer number 55501234",
    "Ref: 100200300400500",
    "Article 4006381333931",
    "EAN 5901234123457",
    "IMEI 490154203237518",
    "VAT ID DE136695976",
    "Contract 88123901 of 2026",
    "Ticket #482913",
    "Case 731902 is closed",
    # Telephones, dates, amounts, coordinates, versions.
    "+49 30 901820",
    "(555) 010-4477",
    "Tel. 0800 330 1000",
    "Fax +1 415 555 0132",
    "2026-11-25 18:04:33",
    "25/11/2026",
    "1700000000",
    "1,234,567.89 EUR",
    "Total 482 913 EUR",
    "$4,111.11",
    "52.5200, 13.4050",
    "version 10.0.19045.3693",
    "192.168.178.1:8080",
    "1280x800 pixels",
    "Population 8 258 000",
    # Codes that are none.
    "ZIP code 10115",
    "Postal code: 75001",
    "Area code 415",
    "Error code 404040",
    "exit code 137",
    "Promo code 2026 is over",
    "Status code: 500123",
    "Country code 0049",
    "QR code 330144",
    "Sort code 200052",
    # Words about secrets.
    "Password",
    "Forgot password?",
    "Password: required",
    "Show password",
    "Password strength: weak",
    "Change your password every 90 days",
    "Your password must have at least 12 characters",
    "Reset token: expired",
    "API key",
    "Create new secret key",
    "Secret Santa 2026",
    "Token usage: 1,048,576 of 2,000,000",
    "def parse(token: str) -> Token:",
    "token = tokens[position]",
    "password: str | None = None",
    "The key is under the mat",
    "PIN required",
    "Pin tab",
    "sk-learn is not how it is spelled",
    "gsk_ is a prefix",
    "basic authentication",
    "https://example.org/search?q=token&page=2",
    "https://example.org:8443/user@host",
    "ghost_writer_for_hire",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "DE GB FR 12 1234 5678",
    "AB12 CDEF ticket",
    "Room 123-45-678",
    "Session 000-12-3456",
)
