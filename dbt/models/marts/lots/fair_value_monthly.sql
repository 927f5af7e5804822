-- One row per book, company, asset and month: the roll-forward of fair value, ASC 350-60-50-3.
-- Opening + additions − disposals + gains − losses = closing.
with
    valued as (
        select
            running.*,
            prices.price_usd as closing_price_usd,
            prices.priced_at as closing_price_at,
            {{ from_units('running.added_units', 'assets.decimals') }} as additions_quantity,
            {{ from_units('running.disposed_units', 'assets.decimals') }} as disposals_quantity,
            {{ from_units('running.closing_units', 'assets.decimals') }} as closing_quantity,
            case
                when running.closing_units = 0
                then 0
                else {{ usd_value(from_units('running.closing_units', 'assets.decimals'), 'prices.price_usd') }}
            end as closing_usd
        from {{ ref('int_coins_monthly') }} as running
        inner join
            {{ ref('int_assets') }} as assets on running.asset_id = assets.asset_id
            {{ closing_price_at('running', 'running.asset_id', 'last_day(running.month)') }}
    ),

    rolled as (
        select
            valued.*,
            coalesce(lag(closing_quantity) over by_month, 0) as opening_quantity,
            case when row_number() over by_month = 1 then 0 else lag(closing_usd) over by_month end as opening_usd,
            closing_usd
            - case when row_number() over by_month = 1 then 0 else lag(closing_usd) over by_month end
            - case when is_value_missing then null else additions_usd - disposals_usd end as fair_value_change_usd
        from valued
        window by_month as (partition by book, company_id, asset_id order by month)
    )

select
    rolled.book,
    rolled.company_id,
    rolled.asset_id,
    rolled.month,
    rolled.opening_quantity::{{ quantity_type() }} as opening_quantity,
    rolled.additions_quantity,
    rolled.disposals_quantity,
    rolled.closing_quantity,
    rolled.opening_usd::{{ usd_type() }} as opening_usd,
    rolled.additions_usd::{{ usd_type() }} as additions_usd,
    rolled.disposals_usd::{{ usd_type() }} as disposals_usd,
    -- greatest() passes over a null: what is unknown would be nothing.
    case
        when rolled.fair_value_change_usd is not null then greatest(rolled.fair_value_change_usd, 0)
    end::{{ usd_type() }} as gains_usd,
    case
        when rolled.fair_value_change_usd is not null then greatest(- rolled.fair_value_change_usd, 0)
    end::{{ usd_type() }} as losses_usd,
    rolled.closing_usd::{{ usd_type() }} as closing_usd,
    rolled.closing_price_usd,
    rolled.closing_price_at,
    case when not rolled.is_cost_missing_so_far then {{ usd_from_cents('rolled.closing_cost') }} end as cost_usd,
    pledged.pledged_quantity::{{ quantity_type() }} as pledged_quantity,
    pledged.receivable_quantity::{{ quantity_type() }} as receivable_quantity,
    case
        when pledged.receivable_quantity = 0
        then 0
        else {{ usd_value('pledged.receivable_quantity::' ~ quantity_type(), 'rolled.closing_price_usd') }}
    end::{{ usd_type() }} as receivable_usd,
    rolled.is_illustrative_so_far as is_illustrative
from rolled
inner join
    {{ ref('int_collateral_monthly') }} as pledged
    on rolled.book = pledged.book
    and rolled.company_id = pledged.company_id
    and rolled.asset_id = pledged.asset_id
    and rolled.month = pledged.month
