-- Coins of a company without a lot policy on that day would stand in no book: add a row to seeds/lot_policies.csv.
select legs.company_id, legs.asset_id, min(legs.occurred_at) as since
from {{ ref('int_legs') }} as legs
left join
    {{ ref('int_lot_policies') }} as policies
    on legs.company_id = policies.company_id
    and legs.asset_id = policies.asset_id
    and legs.occurred_at >= policies.effective_from
    and legs.occurred_at < policies.effective_until
where {{ is_holding('legs.account_kind') }} and not {{ is_money('legs.asset_class') }} and policies.book is null
group by legs.company_id, legs.asset_id
