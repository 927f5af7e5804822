-- One row per landed row of a list of transactions, read strictly, with the reason why it is no event.
with
    told as (
        select
            * replace (
                {% for side in ['from', 'to'] %}
                    {{ plain_amount(side ~ '_amount') }} as {{ side }}_amount,
                    {{ asset_value(side ~ '_currency') }} as {{ side }}_currency,
                {% endfor %}
                {{ time_in_utc('date') }} as date
            ),
            coalesce(lower({{ text_value('transaction_type') }}), '') as operation,
            coalesce(lower({{ text_value('status') }}), '') as outcome
        from {{ landed('circle', 'transactions') }}
    )

select
    {{ text_value('reference_id') }} as native_id,
    {{ time_value('date') }} as occurred_at,
    operation,
    {% for side in ['from', 'to'] %}
        {{ text_value(side ~ '_account') }} as {{ side }}_account,
        {{ side }}_currency as {{ side }}_asset,
        {{ number_value(side ~ '_amount') }} as {{ side }}_quantity,
        {{ number_reason(side ~ '_amount') }} as {{ side }}_reason,
    {% endfor %}
    {{ time_reason('date') }} as time_reason,
    case when outcome not in ('complete', 'completed') then 'unknown_status' end as status_reason,
    case
        when outcome = 'pending' then 'pending' when outcome in ('failed', 'canceled', 'cancelled') then 'failed'
    end as ignored_reason,
    {{ content_hash(['date', 'operation', 'from_account', 'to_account', 'from_amount', 'from_currency', 'to_amount', 'to_currency']) }}
    as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from told
