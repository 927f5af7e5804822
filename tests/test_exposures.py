"""What people read of the marts is declared as exposures, and what is declared is what is read."""

import re

import pytest
import yaml

from dagster_project.published.workbook.contents import LAWS, OF_ITS_FILES, SHEETS
from dagster_project.settings import ROOT

PATH = ROOT / "dbt/models/_exposures.yml"
MARTS = {path.stem for path in (ROOT / "dbt/models/marts").rglob("*.sql")}
COMMENT = re.compile(r"--.*")
READS = re.compile(r"\b(?:from|join)\s+(?:\w+\.)*(\w+)", re.IGNORECASE)
QUESTION = re.compile(r"```sql\n(.*?)```", re.DOTALL)


def read_by(*queries):
    """The marts that SQL reads; comments aside."""
    return {mart for query in queries for mart in READS.findall(COMMENT.sub("", query))} & MARTS


def files(folder):
    return [path.read_text() for path in (ROOT / folder).rglob("*.sql")]


def of_workbooks():
    sums = {it.mart for law in LAWS for it in (*law.left, *law.right)}
    return {sheet.mart for sheet in SHEETS} | sums | read_by(OF_ITS_FILES)


def of_questions():
    pages = [page.read_text() for page in (ROOT / "docs/questions").glob("*.md")]
    return read_by(*(query for page in pages for query in QUESTION.findall(page)))


READ = {
    "workbook": of_workbooks(),
    "alerts": read_by(*files("dagster_project/runs/alerts/sql")),
    "questions": of_questions(),
    "site": read_by(*files("dagster_project/published/site/sql")),
}
DECLARED = {
    it["name"]: {re.fullmatch(r"ref\('(\w+)'\)", ref)[1] for ref in it["depends_on"]}
    for it in yaml.safe_load(PATH.read_text())["exposures"]
}


@pytest.mark.parametrize("name", DECLARED)
def test_an_exposure_depends_on_what_it_reads(name, request):
    if request.config.getoption("--renew-golden"):
        refs = "".join(f"\n      - ref('{mart}')" for mart in sorted(READ[name]))
        head = rf"(- name: {name}\n.*?depends_on:)(?: \[\]|(?:\n      - [^\n]*)+)"
        PATH.write_text(re.sub(head, rf"\1{refs}", PATH.read_text(), count=1, flags=re.DOTALL))
    else:
        assert DECLARED[name] == READ[name]


def test_whatever_reads_marts_for_people_is_declared():
    assert DECLARED.keys() == {name for name, marts in READ.items() if marts}
