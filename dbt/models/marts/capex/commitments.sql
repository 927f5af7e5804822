-- One row per commitment: what was ordered from a vendor for a project, what of it is paid, and what is still open.
with
    paid as (
        select
            project_id,
            group_id,
            min(moved_on) as first_paid_on,
            max(moved_on) as last_paid_on,
            sum(value_usd) as paid_usd,
            bool_or(is_illustrative) as is_illustrative
        from {{ ref('int_capex_movements') }}
        group by project_id, group_id
    ),

    dated as (
        select
            orders.*,
            projects.company_id,
            paid.first_paid_on,
            paid.last_paid_on,
            coalesce(paid.paid_usd, 0) as paid_usd,
            orders.is_illustrative or coalesce(paid.is_illustrative, false) as has_illustrative,
            coalesce(orders.cancelled_on <= data_date.data_at, false) as is_cancelled,
            coalesce(orders.delivered_on <= data_date.data_at, false) as is_delivered
        from {{ ref('purchase_orders') }} as orders
        inner join {{ ref('projects') }} as projects on orders.project_id = projects.project_id
        left join paid on orders.project_id = paid.project_id and orders.commitment_id = paid.group_id
        cross join {{ ref('int_data_date') }} as data_date
    )

select
    commitment_id,
    company_id,
    project_id,
    vendor,
    committed_on,
    delivered_on,
    cancelled_on,
    amount_usd,
    paid_usd::{{ usd_type() }} as paid_usd,
    case when is_cancelled then 0 else greatest(amount_usd - paid_usd, 0) end::{{ usd_type() }} as open_usd,
    case when is_delivered then 0 else paid_usd end::{{ usd_type() }} as deposit_usd,
    first_paid_on,
    last_paid_on,
    case
        when is_cancelled
        then 'cancelled'
        when paid_usd > amount_usd
        then 'overpaid'
        when paid_usd = amount_usd
        then 'paid'
        else 'open'
    end as commitment_state,
    has_illustrative as is_illustrative,
    source_url,
    note
from dated
