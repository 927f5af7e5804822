-- One row per asset, day, kind of break and pair of series: disagreements, outliers, changes of convention.
with
    pairs as (
        select
            one.asset_id,
            one.date,
            one.series as price_source,
            other.series as other_source,
            one.price_usd,
            other.price_usd as other_price_usd,
            {{ price_ratio('one.price_usd - other.price_usd', 'other.price_usd') }} as gap_ratio
        from {{ ref('int_price_series') }} as one
        inner join
            {{ ref('int_price_series') }} as other
            on one.asset_id = other.asset_id
            and one.date = other.date
            and one.series < other.series
    ),

    -- Three prices on either side, of at most a week: in between, the price of a coin does not double and come back.
    neighbours as (
        select *, quantile_disc(price_usd, 0.5) over around as usual_price_usd, count(*) over around as neighbours
        from {{ ref('int_price_series') }}
        window
            around as (
                partition by asset_id, series
                order by date range between interval 7 days preceding and interval 7 days following exclude current row
            )
    ),

    -- How far two series usually lie apart: in the fifteen days that they share before a day, and from that day on.
    gaps as (
        select
            *,
            abs(gap_ratio) as gap,
            quantile_disc(abs(gap_ratio), 0.5) over before_it as usual_before,
            quantile_disc(abs(gap_ratio), 0.5) over from_it_on as usual_after,
            sum(abs(gap_ratio)) over from_it_on - sum(abs(gap_ratio)) over before_it as growth,
            count(*) over before_it as days_before,
            count(*) over from_it_on as days_after
        from pairs
        window
            before_it as (
                partition by asset_id, price_source, other_source
                order by date
                rows between 15 preceding and 1 preceding
            ),
            from_it_on as (
                partition by asset_id, price_source, other_source
                order by date
                rows between current row and 14 following
            )
    ),

    shifted as (
        select
            *,
            row_number() over (partition by asset_id, price_source, other_source order by date)
            - row_number() over (partition by asset_id, price_source, other_source, is_shifted order by date) as run
        from
            (
                select
                    *,
                    days_before = 15
                    and days_after = 15
                    and greatest(usual_before, usual_after) >= {{ var('price_convention_gap') }}
                    and greatest(usual_before, usual_after) > 4 * least(usual_before, usual_after) as is_shifted
                from gaps
            ) as compared
    )

select
    asset_id,
    date,
    'disagreement' as break_kind,
    price_source,
    other_source,
    price_usd,
    other_price_usd,
    gap_ratio,
    null::{{ ratio_type() }} as usual_gap_ratio
from pairs
where abs(gap_ratio) > {{ var('price_tolerance') }}
union all
select
    asset_id,
    date,
    'outlier',
    series,
    'its neighbours',
    price_usd,
    usual_price_usd,
    {{ price_ratio('price_usd - usual_price_usd', 'usual_price_usd') }},
    null
from neighbours
where neighbours >= 2 and (price_usd > 2 * usual_price_usd or 2 * price_usd < usual_price_usd)
union all
-- The windows of the days around a change see it too: the day at which the gaps part most is the one.
select
    asset_id,
    date,
    'change_of_convention',
    price_source,
    other_source,
    price_usd,
    other_price_usd,
    usual_after,
    usual_before
from shifted
where is_shifted
qualify row_number() over (partition by asset_id, price_source, other_source, run order by abs(growth) desc, date) = 1
