-- One row per event: a booked transaction, with the account of whoever paid or was paid, if the seeds name it.
with
    named as (
        select lower(label) as name, min(label) as label
        from {{ ref('source_accounts') }}
        where source = 'bank' and label like '@%' and label not in ('@transit', '@income', '@expense', '@suspense')  -- roles are nobody's name
        group by lower(label)
    ),

    booked as (
        select
            transactions.*,
            coalesce(
                named.label,
                case
                    when
                        transactions.kind in ('CHRG', 'COMM', 'FEES')
                        or (transactions.kind = 'INTR' and not transactions.is_credit)
                    then '@expense'
                    when transactions.kind = 'INTR'
                    then '@income'
                    else '@suspense'
                end
            ) as other_label
        from {{ ref('stg_bank__transactions') }} as transactions
        left join named on named.name = '@' || lower(transactions.counterparty)
        where transactions.ignored_reason is null
    )

select
    'bank' as source,
    entity,
    native_id,
    occurred_at,
    case when is_reversal then 'correction' else 'payment' end as event_type,
    case when is_credit then other_label else account end as from_label,
    asset as from_asset,
    quantity as from_quantity,
    case when is_credit then account else other_label end as to_label,
    asset as to_asset,
    quantity as to_quantity,
    concat_ws(': ', counterparty, purpose) as note,
    reason,
    reason_column,
    content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from booked
