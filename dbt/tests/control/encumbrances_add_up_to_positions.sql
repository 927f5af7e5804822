-- What is free, pledged, loaned and managed is what the accounts hold, on the same day.
select
    coalesce(bound.company_id, held.company_id) as company_id,
    coalesce(bound.asset_id, held.asset_id) as asset_id,
    coalesce(bound.as_of, held.date) as as_of
from
    (
        select company_id, asset_id, as_of, sum(quantity) as quantity
        from {{ ref('encumbrances') }}
        group by company_id, asset_id, as_of
    ) as bound
full outer join
    (
        select company_id, asset_id, date, sum(quantity) as quantity
        from {{ ref('positions_daily') }}
        where (company_id, date) in (select (known.company_id, known.as_of) from {{ ref('encumbrances') }} as known)
        group by company_id, asset_id, date
    ) as held
    on bound.company_id = held.company_id
    and bound.asset_id = held.asset_id
    and bound.as_of = held.date
where bound.quantity is distinct from held.quantity
