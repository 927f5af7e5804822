-- One row per book, use of a sale's money, basis and slice of a lot that was sold for it: which coins paid for what.
-- The dollars of a sale are laid on one ruler twice: lots in the order in which they were matched, uses in the order
-- in which they were paid. Where both overlap is a path. So paths add up to uses and to lots, and there are never
-- more than uses and lots together. Rulers are sorted by numbers, since text would take three times as long: `sale`
-- is the disposal's sequence, which says its book too.
with
    uses as (
        select
            inflow_id,
            use_id,
            basis,
            {{ cents('amount_usd') }}::bigint as cents,
            sum(cents) over (
                partition by inflow_id order by used_at nulls last, use_id, basis rows unbounded preceding
            )::bigint as until
        from {{ ref('int_money_uses') }}
        where inflow_kind = 'disposal'
    ),

    sales as (
        select
            disposals.sequence as sale,
            disposals.book,
            disposals.asset_id,
            disposals.units,
            inflows.inflow_id,
            inflows.cents
        from {{ ref('int_disposals') }} as disposals
        inner join
            (select inflow_id, max(until) as cents from uses group by inflow_id) as inflows
            on disposals.event_id = inflows.inflow_id
        where disposals.leg = 'out'
    ),

    -- Proceeds are shared by quantity with cumulative rounding, as in disposal_lots; slices too small for a cent are
    -- on no path.
    slices as (
        select
            sales.sale,
            matches.match_no,
            matches.lot_sequence,
            matches.basis as lot_basis,
            matches.quantity as slice_units,
            sum(matches.quantity) over (
                partition by matches.sequence order by matches.match_no rows unbounded preceding
            )::{{ units_type() }} as units_until,
            {{ share('sales.cents', '(units_until - slice_units)', 'sales.units') }}::bigint as since,
            {{ share('sales.cents', 'units_until', 'sales.units') }}::bigint as until
        from {{ ref('int_lot_matches') }} as matches
        inner join sales on matches.sequence = sales.sale
        qualify until > since
    ),

    uses_of_sales as (
        select sales.sale, uses.use_id, uses.basis, uses.until
        from uses
        inner join sales on uses.inflow_id = sales.inflow_id
    ),

    marks as (
        select sale, until
        from slices
        union
        select sale, until
        from uses_of_sales
    ),

    steps as (select *, coalesce(lag(until) over (partition by sale order by until), 0)::bigint as since from marks)

select
    sales.book,
    sales.inflow_id,
    uses.use_id,
    uses.basis,
    slices.match_no,
    slices.lot_sequence,
    slices.lot_basis,
    sales.asset_id,
    (steps.until - steps.since)::{{ units_type() }} as cents,
    -- The coins of a slice are shared in the same way, and add up to it.
    (
        {{ share('slices.slice_units', '(steps.until - slices.since)', '(slices.until - slices.since)') }}
        - {{ share('slices.slice_units', '(steps.since - slices.since)', '(slices.until - slices.since)') }}
    )::{{ units_type() }} as units
from steps
inner join
    sales on steps.sale = sales.sale
    {{ asof_left_join() }} slices on steps.sale = slices.sale and steps.until <= slices.until
    {{ asof_left_join() }} uses_of_sales as uses on steps.sale = uses.sale and steps.until <= uses.until
