-- One row per accepted event that sends something into transit or receives something from there.
{% for side, transit, account in [('sent', 'to', 'from'), ('received', 'from', 'to')] %}
    {{ 'union all' if not loop.first }}
    select
        events.source || ':' || events.native_id as event_id,
        '{{ side }}' as side,
        events.company_id,
        events.{{ transit }}_account as transit_account,
        events.{{ account }}_account as account_id,
        events.{{ transit }}_asset as asset_id,
        events.{{ transit }}_quantity as quantity,
        events.fee_quantity is not null as has_fee,
        events.occurred_at,
        lower(regexp_replace(events.transfer_hash, '^0[xX]', '')) as transfer_hash,
        events.source || ':' || events.group_id as group_id,
        events.is_illustrative,
        events.source_file,
        events.source_row
    from {{ ref('int_events_checked') }} as events
    inner join
        {{ ref('accounts') }} as transits
        on events.{{ transit }}_account = transits.account_id
        and transits.kind = 'transit'
    inner join
        {{ ref('accounts') }} as accounts
        on events.{{ account }}_account = accounts.account_id
        and accounts.kind <> 'transit'
    where events.row_status = 'accepted'
{% endfor %}
