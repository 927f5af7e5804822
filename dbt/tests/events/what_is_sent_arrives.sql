-- What was sent has arrived nowhere, or what arrived was sent from nowhere, for longer than a transfer may take: a
-- file is missing, or it was no transfer.
{{ config(severity='warn', meta={'owner': 'operator'}) }}
select transfer_id, asset_id, coalesce(sent_quantity, received_quantity) as quantity, hours_waiting, likely_event_id
from {{ ref('transfers') }}
where status = 'unpaired' and hours_waiting > {{ var('transfers').window_hours }}
