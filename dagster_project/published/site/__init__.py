"""The site: static pages about one published database, readable without a server and without the network.

    site/index.html disposals.html …   one page per entry of `pages.PAGES`, from `templates/`
    site/data/<page>.js                what its sections say, each the answer of `sql/<page>/<section>.sql`
    site/data/<page>/<section>.<n>.js  the rest of a long section, loaded by the page when it is needed
    site/static/                       style, scripts, and the one library

Every figure comes from SQL as text and is shown as text: neither Python nor JavaScript adds up or rounds.
"""
