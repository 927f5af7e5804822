-- One row per book, use of a sale's money, basis and slice of a lot that was sold for it: which coins paid for what.
-- The dollars of a sale are laid on one ruler twice: lots in the order in which they were matched, uses in the order in which they were paid.
-- Where both overlap is a path. So paths add up to uses and to lots, and there are never more than uses and lots together.
with uses as (
    select
        inflow_id,
        use_id,
        basis,
        {{ cents('amount_usd') }} as cents,
        sum(cents) over (partition by inflow_id order by used_at nulls last, use_id, basis rows unbounded preceding)::{{ units_type() }} as until
    from {{ ref('proceeds_uses') }}
    where inflow_kind = 'disposal'
),

inflows as (
    select
        inflow_id,
        sum(cents)::{{ units_type() }} as cents
    from uses
    group by inflow_id
),

-- Proceeds are shared by quantity with cumulative rounding, as in disposal_lots; slices too small for a cent are on no path.
slices as (
    select
        disposals.book,
        inflows.inflow_id,
        disposals.asset_id,
        matches.match_no,
        matches.lot_sequence,
        matches.basis as lot_basis,
        matches.quantity as slice_units,
        sum(matches.quantity) over (partition by matches.sequence order by matches.match_no rows unbounded preceding)::{{ units_type() }} as units_until,
        {{ whole_quotient('inflows.cents::hugeint * (units_until - slice_units)', 'disposals.units') }}::{{ units_type() }} as since,
        {{ whole_quotient('inflows.cents::hugeint * units_until', 'disposals.units') }}::{{ units_type() }} as until
    from {{ ref('int_lot_matches') }} as matches
    inner join {{ ref('int_disposals') }} as disposals on matches.sequence = disposals.sequence
    inner join inflows on disposals.event_id = inflows.inflow_id
    where disposals.leg = 'out'
    qualify until > since
),

marks as (
    select
        book,
        inflow_id,
        until
    from slices
    union
    select
        books.book,
        uses.inflow_id,
        uses.until
    from uses
    inner join (select distinct
        book,
        inflow_id
    from slices) as books on uses.inflow_id = books.inflow_id
),

steps as (
    select
        *,
        coalesce(lag(until) over (partition by book, inflow_id order by until), 0)::{{ units_type() }} as since
    from marks
)

select
    steps.book,
    steps.inflow_id,
    uses.use_id,
    uses.basis,
    slices.match_no,
    slices.lot_sequence,
    slices.lot_basis,
    slices.asset_id,
    (steps.until - steps.since)::{{ units_type() }} as cents,
    -- The coins of a slice are shared in the same way, and add up to it.
    (
        {{ whole_quotient('slices.slice_units::hugeint * (steps.until - slices.since)', 'slices.until - slices.since') }}
        - {{ whole_quotient('slices.slice_units::hugeint * (steps.since - slices.since)', 'slices.until - slices.since') }}
    )::{{ units_type() }} as units
from steps
{{ asof_left_join() }} slices on steps.book = slices.book and steps.inflow_id = slices.inflow_id and steps.until <= slices.until
{{ asof_left_join() }} uses on steps.inflow_id = uses.inflow_id and steps.until <= uses.until
