-- One row per disposal and slice of a lot that it consumed; a slice without lot is a shortfall: units that no known lot can explain.
with slices as (
    select
        disposals.*,
        matches.match_no,
        matches.lot_id,
        matches.basis,
        matches.quantity as slice_units,
        matches.cost as slice_cost,
        {{ cents('disposals.gross_proceeds_usd - disposals.fee_usd') }} as proceeds,
        sum(matches.quantity) over (partition by matches.movement_id order by matches.match_no rows unbounded preceding)::{{ units_type() }} as units_until
    from {{ ref('int_lot_matches') }} as matches
    inner join {{ ref('int_disposals') }} as disposals on matches.movement_id = disposals.disposal_id
),

-- Net proceeds are shared by quantity with cumulative rounding, R(P·b/Q) − R(P·a/Q): the slices add up to the cent.
priced as (
    select
        *,
        {{ whole_quotient('proceeds::hugeint * units_until', 'units') }}
        - {{ whole_quotient('proceeds::hugeint * (units_until - slice_units)', 'units') }} as slice_proceeds
    from slices
),

dated as (
    select
        priced.*,
        lots.acquired_at,
        {{ local_date('lots.acquired_at', 'companies.reporting_timezone') }} as acquired_on,
        events.from_kind = 'income' as is_earned,
        events.is_illustrative as is_lot_illustrative,
        disposal_events.is_illustrative as is_disposal_illustrative
    from priced
    inner join {{ ref('companies') }} as companies on priced.company_id = companies.company_id
    inner join {{ ref('int_events') }} as disposal_events on priced.event_id = disposal_events.event_id
    left join {{ ref('lots') }} as lots on priced.lot_id = lots.lot_id
    left join {{ ref('int_events') }} as events on lots.event_id = events.event_id
)

select
    dated.disposal_id,
    dated.match_no::integer as match_no,
    dated.book,
    dated.company_id,
    dated.asset_id,
    dated.lot_id,
    dated.basis,
    {{ from_units('dated.slice_units', 'assets.decimals') }} as quantity,
    {{ usd_from_cents('dated.slice_cost') }} as cost_usd,
    {{ usd_from_cents('dated.slice_proceeds') }} as proceeds_usd,
    {{ usd_from_cents('(dated.slice_proceeds - dated.slice_cost)') }} as realized_gain_usd,
    dated.acquired_at,
    dated.disposed_at,
    cast(dated.disposed_on - dated.acquired_on as integer) as days_held,
    -- More than one year, counted from the day after acquisition: 2024-02-29 is long-term from 2025-03-01 on.
    dated.disposed_on > cast(dated.acquired_on + interval 1 year as date) as is_long_term,
    case
        when dated.lot_id is null then 'unknown'
        when dated.is_earned and dated.disposed_on - dated.acquired_on <= {{ var('nearly_immediate_days') }} then 'operating'
        else 'investing'
    end as cash_flow_class,
    dated.is_disposal_illustrative or coalesce(dated.is_lot_illustrative, false) as is_illustrative
from dated
inner join {{ ref('assets') }} as assets on dated.asset_id = assets.asset_id
