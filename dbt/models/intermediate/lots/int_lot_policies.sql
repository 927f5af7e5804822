-- One row per company, book, asset and period: the method, the pool scope and the fee policy in force.
-- Rows for one asset stand before rows for all (*).
with
    candidates as (
        select
            policies.company_id,
            policies.book,
            assets.asset_id,
            assets.decimals,
            policies.method,
            policies.pool_scope,
            coalesce(policies.collateral_policy, 'retain') as collateral_policy,
            coalesce(policies.fee_policy, 'disposal') as fee_policy,
            policies.effective_from
        from {{ ref('lot_policies') }} as policies
        inner join {{ ref('int_assets') }} as assets on policies.asset_id = assets.asset_id or policies.asset_id = '*'
        where assets.asset_class in ('crypto', 'other')
        qualify
            rank() over (
                partition by policies.company_id, policies.book, assets.asset_id order by policies.asset_id = '*'
            )
            = 1
    )

select
    company_id,
    book,
    asset_id,
    decimals,
    method,
    pool_scope,
    collateral_policy,
    fee_policy,
    effective_from,
    coalesce(lead(effective_from) over by_day, date '9999-12-31') as effective_until,
    lag(pool_scope) over by_day as pool_scope_before
from candidates
window by_day as (partition by company_id, book, asset_id order by effective_from)
