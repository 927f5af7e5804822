-- One row per selection and line: opening + additions − disposals + gains − losses = closing; what has no price on its own line.
with each as (
    select
        company_id, book, asset_id, _period,
        count(*) = count(opening_usd + additions_usd + gains_usd + losses_usd + closing_usd) as is_known,
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
        _company, book as _book, _asset, _period, is_known,
        sum(opening) as opening, sum(additions) as additions, sum(disposals) as disposals, sum(gains) as gains,
        sum(losses) as losses, sum(closing) as closing,
        string_agg(company_id || ' ' || asset_id, ', ' order by company_id, asset_id) as holdings,
        bool_or(is_illustrative) as is_illustrative
    from each, unnest(any_of(company_id)) as c (_company), unnest(any_of(asset_id)) as a (_asset)
    group by all
)

select
    selected._company, selected._book, selected._asset, selected._period,
    lines.line, lines.fair_value_usd, selected.holdings, selected.is_illustrative
from selected,
    unnest(if(
        is_known,
        [
            {line: 'opening', place: 1, fair_value_usd: opening},
            {line: 'additions', place: 2, fair_value_usd: additions},
            {line: 'disposals', place: 3, fair_value_usd: disposals},
            {line: 'gains', place: 4, fair_value_usd: gains},
            {line: 'losses', place: 5, fair_value_usd: losses},
            {line: 'closing', place: 6, fair_value_usd: closing}
        ],
        [{line: 'without_a_price', place: 7, fair_value_usd: null}]
    )) as l (lines)
order by lines.place, selected._company, selected._book, selected._asset, selected._period
