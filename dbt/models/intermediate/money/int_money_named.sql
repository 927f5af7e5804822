-- One row per inflow of money and use that the company named for it, with the part that is set aside, in cents.
-- Stated amounts are set aside as far as the inflow goes, for payments first, then for accounts; uses without an
-- amount share the rest.
with
    uses as (
        select
            inflow_event_id,
            use_event_id,
            if(use_event_id is null, use_account_id, null) as use_account_id,
            case when count(*) = count(amount_usd) then {{ cents('sum(amount_usd)') }} end as cents
        from {{ ref('designated_uses') }}
        group by all
    ),

    numbered as (
        select
            *,
            -- The parts of an inflow: 1, 2, … and 0 for the rest.
            if(
                cents is null,
                0,
                row_number() over (
                    partition by inflow_event_id
                    order by cents is null, use_event_id is null, use_event_id, use_account_id
                )
            ) as part_no
        from uses
    )

select
    inflow_event_id,
    use_event_id,
    use_account_id,
    part_no::integer as part_no,
    cents,
    -- Where the part ends on the ruler of the inflow; null for the rest.
    if(
        part_no = 0, null, sum(cents) over (partition by inflow_event_id order by part_no rows unbounded preceding)
    )::{{ units_type() }} as until
from numbered
