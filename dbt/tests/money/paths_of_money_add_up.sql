-- In every book the paths of a payment add up to it, link by link; and the coins on the paths through a slice of a
-- lot are those of the slice (a slice too small for a cent is on no path).
with
    books as (
        select company_id, inflow_id, use_id, basis, book, sum(amount_usd) as amount_usd
        from {{ ref('lineage_of_funds') }}
        group by all
    ),

    expected as (
        select uses.*, held.book
        from {{ ref('proceeds_uses') }} as uses
        inner join
            (select distinct company_id, book from {{ ref('lineage_of_funds') }}) as held
            on uses.company_id = held.company_id
    ),

    slices as (
        select book || ':' || inflow_id || ':out' as disposal_id, match_no, sum(quantity) as quantity
        from {{ ref('lineage_of_funds') }}
        where match_no > 0
        group by all
    )

select expected.book || ':' || expected.use_id as offender, expected.amount_usd as expected, books.amount_usd as found
from expected
full outer join
    books
    on expected.company_id = books.company_id
    and expected.inflow_id = books.inflow_id
    and expected.use_id = books.use_id
    and expected.basis = books.basis
    and expected.book = books.book
where expected.amount_usd is distinct from books.amount_usd
union all
select slices.disposal_id || ':' || slices.match_no, lots.quantity as expected, slices.quantity as found
from slices
left join
    {{ ref('disposal_lots') }} as lots on slices.disposal_id = lots.disposal_id and slices.match_no = lots.match_no
where slices.quantity is distinct from lots.quantity
