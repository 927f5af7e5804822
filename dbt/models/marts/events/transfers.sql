-- One row per transfer over a transit account: sent with received, or one of the two that waits for the other.
with
    paired as (select sent_id, received_id, basis, fee_quantity from {{ ref('int_transfers_paired') }}),

    ends as (
        select sides.*, coalesce(as_sent.sent_id, as_received.sent_id, sides.event_id) as transfer_id
        from {{ ref('int_transfer_sides') }} as sides
        left join paired as as_sent on sides.event_id = as_sent.sent_id
        left join paired as as_received on sides.event_id = as_received.received_id
    ),

    transfers as (
        select
            transfer_id,
            company_id,
            transit_account,
            asset_id,
            {% for side in ['sent', 'received'] %}
                min(event_id) filter (where side = '{{ side }}') as {{ side }}_event_id,
                min(account_id) filter (where side = '{{ side }}') as {{ side }}_account,
                min(occurred_at) filter (where side = '{{ side }}') as {{ side }}_at,
                min(quantity) filter (where side = '{{ side }}') as {{ side }}_quantity,
                min(source_file) filter (where side = '{{ side }}') as {{ side }}_source_file,
                min(source_row) filter (where side = '{{ side }}') as {{ side }}_source_row,
            {% endfor %}
            min(transfer_hash) as transfer_hash,
            bool_or(is_illustrative) as is_illustrative
        from ends
        group by transfer_id, company_id, transit_account, asset_id
    ),

    aged as (
        select
            transfers.*,
            paired.basis,
            paired.fee_quantity,
            {{ time_between('transfers.sent_at', 'transfers.received_at') }} as time_on_the_way,
            case
                when paired.sent_id is null
                then {{ time_between('coalesce(transfers.sent_at, transfers.received_at)', 'data_date.data_at') }}
            end as time_waiting
        from transfers
        left join paired on transfers.transfer_id = paired.sent_id
        cross join {{ ref('int_data_date') }} as data_date
    )

select
    aged.transfer_id,
    aged.company_id,
    aged.transit_account,
    aged.asset_id,
    case
        when aged.basis is not null
        then 'paired'
        when aged.sent_at is not null and aged.time_waiting <= {{ var('transfers').window_hours }} * 3600000000
        then 'in_transit'
        else 'unpaired'
    end as status,
    aged.basis,
    aged.sent_event_id,
    aged.sent_account,
    aged.sent_at,
    aged.sent_quantity,
    aged.received_event_id,
    aged.received_account,
    aged.received_at,
    aged.received_quantity,
    aged.fee_quantity,
    {{ hours('aged.time_on_the_way') }} as hours_on_the_way,
    {{ hours('aged.time_waiting') }} as hours_waiting,
    partners.partner_id as likely_event_id,
    partners.basis as likely_basis,
    aged.transfer_hash,
    aged.is_illustrative,
    aged.sent_source_file,
    aged.sent_source_row,
    aged.received_source_file,
    aged.received_source_row
from aged
left join {{ ref('int_transfer_partners') }} as partners on aged.transfer_id = partners.event_id
