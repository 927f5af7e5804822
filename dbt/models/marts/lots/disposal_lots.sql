-- One row per disposal and slice of a lot that it consumed; a slice without lot is a shortfall.
-- A shortfall is units that no known lot can explain.
with
    slices as (
        select
            disposals.*,
            matches.match_no,
            lots.movement_id as lot_id,
            if(lots.kind = 'acquire', lots.occurred_at, null) as acquired_at,
            lots.event_id as lot_event_id,
            matches.basis,
            matches.quantity as slice_units,
            matches.cost as slice_cost,
            {{ cents('disposals.gross_proceeds_usd - disposals.fee_usd') }} as proceeds,
            sum(matches.quantity) over (
                partition by matches.sequence order by matches.match_no rows unbounded preceding
            )::{{ units_type() }} as units_until
        from {{ ref('int_lot_matches') }} as matches
        inner join {{ ref('int_disposals') }} as disposals on matches.sequence = disposals.sequence
        left join {{ ref('int_coin_movements') }} as lots on matches.lot_sequence = lots.sequence
    ),

    -- Net proceeds are shared by quantity with cumulative rounding, R(P·b/Q) − R(P·a/Q): the slices add up to the
    -- cent.
    priced as (
        select
            *,
            {{ share('proceeds', 'units_until', 'units') }}
            - {{ share('proceeds', '(units_until - slice_units)', 'units') }} as slice_proceeds
        from slices
    ),

    dated as (
        select
            priced.*,
            {{ local_date('priced.acquired_at', 'companies.reporting_timezone') }} as acquired_on,
            events.from_kind = 'income' as is_earned,
            events.is_illustrative as is_lot_illustrative,
            disposal_events.is_illustrative as is_disposal_illustrative,
            {{ is_holding('disposal_events.to_kind') }}
            and priced.leg = 'out'
            and disposal_events.from_asset = disposal_events.to_asset as is_pledge
        from priced
        inner join {{ ref('companies') }} as companies on priced.company_id = companies.company_id
        inner join {{ ref('int_events') }} as disposal_events on priced.event_id = disposal_events.event_id
        left join {{ ref('int_events') }} as events on priced.lot_event_id = events.event_id
    ),

    opening_prices as (
        select years.company_id, years.asset_id, years.period_opened_at, prices.price_usd
        from
            (select distinct company_id, asset_id, period_opened_at from {{ ref('int_disposals') }}) as years
            {{ price_at('years', 'years.asset_id', 'years.period_opened_at') }}
    ),

    -- What the units were carried at when the fiscal year opened: fair value for those held by then, cost for those
    -- acquired since.
    carried as (
        select
            dated.*,
            case
                when dated.acquired_at < dated.period_opened_at
                then
                    {{ cents(usd_value(from_units('dated.slice_units', 'assets.decimals'), 'opening_prices.price_usd')) }}
                else dated.slice_cost
            end as slice_carrying,
            assets.decimals
        from dated
        inner join {{ ref('int_assets') }} as assets on dated.asset_id = assets.asset_id
        left join
            opening_prices
            on dated.company_id = opening_prices.company_id
            and dated.asset_id = opening_prices.asset_id
            and dated.period_opened_at = opening_prices.period_opened_at
    )

select
    carried.disposal_id,
    carried.match_no::integer as match_no,
    carried.book,
    carried.company_id,
    carried.asset_id,
    carried.lot_id,
    carried.basis,
    {{ from_units('carried.slice_units', 'carried.decimals') }} as quantity,
    {{ usd_from_cents('carried.slice_cost') }} as cost_usd,
    {{ usd_from_cents('carried.slice_proceeds') }} as proceeds_usd,
    {{ usd_from_cents('(carried.slice_proceeds - carried.slice_cost)') }} as realized_gain_usd,
    {{ usd_from_cents('(carried.slice_proceeds - carried.slice_carrying)') }} as gain_since_period_open_usd,
    carried.acquired_at,
    carried.disposed_at,
    cast(carried.disposed_on - carried.acquired_on as integer) as days_held,
    -- More than one year, counted from the day after acquisition: 2024-02-29 is long-term from 2025-03-01 on.
    carried.disposed_on > cast(carried.acquired_on + interval 1 year as date) as is_long_term,
    case
        when carried.is_pledge
        then 'noncash'
        when carried.lot_id is null
        then 'unknown'
        when carried.is_earned and carried.disposed_on - carried.acquired_on <= {{ var('nearly_immediate_days') }}
        then 'operating'
        else 'investing'
    end as cash_flow_class,
    carried.is_disposal_illustrative or coalesce(carried.is_lot_illustrative, false) as is_illustrative
from carried
