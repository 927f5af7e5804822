-- One row per company, account, asset and day on which something lay there: quantity at its end (UTC), fair value.
with
    changes as (
        select
            company_id,
            account_id,
            account_kind,
            asset_id,
            occurred_at::date as date,
            sum(quantity) as change,
            bool_or(is_illustrative) as is_illustrative
        from {{ ref('int_legs') }}
        where {{ is_holding('account_kind') }}
        group by all
    ),

    balances as (
        select
            *,
            sum(change) over until_now as quantity,
            bool_or(is_illustrative) over until_now as has_illustrative,
            lead(date) over (partition by account_id, asset_id order by date) as next_date
        from changes
        window until_now as (partition by account_id, asset_id order by date rows unbounded preceding)
    ),

    dated as (
        select
            balances.company_id,
            balances.account_id,
            balances.account_kind,
            balances.asset_id,
            balances.quantity,
            balances.has_illustrative,
            {{ days('balances.date', "coalesce(balances.next_date - interval 1 day, greatest(data_date.data_at, balances.date))") }}
            as date
        from balances
        cross join {{ ref('int_data_date') }} as data_date
        where balances.quantity <> 0
    )

select
    dated.company_id,
    dated.account_id,
    dated.asset_id,
    dated.date,
    dated.quantity::{{ quantity_type() }} as quantity,
    case when dated.asset_id = 'USD' then 1 else prices.price_usd end::{{ price_type() }} as price_usd,
    prices.priced_at as price_at,
    cast(dated.date - prices.priced_at::date as integer) as price_age_days,
    case
        when dated.asset_id = 'USD' then dated.quantity else {{ usd_value('dated.quantity', 'prices.price_usd') }}
    end::{{ usd_type() }} as fair_value_usd,
    dated.account_kind = 'collateral' as is_pledged,
    dated.has_illustrative as is_illustrative
from dated {{ closing_price_at('dated', 'dated.asset_id', 'dated.date') }}
