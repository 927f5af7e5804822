-- One row per company, book, asset and period: the method and the pool scope in force. Rows for one asset stand before rows for all (*).
with candidates as (
    select
        policies.company_id,
        policies.book,
        assets.asset_id,
        assets.decimals,
        policies.method,
        policies.pool_scope,
        policies.effective_from
    from {{ ref('lot_policies') }} as policies
    inner join {{ ref('assets') }} as assets
        on policies.asset_id = assets.asset_id or policies.asset_id = '*'
    where assets.asset_class in ('crypto', 'other')
    qualify rank() over (partition by policies.company_id, policies.book, assets.asset_id order by policies.asset_id = '*') = 1
)

select
    company_id,
    book,
    asset_id,
    decimals,
    method,
    pool_scope,
    effective_from,
    coalesce(
        lead(effective_from) over (partition by company_id, book, asset_id order by effective_from), date '9999-12-31'
    ) as effective_until
from candidates
