-- One row per repayment event and loan: balance and collateral before and after its transaction, and what came free.
with
    repayments as (
        select
            *,
            -- The events of one transaction (release, sale, repayment) count together: before the first of them,
            -- after the last.
            min(event_no) over (partition by loan_id, group_id) as first_no,
            max(event_no) over (partition by loan_id, group_id) as last_no,
            arg_min(principal_before_usd, event_no) over (partition by loan_id, group_id) as group_principal_before_usd,
            arg_max(if(drawn_usd <> 0 or paid_usd <> 0, principal_after_usd, null), event_no) over (
                partition by loan_id, group_id
            ) as group_principal_after_usd,
            row_number() over (partition by loan_id, group_id, paid_usd > 0 order by event_no desc) as payments_after
        from {{ ref('int_loan_balances') }}
    ),

    balances as (
        select
            repayments.loan_id,
            repayments.event_id,
            repayments.group_principal_before_usd as principal_before_usd,
            coalesce(before.collateral_after_quantity, 0)::{{ quantity_type() }} as collateral_before_quantity,
            repayments.group_principal_after_usd,
            latest.collateral_after_quantity,
            latest.is_balance_illustrative,
            -- A release belongs to the last payment of its transaction, so that it is counted once.
            case when repayments.payments_after = 1 then released.quantity else 0 end as released_quantity
        from repayments
        left join
            repayments as before on repayments.loan_id = before.loan_id and repayments.first_no = before.event_no + 1
        inner join repayments as latest on repayments.loan_id = latest.loan_id and repayments.last_no = latest.event_no
        left join
            (
                select
                    loan_id,
                    group_id,
                    sum(- collateral_change_quantity) filter (where collateral_change_quantity < 0) as quantity
                from {{ ref('int_loan_balances') }}
                group by loan_id, group_id
            ) as released
            on repayments.loan_id = released.loan_id
            and repayments.group_id = released.group_id
        where repayments.paid_usd > 0
    )

select
    loan_id,
    event_id,
    principal_before_usd,
    collateral_before_quantity,
    group_principal_after_usd,
    collateral_after_quantity,
    is_balance_illustrative,
    released_quantity
from balances
