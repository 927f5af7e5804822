-- One row per book and path of money: from a payment back to its inflow, and to the lots that were sold for it.
-- Dollars and stablecoins are one pool, so which conversion lies between is inferred: the latest one before the
-- payment.
with
    conversions as (
        select event_id, company_id, occurred_at, from_asset, to_asset
        from {{ ref('int_events') }}
        where
            {{ is_holding('from_kind') }}
            and {{ is_money('from_class') }}
            and {{ is_holding('to_kind') }}
            and {{ is_money('to_class') }}
            and from_asset <> to_asset
        qualify
            row_number() over (partition by company_id, occurred_at, from_asset, to_asset order by event_id desc) = 1
    ),

    converted as (
        select
            uses.company_id,
            uses.inflow_id,
            uses.use_id,
            uses.basis,
            if(conversions.occurred_at >= uses.inflow_at, conversions.event_id, null) as conversion_id
        from
            {{ ref('proceeds_uses') }} as uses
            {{ asof_left_join() }} conversions
            on uses.company_id = conversions.company_id
            and uses.received_asset = conversions.from_asset
            and uses.paid_asset = conversions.to_asset
            and uses.used_at >= conversions.occurred_at
        where uses.received_asset <> uses.paid_asset and uses.basis <> 'direct'
    ),

    -- Money that no coins were sold for has the same path in every book, so that the paths of a payment add up to it
    -- in each.
    books as (
        select companies.company_id, coalesce(policies.book, 'none') as book
        from {{ ref('companies') }} as companies
        left join
            (select distinct company_id, book from {{ ref('int_lot_policies') }}) as policies
            on companies.company_id = policies.company_id
    ),

    paths as (
        select
            books.book,
            uses.*,
            found.match_no,
            found.lot_basis,
            found.asset_id,
            found.lot_sequence,
            found.units,
            coalesce(found.cents, {{ cents('uses.amount_usd') }}) as cents
        from {{ ref('proceeds_uses') }} as uses
        inner join books on uses.company_id = books.company_id
        left join
            {{ ref('int_fund_paths') }} as found
            on books.book = found.book
            and uses.inflow_id = found.inflow_id
            and uses.use_id = found.use_id
            and uses.basis = found.basis
    )

select
    paths.company_id,
    paths.book,
    paths.use_id,
    paths.use_kind,
    paths.use_account,
    paths.used_at,
    paths.paid_asset,
    converted.conversion_id,
    paths.received_asset,
    paths.inflow_id,
    paths.inflow_kind,
    paths.inflow_at,
    paths.basis,
    coalesce(paths.match_no, 0)::integer as match_no,
    lots.movement_id as lot_id,
    paths.lot_basis,
    paths.asset_id,
    {{ from_units('paths.units', 'assets.decimals') }} as quantity,
    if(lots.kind = 'acquire', lots.occurred_at, null) as acquired_at,
    case
        when paths.match_no is null
        then paths.inflow_kind
        when origins.event_id is null or origins.from_kind = 'suspense'
        then 'unattributed'
        when not {{ is_holding('origins.from_kind') }}
        then {{ inflow_kind('origins') }}
        when {{ is_money('origins.from_class') }}
        then 'purchase'
        when origins.from_asset = origins.to_asset
        then 'returned_collateral'
        else 'swap'
    end as origin_kind,
    if(paths.match_no is null, nullif(paths.inflow_id, 'unattributed'), origins.event_id) as origin_id,
    if(paths.match_no is null, paths.inflow_type, origins.event_type) as origin_type,
    {{ usd_from_cents('paths.cents') }} as amount_usd,
    paths.is_illustrative or coalesce(origins.is_illustrative, false) as is_illustrative
from paths
left join
    converted
    on paths.company_id = converted.company_id
    and paths.inflow_id = converted.inflow_id
    and paths.use_id = converted.use_id
    and paths.basis = converted.basis
left join {{ ref('int_coin_movements') }} as lots on paths.lot_sequence = lots.sequence
left join {{ ref('int_events') }} as origins on lots.event_id = origins.event_id and lots.kind = 'acquire'
left join {{ ref('int_assets') }} as assets on paths.asset_id = assets.asset_id
