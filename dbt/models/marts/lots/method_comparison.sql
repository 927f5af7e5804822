-- One row per disposal: its gain as booked, and what it would be had the book used another lot method from the start.
with
    costs as (
        select
            {% for method in var('compared_methods') %}
                max(cost) filter (where method = '{{ method }}') as {{ method }}_cost,
            {% endfor %}
            sequence
        from {{ ref('int_methods_compared') }}
        group by sequence
    )

select
    disposals.disposal_id,
    disposals.book,
    disposals.company_id,
    disposals.disposed_on,
    disposals.asset_id,
    disposals.disposal_type,
    disposals.quantity,
    disposals.net_proceeds_usd,
    disposals.method,
    disposals.realized_gain_usd,
    {% for method in var('compared_methods') %}
        (disposals.net_proceeds_usd - {{ usd_from_cents('costs.' ~ method ~ '_cost') }})::{{ usd_type() }}
        as {{ method }}_gain_usd,
    {% endfor %}
    disposals.is_illustrative
from {{ ref('disposals') }} as disposals
inner join {{ ref('int_disposals') }} as movements on disposals.disposal_id = movements.disposal_id
inner join costs on movements.sequence = costs.sequence
