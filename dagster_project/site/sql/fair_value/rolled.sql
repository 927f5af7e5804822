-- One row per selection and line: opening + additions − disposals + gains − losses = closing, over the whole period.
with each as (
    select
        company_id, book, asset_id, _period,
        arg_min(opening_usd, month) as opening,
        sum(additions_usd) as additions,
        -sum(disposals_usd) as disposals,
        sum(gains_usd) as gains,
        -sum(losses_usd) as losses,
        arg_max(closing_usd, month) as closing,
        bool_or(is_illustrative) as is_illustrative
    from fair_value_monthly, unnest(periods(month)) as p (_period)
    group by all
),

selected as (
    select
        _company, book as _book, _asset, _period,
        sum(opening) as opening, sum(additions) as additions, sum(disposals) as disposals, sum(gains) as gains,
        sum(losses) as losses, sum(closing) as closing, bool_or(is_illustrative) as is_illustrative
    from each, unnest(any_of(company_id)) as c (_company), unnest(any_of(asset_id)) as a (_asset)
    group by all
)

select
    selected._company, selected._book, selected._asset, selected._period, lines.line, lines.amount_usd,
    selected.is_illustrative
from selected,
    unnest([
        {line: 'opening', place: 1, amount_usd: opening},
        {line: 'additions', place: 2, amount_usd: additions},
        {line: 'disposals', place: 3, amount_usd: disposals},
        {line: 'gains', place: 4, amount_usd: gains},
        {line: 'losses', place: 5, amount_usd: losses},
        {line: 'closing', place: 6, amount_usd: closing}
    ]) as l (lines)
order by lines.place, selected._company, selected._book, selected._asset, selected._period
