-- One row per inflow of money, use, and basis: which money paid for what, and what of it is unspent.
with
    inflows as (
        select
            movements.sequence,
            case movements.leg when 'peg' then events.event_id || ':peg' else events.event_id end as event_id,
            events.company_id,
            events.occurred_at,
            events.is_illustrative,
            events.event_type,
            case movements.leg when 'peg' then 'peg_gain' else {{ inflow_kind('events') }} end as inflow_kind,
            case movements.leg when 'peg' then null else events.to_asset end as asset_id
        from {{ ref('int_money_movements') }} as movements
        inner join {{ ref('int_events') }} as events on movements.event_id = events.event_id
        where movements.kind = 'acquire'
    ),

    uses as (
        select
            movements.sequence,
            events.event_id || case movements.leg when 'fee' then ':fee' when 'peg' then ':peg' else '' end as use_id,
            events.company_id,
            events.occurred_at,
            events.is_illustrative,
            case
                movements.leg when 'fee' then 'fee' when 'peg' then 'peg_loss' else {{ use_kind('events') }}
            end as use_kind,
            case
                movements.leg when 'fee' then {{ fees_account('events.company_id') }} when 'out' then events.to_account
            end as use_account,
            case
                movements.leg when 'fee' then events.fee_asset when 'peg' then null else events.from_asset
            end as asset_id
        from {{ ref('int_money_movements') }} as movements
        inner join {{ ref('int_events') }} as events on movements.event_id = events.event_id
        where movements.kind = 'dispose'
    ),

    matched as (
        select
            uses.company_id,
            coalesce(inflows.event_id, 'unattributed') as inflow_id,
            coalesce(inflows.inflow_kind, 'unattributed') as inflow_kind,
            inflows.event_type as inflow_type,
            inflows.occurred_at as inflow_at,
            inflows.asset_id as received_asset,
            uses.use_id,
            uses.use_kind,
            uses.use_account,
            uses.occurred_at as used_at,
            uses.asset_id as paid_asset,
            matches.basis,
            matches.quantity as cents,
            uses.is_illustrative or coalesce(inflows.is_illustrative, false) as is_illustrative
        from {{ ref('int_money_matches') }} as matches
        inner join uses on matches.sequence = uses.sequence
        left join inflows on matches.lot_sequence = inflows.sequence
    ),

    unspent as (
        select
            inflows.company_id,
            inflows.event_id as inflow_id,
            inflows.inflow_kind,
            inflows.event_type as inflow_type,
            inflows.occurred_at as inflow_at,
            inflows.asset_id as received_asset,
            'unspent' as use_id,
            'unspent' as use_kind,
            null::varchar as use_account,
            null::timestamp as used_at,
            null::varchar as paid_asset,
            'unspent' as basis,
            lots_left.quantity as cents,
            inflows.is_illustrative
        from inflows
        inner join {{ ref('int_money_left') }} as lots_left on inflows.sequence = lots_left.lot_sequence
    ),

    -- Payments that never touched the company's money: coins handed to a lender, shares given for machines. Nobody
    -- has said what stands behind a payment out of suspense, so it is unattributed.
    direct as (
        select
            company_id,
            case when from_kind = 'suspense' then 'unattributed' else event_id end as inflow_id,
            {{ inflow_kind('int_events') }} as inflow_kind,
            case when from_kind <> 'suspense' then event_type end as inflow_type,
            case when from_kind <> 'suspense' then occurred_at end as inflow_at,
            case when from_kind <> 'suspense' then to_asset end as received_asset,
            event_id as use_id,
            {{ use_kind('int_events') }} as use_kind,
            to_account as use_account,
            occurred_at as used_at,
            from_asset as paid_asset,
            case when from_kind = 'suspense' then 'shortfall' else 'direct' end as basis,
            {{ cents('value_usd') }} as cents,
            is_illustrative
        from {{ ref('int_events') }}
        where
            to_kind in ('loan', 'capex', 'expense', 'equity')
            and value_usd > 0
            and not ({{ is_holding('from_kind') }} and {{ is_money('from_class') }})
    )

select
    company_id,
    inflow_id,
    inflow_kind,
    inflow_type,
    inflow_at,
    received_asset,
    use_id,
    use_kind,
    use_account,
    used_at,
    paid_asset,
    basis,
    {{ usd_from_cents('sum(cents)') }} as amount_usd,
    bool_or(is_illustrative) as is_illustrative
from
    (
        select *
        from matched
        union all by name
        select *
        from unspent
        union all by name
        select *
        from direct
    ) as rows_of_all
group by all
