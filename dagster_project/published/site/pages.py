"""The pages: a table of contents."""

from typing import NamedTuple


class Page(NamedTuple):
    """A page: its folder under `sql/`, template and file by one name; `filters` are those it answers to."""

    name: str
    title: str
    filters: tuple[str, ...] = ()
    borrows: tuple[str, ...] = ()  # pages whose sections it shows too

    @property
    def file(self) -> str:
        """What a browser opens."""
        return "index.html" if self.name == "overview" else f"{self.name}.html"


PAGES = (
    Page("overview", "Overview", ("company", "book", "asset", "period"), borrows=("fair_value", "quality")),
    Page("disposals", "Disposals", ("company", "book", "asset", "period")),
    Page("loans", "Loans", ("company", "period")),
    Page("money", "Sources & uses", ("company", "book", "period")),
    Page("capex", "AI capex", ("company", "period")),
    Page("fair_value", "Fair value", ("company", "book", "asset", "period")),
    Page("quality", "Data quality", ("company", "asset", "period")),
    Page("dictionary", "Dictionary"),
)
