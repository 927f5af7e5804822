-- One row per selection of company, book, asset and period: its largest disposal.
with ranked as (
    select
        _company, book as _book, _asset, _period, company_id, disposal_type, quantity, asset_id, net_proceeds_usd,
        realized_gain_usd, disposed_on, method, group_id, is_illustrative,
        count(*) over (partition by _company, book, _asset, _period) as disposals
    from disposals,
        unnest(any_of(company_id)) as c (_company),
        unnest(any_of(asset_id)) as a (_asset),
        unnest(periods(disposed_on)) as p (_period)
    qualify row_number() over (
        partition by _company, book, _asset, _period order by net_proceeds_usd desc nulls last, disposal_id
    ) = 1
),

repaid as (
    select company_id, group_id, sum(principal_usd) as principal_usd, min(lender) as lender
    from loan_repayments
    where group_id is not null
    group by all
)

select
    ranked._company, ranked._book, ranked._asset, ranked._period,
    company(ranked.company_id) || ' '
    || case ranked.disposal_type
        when 'sale' then 'sold '
        when 'swap' then 'swapped '
        when 'collateral_pledge' then 'pledged '
        when 'liquidation' then 'had liquidated '
        else 'paid away '
    end
    || units(ranked.quantity) || ' ' || ranked.asset_id
    || ' for ' || coalesce(usd(ranked.net_proceeds_usd), 'proceeds nobody knows')
    || ' at ' || gain_or_loss(ranked.realized_gain_usd) as title,
    if(
        ranked.disposals = 1, 'The only disposal',
        'The largest of ' || grouped(ranked.disposals) || ' disposals'
    )
    || ' in the book ' || ranked._book || ', on ' || ranked.disposed_on || ', its lots matched by ' || ranked.method
    || coalesce('. In the same transaction ' || usd(repaid.principal_usd) || ' of the debt to ' || repaid.lender || ' was repaid', '')
    || if(ranked.is_illustrative, '. Illustrative: an example or an inference, no published fact.', '.') as lead
from ranked
left join repaid on ranked.company_id = repaid.company_id and ranked.group_id = repaid.group_id
order by ranked._company, ranked._book, ranked._asset, ranked._period
