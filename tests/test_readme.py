"""The README is true: its questions have the answers that it prints, and its commands exist."""

import re

import pytest

from dagster_project.settings import ROOT

README = (ROOT / "README.md").read_text()
QUESTIONS = re.findall(r"```sql\n(.*?)```\n```\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(("query", "answer"), QUESTIONS)
def test_a_question_has_the_answer_that_the_readme_prints(answered, query, answer):
    assert answered(query) == answer


def test_there_are_six_questions_and_under_200_lines():
    assert len(QUESTIONS) == 6
    assert len(README.splitlines()) < 200


def test_every_mart_stands_in_the_table():
    marts = {path.stem for path in (ROOT / "dbt/models/marts").rglob("*.sql")}
    assert set(re.findall(r"\| \**`(\w+)`\**(?= \|)", README)) == marts


def test_every_command_of_the_readme_is_in_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", README)) - {"and"} <= targets


def test_every_page_that_is_linked_exists():
    assert all((ROOT / page).exists() for page in re.findall(r"\]\(([\w./-]+)\)", README))
