-- One row per landed row of an export, read strictly, with the reason why it is no event, if it is none.
{% set dollars %}replace(replace({{ text_value('usd_equivalent') }}, '$', ''), ',', ''){% endset %}
{% set left %}coalesce({{ text_value('input_amount') }}, regexp_extract(amount, '^[^/]+')){% endset %}
{% set came %}coalesce({{ text_value('output_amount') }}, nullif(regexp_extract(amount, '/(.*)$', 1), ''), amount){% endset %}

with
    told as (
        select
            *,
            {{ text_value('transaction_id') }} as native_id,
            regexp_replace(lower({{ text_value('type') }}), '[^a-z]', '', 'g') as operation,
            lower(coalesce(details, '')) as words,
            coalesce({{ time_in_utc('date_time_utc') }}, {{ time_in_zone('date_time', 'nexo') }}) as time,
            coalesce(
                {{ asset_value('input_currency') }}, nullif(regexp_extract(upper(currency), '^[^/]+'), '')
            ) as left_asset,
            coalesce(
                {{ asset_value('output_currency') }}, nullif(regexp_extract(upper(currency), '[^/]+$'), ''), left_asset
            ) as came_asset,
            {{ left }} as left_text,
            {{ came }} as came_text,
            {{ dollars }} as dollars_text,
            nullif({{ text_value('fee') }}, '-') as fee_text,
            nullif({{ asset_value('fee_currency') }}, '-') as fee_asset
        from {{ landed('nexo', 'transactions') }}
    ),

    readings as (
        select
            *,
            {{ time_reason('time') }} as time_reason,
            {{ number_reason('left_text') }} as left_reason,
            {{ number_reason('came_text') }} as came_reason,
            {{ number_reason('dollars_text') }} as dollars_reason,
            {{ number_reason('fee_text') }} as fee_reason,
            {{ time_value('time') }} as occurred_at,
            {{ number_value('left_text') }} as left_signed,
            {{ number_value('came_text') }} as came_signed,
            {{ number_value('dollars_text') }}::{{ usd_type() }} as usd,
            {{ number_value('fee_text') }} as fee_quantity,
            operation in ('repayment', 'manualrepayment', 'forcedrepayment') as is_repayment,
            operation in ('liquidation', 'manualsellorder', 'automaticsellorder') as is_sold_for_loan
        from told
    ),

    -- A repayment in coin is told twice: what was sold for it, and by how much the loan shrank.
    sold_for_loans as (
        select source_file, usd, occurred_at from readings where is_sold_for_loan and words not like '%rejected%'
    )

select
    readings.native_id,
    readings.operation,
    readings.words,
    readings.details,
    readings.occurred_at,
    readings.left_asset,
    abs(readings.left_signed) as left_quantity,
    readings.left_signed < 0 as is_paid,
    readings.came_asset,
    -- Some rows tell what came in the first column alone.
    coalesce(nullif(abs(readings.came_signed), 0), abs(readings.left_signed)) as came_quantity,
    readings.usd,
    readings.fee_asset,
    readings.fee_quantity,
    readings.is_sold_for_loan,
    case
        when readings.words like '%rejected%'
        then 'failed'
        when readings.words like 'pending%'
        then 'pending'
        -- The fiat beside its token (EUR beside EURX) is one balance here.
        when readings.operation in ('deposittoexchange', 'exchangetowithdraw')
        then 'internal'
        when
            readings.is_repayment
            and exists (
                select 1
                from sold_for_loans
                where
                    sold_for_loans.usd = coalesce(readings.usd, abs(readings.left_signed)::{{ usd_type() }})
                    and abs(epoch_us(sold_for_loans.occurred_at) - epoch_us(readings.occurred_at)) <= 86400000000  -- a day
            )
        then 'told_elsewhere'
    end as ignored_reason,
    {{ first_reason([
        ('time', 'readings.time_reason'),
        ('input_amount', 'readings.left_reason'),
        ('output_amount', 'readings.came_reason'),
        ('usd_equivalent', 'readings.dollars_reason'),
        ('fee', 'readings.fee_reason'),
    ]) }},
    {{ content_hash([
        'readings.time', 'readings.operation', 'readings.left_asset', 'readings.left_text', 'readings.came_asset', 'readings.came_text',
        'readings.dollars_text', 'readings.fee_text',
    ]) }}
    as content_hash,
    readings.source_file,
    readings.source_sha256,
    readings.source_row,
    readings.landed_at
from readings
