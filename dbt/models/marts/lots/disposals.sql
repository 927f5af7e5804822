-- One row per book and asset leaving a pool for good in an event: what it brought, what it had cost, what was gained.
with
    lots_of_disposal as (
        select
            disposal_id,
            count(*) as slices,
            bool_and(cost_usd is not null) as is_cost_complete,
            sum(cost_usd) as known_cost_usd,
            case
                when count(*) = count(gain_since_period_open_usd) then sum(gain_since_period_open_usd)
            end as gain_since_period_open_usd,
            case when count(distinct cash_flow_class) = 1 then min(cash_flow_class) else 'mixed' end as cash_flow_class,
            bool_or(is_illustrative) as is_illustrative
        from {{ ref('disposal_lots') }}
        group by disposal_id
    )

select
    disposals.disposal_id,
    disposals.book,
    disposals.event_id,
    disposals.company_id,
    disposals.disposed_at,
    disposals.disposed_on,
    case disposals.leg when 'fee' then events.fee_account else events.from_account end as account_id,
    disposals.asset_id,
    {{ from_units('disposals.units', 'assets.decimals') }} as quantity,
    {{ unit_price('disposals.gross_proceeds_usd', from_units('disposals.units', 'assets.decimals')) }} as price_usd,
    disposals.gross_proceeds_usd,
    disposals.fee_usd,
    (disposals.gross_proceeds_usd - disposals.fee_usd)::{{ usd_type() }} as net_proceeds_usd,
    case when lots_of_disposal.is_cost_complete then lots_of_disposal.known_cost_usd end::{{ usd_type() }} as cost_usd,
    case
        when lots_of_disposal.is_cost_complete
        then disposals.gross_proceeds_usd - disposals.fee_usd - lots_of_disposal.known_cost_usd
    end::{{ usd_type() }} as realized_gain_usd,
    lots_of_disposal.gain_since_period_open_usd::{{ usd_type() }} as gain_since_period_open_usd,
    lots_of_disposal.is_cost_complete,
    disposals.method,
    case
        when disposals.leg = 'fee'
        then 'fee'
        when {{ is_holding('events.to_kind') }} and events.from_asset = events.to_asset
        then 'collateral_pledge'
        when events.event_type = 'liquidation'
        then 'liquidation'
        when events.to_kind = 'loan'
        then 'loan_repayment'
        when events.to_kind = 'capex'
        then 'capex_payment'
        when events.to_kind = 'expense'
        then 'payment'
        when events.to_kind in ('equity', 'income')
        then 'distribution'
        when events.to_kind = 'suspense'
        then 'unexplained'
        when {{ is_money('events.to_class') }}
        then 'sale'
        else 'swap'
    end as disposal_type,
    lots_of_disposal.cash_flow_class,
    lots_of_disposal.slices::integer as lots_consumed,
    events.group_id,
    lots_of_disposal.is_illustrative,
    events.source_file,
    events.source_row,
    events.source_url
from {{ ref('int_disposals') }} as disposals
inner join {{ ref('int_events') }} as events on disposals.event_id = events.event_id
inner join {{ ref('int_assets') }} as assets on disposals.asset_id = assets.asset_id
inner join lots_of_disposal on disposals.disposal_id = lots_of_disposal.disposal_id
