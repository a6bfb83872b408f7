"""Tasks in other languages are declined politely by the small planner."""

import sys
from pathlib import Path

import pytest

from deskhand.agent.planners.english import is_english
from deskhand.agent.planners.local import LocalPlanner
from deskhand.agent.planners.planner import Turn
from deskhand.tools.actions import Fail

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from tests.screens import rows, thing
from tests.scripted_planner import Scripted


@pytest.mark.parametrize(
    "task",
    [
        "Click Save",
        "Undo",
        "",
        "1 + 2",
        "Find Le Monde in the list",
        "Type Los Angeles into City",
        "Add Das Boot to the list",
        "Play Die Zauberflöte by Mozart",
        'Write "Guten Tag und danke für das Paket" into the message',
        "Type “Привет, как дела” into the message",
    ],
)
def test_english_tasks_are_taken_whatever_they_name(task: str) -> None:
    assert is_english(task)


@pytest.mark.parametrize(
    "task",
    [
        "Klicke auf Speichern",
        "Öffne das Menü Datei und klicke auf Speichern",
        "Speichere die Datei",
        "Ouvre le menu Fichier et clique sur Enregistrer",
        "Abre el menú Archivo y haz clic en Guardar",
        "Fai clic su Salva",
        "Clique em Salvar",
        "Kliknij przycisk Zapisz",
        "Открой меню Файл",
        "打开文件",
        "ファイルを開く",
    ],
)
def test_others_are_not(task: str) -> None:
    assert not is_english(task)


def test_the_run_ends_with_what_to_do_and_asks_no_model() -> None:
    model = Scripted(answers=[])
    task = "Klicke auf Speichern"
    turn = Turn(
        task=task, observation=rows([thing("button", "Speichern")]), memory={}, history=(), step=1,
        last_outcome=None,
    )  # fmt: skip
    assert LocalPlanner(task, model).plan(turn).action == Fail(
        reason="this planner understands tasks in English only (texts in quotes may be in any "
        "language); say this one in English, or choose another model: Klicke auf Speichern"
    )
