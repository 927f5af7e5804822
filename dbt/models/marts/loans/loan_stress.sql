-- One row per open loan and move of prices: its loan-to-value after that move, and what would cure it.
-- As of the loan's latest day.
with
    latest as (
        select *
        from {{ ref('loans_daily') }}
        qualify row_number() over (partition by loan_id order by date desc) = 1 and principal_usd > 0
    ),

    moved as (
        select
            latest.*,
            moves.move_ratio,
            loans.is_coin,
            thresholds.margin_call_ltv_ratio,
            thresholds.cure_ltv_ratio,
            thresholds.liquidation_ltv_ratio,
            coalesce(collateral.haircut_ratio, 0)::decimal(9, 6) as haircut_ratio,
            coalesce(thresholds.cure_ltv_ratio, thresholds.margin_call_ltv_ratio) as cure_ratio,
            -- Every coin moves alike: the collateral, and a debt in coins.
            cast(
                round(latest.collateral_price_usd::decimal(26, 8) * (1 + moves.move_ratio), 8) as {{ price_type() }}
            ) as moved_price_usd,
            cast(
                round(latest.collateral_lendable_usd * (1 + moves.move_ratio), 2) as {{ usd_type() }}
            ) as moved_lendable_usd,
            if(
                loans.is_coin,
                cast(round(latest.principal_usd * (1 + moves.move_ratio), 2) as {{ usd_type() }}),
                latest.principal_usd
            ) as moved_principal_usd
        from latest
        inner join {{ ref('int_loan_terms') }} as loans on latest.loan_id = loans.loan_id
        inner join
            (
                select distinct companies.company_id, stress_moves.move_ratio
                from {{ ref('companies') }} as companies
                inner join
                    {{ ref('int_stress_moves') }} as stress_moves
                    on stress_moves.company_id in ('*', companies.company_id)
            ) as moves
            on latest.company_id = moves.company_id
        left join
            {{ ref('int_loan_collateral_daily') }} as collateral
            on latest.loan_id = collateral.loan_id
            and latest.date = collateral.date
            and latest.collateral_asset = collateral.asset_id
            {{ asof_left_join() }} {{ ref('int_loan_thresholds') }} as thresholds
            on latest.loan_id = thresholds.loan_id
            and latest.date >= thresholds.effective_from
    ),

    judged as (
        select
            *,
            case
                when moved_principal_usd >= liquidation_ltv_ratio * moved_lendable_usd
                then 'default'
                when moved_principal_usd >= margin_call_ltv_ratio * moved_lendable_usd
                then 'margin_call'
                when margin_call_ltv_ratio is null and liquidation_ltv_ratio is null
                then 'terms_unknown'
                else 'current'
            end as stressed_state,
            -- What is missing at the cure's loan-to-value c: principal − c × value. Null where no cure is known, 0
            -- where no call comes.
            case
                when cure_ratio is null
                then null
                when moved_principal_usd < margin_call_ltv_ratio * moved_lendable_usd
                then 0
                else moved_principal_usd - cure_ratio * moved_lendable_usd
            end as missing_usd
        from moved
    ),

    cures as (
        select
            *,
            -- Rounded up to a cent: less would not cure. Posting x counts for (1 − haircut) × x; selling x also takes
            -- that much away.
            {{ usd_up('missing_usd', 'cure_ratio * (1 - haircut_ratio)') }} as collateral_to_post_usd,
            case
                when cure_ratio * (1 - haircut_ratio) < 1
                then {{ usd_up('missing_usd', '1 - cure_ratio * (1 - haircut_ratio)') }}
            end as collateral_to_sell_usd
        from judged
    )

select
    cures.loan_id,
    cures.company_id,
    cures.move_ratio,
    cures.date as as_of,
    cures.collateral_asset,
    cures.collateral_price_usd as price_usd,
    cures.moved_price_usd as stressed_price_usd,
    cures.moved_principal_usd as principal_usd,
    cures.moved_lendable_usd as collateral_lendable_usd,
    cures.ltv_ratio,
    {{ ratio('cures.moved_principal_usd', 'cures.moved_lendable_usd') }} as stressed_ltv_ratio,
    cures.loan_state,
    cures.stressed_state,
    cures.collateral_to_post_usd,
    {{ quantity_up('cures.collateral_to_post_usd', 'cures.moved_price_usd', 'assets.decimals') }}
    as collateral_to_post_quantity,
    cures.collateral_to_sell_usd,
    {{ quantity_up('cures.collateral_to_sell_usd', 'cures.moved_price_usd', 'assets.decimals') }}
    as collateral_to_sell_quantity,
    cures.is_illustrative
from cures
inner join {{ ref('int_assets') }} as assets on cures.collateral_asset = assets.asset_id
