-- One row per project and month: interest capitalised under ASC 835-20, counted over the fiscal year so far.
-- Expenditures × the rate of the project's own loans up to their balance, the excess × the average rate of the
-- company's other loans; a rate is what loans bore by what was owed. Never more than the company's interest of the
-- year, shared pro rata. What earlier years capitalised is an expenditure too. So each month needs the ones before
-- it: the query walks from month to month, all projects at once.
with recursive
    borrowed as (
        select
            months.project_id,
            months.month,
            sum(interest.cent_days) filter (where interest.borrowed_for = months.project_id)::hugeint as own_cent_days,
            sum(interest.interest_cents) filter (where interest.borrowed_for = months.project_id)::hugeint
            as own_interest_cents,
            sum(interest.cent_days) filter (where interest.borrowed_for = 'others')::hugeint as other_cent_days,
            sum(interest.interest_cents) filter (where interest.borrowed_for = 'others')::hugeint
            as other_interest_cents,
            coalesce(sum(interest.interest_cents), 0)::hugeint as incurred_cents,
            coalesce(bool_or(interest.has_unknown_rate), false) as has_unknown_rate,
            coalesce(bool_or(interest.is_illustrative), false) as has_illustrative_loan
        from {{ ref('int_capex_months') }} as months
        left join
            {{ ref('int_interest_monthly') }} as interest
            on months.company_id = interest.company_id
            and interest.month between months.fiscal_year_from and months.month
        group by months.project_id, months.month
    ),

    inputs as (
        select
            months.*,
            borrowed.own_cent_days,
            borrowed.own_interest_cents,
            borrowed.other_cent_days,
            borrowed.other_interest_cents,
            borrowed.incurred_cents,
            borrowed.has_unknown_rate,
            borrowed.has_illustrative_loan
        from {{ ref('int_capex_months') }} as months
        inner join borrowed on months.project_id = borrowed.project_id and months.month = borrowed.month
    ),

    walked as (
        select
            project_id,
            (min(month) - interval 1 month)::date as month,
            0::hugeint as earlier_cents,
            0::hugeint as cent_days,
            0::hugeint as own_cents,
            0::hugeint as other_cents,
            0::hugeint as capitalised_cents,
            false as is_limited
        from inputs
        group by project_id
        union all
        (
            with
                expended as (
                    select
                        inputs.*,
                        walked.earlier_cents
                        + if(inputs.month = inputs.fiscal_year_from, walked.capitalised_cents, 0)::hugeint
                        as years_before_cents,
                        -- After the last month of building the figure of the year stays.
                        if(inputs.month = inputs.fiscal_year_from, 0, walked.capitalised_cents)::hugeint as kept_cents,
                        greatest(
                            inputs.cent_days_this_year + years_before_cents * inputs.days_built_this_year, 0
                        )::hugeint as cent_days
                    from walked
                    inner join
                        inputs
                        on walked.project_id = inputs.project_id
                        and inputs.month = walked.month + interval 1 month
                ),

                avoided as (
                    select
                        *,
                        coalesce(
                            {{ whole_quotient('least(cent_days, own_cent_days) * own_interest_cents', 'own_cent_days') }},
                            0
                        )::hugeint as own_cents,
                        greatest(cent_days - coalesce(own_cent_days, 0), 0)::hugeint as excess_cent_days,
                        coalesce(
                            {{ whole_quotient('excess_cent_days * other_interest_cents', 'other_cent_days') }}, 0
                        )::hugeint as other_cents,
                        if(is_building, own_cents + other_cents, 0)::hugeint as avoidable_cents
                    from expended
                ),

                compared as (
                    select
                        *,
                        sum(avoidable_cents) over (partition by company_id)::hugeint as open_cents,
                        sum(avoidable_cents) over (
                            partition by company_id order by project_id rows unbounded preceding
                        )::hugeint as running_cents,
                        greatest(
                            incurred_cents - sum(if(is_building, 0, kept_cents)) over (partition by company_id), 0
                        )::hugeint as limit_cents
                    from avoided
                )

            select
                project_id,
                month,
                years_before_cents as earlier_cents,
                cent_days,
                own_cents,
                other_cents,
                case
                    when not is_building
                    then kept_cents
                    when open_cents <= limit_cents
                    then avoidable_cents
                    -- Shares of the limit by cumulative rounding: they add up to it.
                    else
                        {{ whole_quotient('limit_cents * running_cents', 'open_cents') }}
                        - {{ whole_quotient('limit_cents * (running_cents - avoidable_cents)', 'open_cents') }}
                end as capitalised_cents,
                is_building and open_cents > limit_cents as is_limited
            from compared
        )
    )

select
    inputs.project_id,
    inputs.company_id,
    inputs.month,
    inputs.fiscal_year_from,
    inputs.opening_cents,
    inputs.moved_cents,
    walked.earlier_cents,
    walked.capitalised_cents as capitalised_this_year_cents,
    walked.capitalised_cents - if(
        inputs.month = inputs.fiscal_year_from,
        0,
        lag(walked.capitalised_cents, 1, 0) over (partition by inputs.project_id order by inputs.month)
    )::hugeint as capitalised_cents,
    walked.cent_days,
    walked.own_cents,
    walked.other_cents,
    walked.is_limited,
    inputs.other_cent_days,
    inputs.other_interest_cents,
    inputs.incurred_cents,
    not inputs.has_unknown_rate or walked.cent_days = 0 as is_interest_complete,
    inputs.has_illustrative_loan
from inputs
inner join walked on inputs.project_id = walked.project_id and inputs.month = walked.month
