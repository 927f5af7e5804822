"""Every question of `docs/questions/` has the answer that stands there.

`pytest tests/test_questions.py --renew-golden` writes the answers: look at the difference before you commit.
"""

import re

import pytest

from dagster_project.settings import ROOT

PAGES = sorted((ROOT / "docs/questions").glob("[!R]*.md"))
QUESTION = re.compile(r"^## (.*?)\n(.*?)```sql\n(.*?)```\n```\n(.*?)```", re.DOTALL | re.MULTILINE)
QUESTIONS = {
    (page.stem, title): (query, answer)
    for page in PAGES
    for title, _, query, answer in QUESTION.findall(page.read_text())
}


@pytest.mark.parametrize("question", QUESTIONS, ids=" · ".join)
def test_a_question_has_the_answer_that_stands_there(answered, question, request):
    query, expected = QUESTIONS[question]
    answer = answered(query)
    if request.config.getoption("renew_golden"):
        path = ROOT / "docs/questions" / f"{question[0]}.md"
        before = f"{query}```\n```\n{expected}```"
        path.write_text(path.read_text().replace(before, f"{query}```\n```\n{answer}```"))
    else:
        assert answer == expected
    assert len(answer.splitlines()) > 1, "an answer without rows shows nothing"


def test_there_are_twenty_questions_or_more_and_all_are_asked():
    assert len(QUESTIONS) >= 20
    assert len(QUESTIONS) == sum(page.read_text().count("\n## ") for page in PAGES)
