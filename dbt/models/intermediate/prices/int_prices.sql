-- One row per price list, asset and moment from which a price in US dollars holds, until the next row.
-- The price is null where the last one has become too old.
with
    lists as (
        select '*' as price_list
        union
        select price_list
        from {{ ref('int_price_lists') }}
    ),

    observed as (
        select
            lists.price_list,
            prices.asset_id,
            prices.priced_at,
            prices.price::{{ price_type() }} as price_usd,
            prices.convention,
            prices.source,
            prices.price_source,
            prices.source_url,
            policies.sources is not null as is_ranked,
            {{ place_in_list('policies.sources', 'prices.price_source') }} as source_rank,
            policies.max_age_hours,
            {{ closing_day('prices.priced_at', 'policies') }} as date
        from {{ ref('int_prices_checked') }} as prices
        cross join lists
        left join
            {{ ref('int_price_policies') }} as policies
            on lists.price_list = policies.price_list
            and prices.asset_id = policies.asset_id
            and prices.priced_at >= policies.effective_from
            and prices.priced_at < policies.effective_until
        where prices.row_status = 'accepted'
    ),

    -- On each day the first source of the list that has a price speaks; the others are silent.
    speaking as (
        select price_list, asset_id, date, min(source_rank) as source_rank
        from observed
        where is_ranked
        group by price_list, asset_id, date
    ),

    chosen as (
        select observed.*
        from observed
        left join
            speaking
            on observed.price_list = speaking.price_list
            and observed.asset_id = speaking.asset_id
            and observed.date = speaking.date
        where not observed.is_ranked or observed.source_rank = speaking.source_rank
        -- Two sources for one moment: the first by name, so that the choice never depends on luck.
        qualify
            row_number() over (
                partition by observed.price_list, observed.asset_id, observed.priced_at
                order by observed.source, observed.price_source, observed.source_url
            )
            = 1
    ),

    ageing as (
        select
            *,
            priced_at + to_hours(max_age_hours) + interval 1 microsecond as expires_at,
            lead(priced_at) over (partition by price_list, asset_id order by priced_at) as next_priced_at
        from chosen
        where
            (price_list, asset_id) in (
                select (policies.price_list, policies.asset_id)
                from {{ ref('int_price_policies') }} as policies
                where policies.max_age_hours is not null
            )
    )

select price_list, asset_id, priced_at as in_force_from, date, price_usd, priced_at, convention, source_url
from chosen
union all
select
    ageing.price_list,
    ageing.asset_id,
    ageing.expires_at,
    {{ closing_day('ageing.expires_at', 'policies') }},
    null,
    ageing.priced_at,
    ageing.convention,
    ageing.source_url
from ageing
left join
    {{ ref('int_price_policies') }} as policies
    on ageing.price_list = policies.price_list
    and ageing.asset_id = policies.asset_id
    and ageing.expires_at >= policies.effective_from
    and ageing.expires_at < policies.effective_until
where ageing.expires_at < coalesce(ageing.next_priced_at, timestamp '9999-12-31')
