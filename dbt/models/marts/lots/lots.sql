-- One row per book and lot: units acquired together, what they cost, what is left of them and what that is worth.
with
    opened as (
        select
            sequence,
            movement_id as lot_id,
            book,
            company_id,
            event_id,
            occurred_at as acquired_at,
            pool_id,
            asset_id,
            quantity,
            cost
        from {{ ref('int_coin_movements') }}
        where kind = 'acquire'
        union all
        -- Units that moved out of a pool which did not hold them: they arrive as a lot of unknown cost and date.
        select
            movements.sequence,
            movements.movement_id,
            movements.book,
            movements.company_id,
            movements.event_id,
            null,
            movements.to_pool_id,
            movements.asset_id,
            matches.quantity,
            null
        from {{ ref('int_lot_matches') }} as matches
        inner join {{ ref('int_coin_movements') }} as movements on matches.sequence = movements.sequence
        where matches.basis = 'shortfall' and movements.kind = 'transfer'
    ),

    still_open as (
        select lot_sequence, sum(quantity) as quantity, sum(cost) as cost
        from {{ ref('int_lots_left') }}
        group by lot_sequence
    ),

    absorbed as (
        select matches.lot_sequence, sum(matches.quantity) as quantity, sum(matches.cost) as cost
        from {{ ref('int_lot_matches') }} as matches
        inner join {{ ref('int_coin_movements') }} as movements on matches.sequence = movements.sequence
        where movements.kind = 'absorb'
        group by matches.lot_sequence
    ),

    left_over as (
        select
            opened.lot_id,
            opened.book,
            opened.company_id,
            opened.event_id,
            opened.acquired_at,
            opened.pool_id,
            opened.asset_id,
            {{ from_units('opened.quantity', 'assets.decimals') }} as quantity,
            {{ usd_from_cents('opened.cost') }} as cost_usd,
            {{ from_units('coalesce(absorbed.quantity, 0)', 'assets.decimals') }} as absorbed_quantity,
            {{ usd_from_cents('coalesce(absorbed.cost, 0)') }} as absorbed_cost_usd,
            {{ from_units('coalesce(still_open.quantity, 0)', 'assets.decimals') }} as quantity_left,
            case
                when opened.cost is not null then {{ usd_from_cents('coalesce(still_open.cost, 0)') }}
            end as cost_left_usd
        from opened
        inner join {{ ref('int_assets') }} as assets on opened.asset_id = assets.asset_id
        left join still_open on opened.sequence = still_open.lot_sequence
        left join absorbed on opened.sequence = absorbed.lot_sequence
    ),

    latest_prices as (
        select lists.company_id, assets.asset_id, prices.price_usd, prices.priced_at
        from {{ ref('int_assets') }} as assets
        cross join {{ ref('int_price_lists') }} as lists
        cross join
            {{ ref('int_data_date') }} as data_date {{ price_of_list('lists', 'assets.asset_id', 'data_date.data_at') }}
    )

select
    left_over.lot_id,
    left_over.book,
    left_over.company_id,
    left_over.event_id,
    left_over.acquired_at,
    left_over.pool_id,
    left_over.asset_id,
    left_over.quantity,
    left_over.cost_usd,
    left_over.absorbed_quantity,
    left_over.absorbed_cost_usd,
    left_over.quantity_left,
    left_over.cost_left_usd,
    latest_prices.price_usd,
    latest_prices.priced_at as price_at,
    case
        when left_over.quantity_left = 0
        then 0
        else {{ usd_value('left_over.quantity_left', 'latest_prices.price_usd') }}
    end::{{ usd_type() }} as fair_value_usd,
    (fair_value_usd - left_over.cost_left_usd)::{{ usd_type() }} as unrealized_gain_usd,
    coalesce(events.is_illustrative, false) as is_illustrative,
    events.source_file,
    events.source_row
from left_over
left join {{ ref('int_events') }} as events on left_over.event_id = events.event_id
left join
    latest_prices on left_over.company_id = latest_prices.company_id and left_over.asset_id = latest_prices.asset_id
