-- One row per loan and day from which its rate is another.
-- A rate is fixed, or the greater of a reference rate and a floor, plus a spread.
with
    stated as (
        select loan_id, effective_from, fixed_rate, reference_rate_id, floor_rate, coalesce(spread, 0) as spread
        from {{ ref('loan_rates') }}
        union all
        -- The rate in the terms holds from the start until the first row of loan_rates.
        select
            loan_id,
            date '2009-01-03' as effective_from,
            annual_rate as fixed_rate,
            null::varchar as reference_rate_id,
            null::decimal(12, 8) as floor_rate,
            0 as spread
        from {{ ref('loan_terms') }}
        where annual_rate is not null
    ),

    spans as (
        select
            *,
            lead(effective_from, 1, date '9999-12-31') over (
                partition by loan_id order by effective_from
            ) as effective_until
        from stated
    ),

    changes as (
        select spans.*, spans.effective_from as changed_on
        from spans
        union all
        select spans.*, reference_rates.effective_from as changed_on
        from spans
        inner join
            {{ ref('reference_rates') }} as reference_rates
            on spans.reference_rate_id = reference_rates.reference_rate_id
            and spans.effective_from < reference_rates.effective_from
            and spans.effective_until > reference_rates.effective_from
    )

select
    changes.loan_id,
    changes.changed_on as effective_from,
    changes.effective_until,
    changes.reference_rate_id,
    -- Null where the reference rate was not known on that day: such a loan is stopped.
    cast(
        case
            when changes.reference_rate_id is null
            then changes.fixed_rate
            when reference_rates.annual_rate is not null
            then greatest(reference_rates.annual_rate, changes.floor_rate) + changes.spread
        end as decimal(12, 8)
    ) as annual_rate
from
    changes
    {{ asof_left_join() }} {{ ref('reference_rates') }} as reference_rates
    on changes.reference_rate_id = reference_rates.reference_rate_id
    and changes.changed_on >= reference_rates.effective_from
