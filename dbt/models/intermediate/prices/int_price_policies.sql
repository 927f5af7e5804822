-- One row per price list, asset and period: the policy in force.
-- A company's rows stand before those for all, then an asset's before those for all.
with
    lists as (
        select '*' as price_list
        union
        select company_id
        from {{ ref('price_policies') }}
    ),

    candidates as (
        select
            lists.price_list,
            assets.asset_id,
            policies.effective_from,
            policies.sources,
            policies.cutoff_time,
            policies.time_zone,
            policies.max_age_hours
        from lists
        cross join {{ ref('int_assets') }} as assets
        inner join
            {{ ref('price_policies') }} as policies
            on policies.company_id in (lists.price_list, '*')
            and policies.asset_id in (assets.asset_id, '*')
        qualify
            rank() over (
                partition by lists.price_list, assets.asset_id
                order by policies.company_id = '*', policies.asset_id = '*'
            )
            = 1
    )

select
    *,
    coalesce(
        lead(effective_from) over (partition by price_list, asset_id order by effective_from), date '9999-12-31'
    ) as effective_until
from candidates
