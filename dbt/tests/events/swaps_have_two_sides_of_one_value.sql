-- What was given and what came for it were stated at different values: the dollars of an event beside its value, or
-- the two halves of a swap that were recorded as two events of one group, by way of a suspense account. One of the
-- two is wrong, or something else was given too.
{{ config(severity='warn', meta={'owner': 'controller'}) }}
with
    stated as (
        select
            event_id as swap_id,
            company_id,
            value_usd as given_usd,
            if(from_asset = 'USD', from_quantity, to_quantity)::{{ usd_type() }} as received_usd
        from {{ ref('int_events') }}
        where is_value_stated and 'USD' in (from_asset, to_asset)
        union all
        select
            group_id,
            company_id,
            sum(value_usd) filter (where to_kind = 'suspense'),
            sum(value_usd) filter (where from_kind = 'suspense')
        from {{ ref('int_events') }}
        where group_id is not null and 'suspense' in (from_kind, to_kind)
        group by group_id, company_id
    )

select swap_id, company_id, given_usd, received_usd, received_usd - given_usd as difference_usd
from stated
where given_usd <> received_usd
