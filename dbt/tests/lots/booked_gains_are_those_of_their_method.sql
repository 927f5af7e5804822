-- Where a book has used one method from the start and no lots were named, its gains are what the comparison says of
-- that method.
with
    steady_books as (
        select company_id, book
        from {{ ref('int_lot_policies') }}
        group by company_id, book
        having count(distinct method) = 1
    )

select compared.disposal_id, compared.realized_gain_usd
from {{ ref('method_comparison') }} as compared
inner join steady_books on compared.company_id = steady_books.company_id and compared.book = steady_books.book
where
    {% for method in var('compared_methods') %}
        {{ 'or' if not loop.first }} (
            compared.method = '{{ method }}'
            and compared.realized_gain_usd is distinct from compared.{{ method }}_gain_usd
        )
    {% endfor %}
