-- One row per book, company, asset and month: coins with lenders, out of lots that the book keeps or as a receivable.
select
    months.book,
    months.company_id,
    months.asset_id,
    months.month,
    coalesce(sum(legs.quantity) filter (where elsewhere.account_id is null), 0) as pledged_quantity,
    coalesce(sum(legs.quantity) filter (where elsewhere.account_id is not null), 0) as receivable_quantity
from {{ ref('int_coins_monthly') }} as months
left join
    {{ ref('int_legs') }} as legs
    on months.company_id = legs.company_id
    and months.asset_id = legs.asset_id
    and legs.account_kind = 'collateral'
    and legs.occurred_at < months.month + interval 1 month
left join
    {{ ref('int_derecognised_accounts') }} as elsewhere
    on months.book = elsewhere.book
    and months.asset_id = elsewhere.asset_id
    and legs.account_id = elsewhere.account_id
group by all
