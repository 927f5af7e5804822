-- One row per selection and lot method: the gain that it would have shown, over disposals whose gain every method knows.
with compared as (
    select *
    from method_comparison
    where
        realized_gain_usd + fifo_gain_usd + lifo_gain_usd + hifo_gain_usd + lofo_gain_usd + average_gain_usd is not null
),

gains as (
    unpivot (
        select
            _company, book as _book, _asset, _period,
            count(*) as disposals,
            bool_or(is_illustrative) as is_illustrative,
            sum(realized_gain_usd) as "as booked",
            sum(fifo_gain_usd) as fifo,
            sum(lifo_gain_usd) as lifo,
            sum(hifo_gain_usd) as hifo,
            sum(lofo_gain_usd) as lofo,
            sum(average_gain_usd) as average
        from compared,
            unnest(any_of(company_id)) as c (_company),
            unnest(any_of(asset_id)) as a (_asset),
            unnest(periods(disposed_on)) as p (_period)
        group by all
    )
    on "as booked", fifo, lifo, hifo, lofo, average into name method value realized_gain_usd
)

select
    gains._company, gains._book, gains._asset, gains._period, gains.method, gains.realized_gain_usd,
    gains.realized_gain_usd - booked.realized_gain_usd as difference_usd, gains.disposals, gains.is_illustrative
from gains
inner join gains as booked using (_company, _book, _asset, _period)
where booked.method = 'as booked'
order by
    gains.method <> 'as booked', gains.method, gains._company, gains._book, gains._asset, gains._period
