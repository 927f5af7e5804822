-- One row per repayment event and loan: its parts, the balance before and after, collateral released, whose money paid.
with
    collateral as (
        select
            collateral.loan_id,
            collateral.date,
            any_value(collateral.haircut_ratio) filter (
                where collateral.asset_id = loans.collateral_asset
            ) as haircut_ratio,
            coalesce(
                sum(collateral.lendable_usd) filter (where collateral.asset_id <> loans.collateral_asset), 0
            )::{{ usd_type() }} as other_lendable_usd
        from {{ ref('int_loan_collateral_daily') }} as collateral
        inner join {{ ref('int_loan_terms') }} as loans on collateral.loan_id = loans.loan_id
        group by collateral.loan_id, collateral.date
    ),

    funding as (
        select
            repayment_id,
            sum(amount_usd) filter (where inflow_kind = 'disposal') as from_disposals_usd,
            sum(amount_usd) filter (where inflow_kind not in ('disposal', 'unattributed')) as from_other_usd,
            sum(amount_usd) filter (where inflow_kind = 'unattributed') as unattributed_usd,
            sum(amount_usd) filter (where basis in ('named', 'direct')) as stated_usd,
            string_agg(distinct basis, ', ' order by basis) as bases
        from {{ ref('repayment_allocations') }}
        group by repayment_id
    ),

    priced as (
        select
            repayments.*,
            loans.lender,
            loans.collateral_asset,
            coalesce(collateral.haircut_ratio, 0) as haircut_ratio,
            coalesce(collateral.other_lendable_usd, 0) as other_lendable_usd,
            prices.price_usd as collateral_price_usd,
            prices.priced_at as collateral_price_at
        from {{ ref('int_loan_balances') }} as repayments
        inner join {{ ref('int_loan_terms') }} as loans on repayments.loan_id = loans.loan_id
        left join
            collateral on repayments.loan_id = collateral.loan_id and repayments.occurred_at::date = collateral.date
            {{ price_of_list('loans', 'loans.collateral_asset', 'repayments.occurred_at') }}
        where repayments.paid_usd > 0
    )

select
    priced.event_id || ':' || priced.loan_id as repayment_id,
    priced.event_id,
    priced.company_id,
    priced.loan_id,
    priced.lender,
    priced.occurred_at as repaid_at,
    priced.paid_usd as amount_usd,
    priced.principal_usd,
    priced.interest_usd,
    priced.fee_usd,
    priced.stated as stated_part,
    cast(
        priced.paid_usd - case
            priced.stated
            when 'fee'
            then priced.fee_usd
            when 'interest'
            then priced.interest_usd
            when 'principal'
            then priced.principal_usd
        end as {{ usd_type() }}
    ) as split_difference_usd,
    case when {{ is_money('events.from_class') }} then events.from_class else 'coin' end as paid_in,
    events.from_asset as paid_asset,
    events.from_quantity as paid_quantity,
    balances.principal_before_usd,
    priced.principal_after_usd,
    priced.interest_before_usd,
    priced.interest_after_usd,
    priced.fee_before_usd,
    priced.fee_after_usd,
    coalesce(- extinguished.loss_usd, 0)::{{ usd_type() }} as extinguishment_gain_usd,
    balances.collateral_before_quantity,
    balances.collateral_after_quantity,
    coalesce(balances.released_quantity, 0)::{{ quantity_type() }} as collateral_released_quantity,
    if(balances.released_quantity > 0, released_lots.lot_ids, null) as released_lots,
    if(balances.released_quantity > 0, released_lots.cost_usd, null) as released_cost_usd,
    priced.collateral_price_usd,
    priced.collateral_price_at,
    {{ ratio('balances.principal_before_usd', lendable_usd('balances.collateral_before_quantity', 'priced')) }}
    as ltv_before_ratio,
    {{ ratio('balances.group_principal_after_usd', lendable_usd('balances.collateral_after_quantity', 'priced')) }}
    as ltv_after_ratio,
    coalesce(funding.from_disposals_usd, 0)::{{ usd_type() }} as paid_from_disposals_usd,
    coalesce(funding.from_other_usd, 0)::{{ usd_type() }} as paid_from_other_usd,
    coalesce(funding.unattributed_usd, 0)::{{ usd_type() }} as unattributed_usd,
    coalesce(funding.stated_usd, 0)::{{ usd_type() }} as funding_stated_usd,
    funding.bases as funding_bases,
    events.group_id,
    events.is_illustrative,
    balances.is_balance_illustrative,
    events.source_file,
    events.source_row,
    events.source_url,
    events.note
from priced
inner join
    {{ ref('int_repayments_balanced') }} as balances
    on priced.loan_id = balances.loan_id
    and priced.event_id = balances.event_id
inner join {{ ref('int_events') }} as events on priced.event_id = events.event_id
left join
    {{ ref('int_collateral_released') }} as released_lots
    on priced.loan_id = released_lots.loan_id
    and priced.group_id = released_lots.group_id
left join
    {{ ref('int_loans_extinguished') }} as extinguished
    on priced.loan_id = extinguished.loan_id
    and priced.event_no = extinguished.event_no
left join funding on priced.event_id || ':' || priced.loan_id = funding.repayment_id
