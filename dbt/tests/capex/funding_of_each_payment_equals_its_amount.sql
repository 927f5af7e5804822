-- What paid for a repayment or a capex payment adds up to it, the unattributed part included.
with
    payments as (
        select event_id, amount_usd, paid_from_disposals_usd + paid_from_other_usd + unattributed_usd as funding_usd
        from {{ ref('loan_repayments') }}
        union all
        select any_value(repayments.event_id), any_value(repayments.amount_usd), sum(allocations.amount_usd)
        from {{ ref('loan_repayments') }} as repayments
        full outer join
            {{ ref('repayment_allocations') }} as allocations on repayments.repayment_id = allocations.repayment_id
        group by coalesce(repayments.repayment_id, allocations.repayment_id)
        union all
        select events.event_id, events.value_usd, funding.amount_usd
        from {{ ref('int_events') }} as events
        left join
            (
                select capex_id, sum(amount_usd) as amount_usd from {{ ref('capex_allocations') }} group by capex_id
            ) as funding
            on events.event_id = funding.capex_id
        where events.to_kind = 'capex'
    )

select event_id, amount_usd, funding_usd
from payments
where amount_usd is distinct from case when amount_usd = 0 then coalesce(funding_usd, 0) else funding_usd end
