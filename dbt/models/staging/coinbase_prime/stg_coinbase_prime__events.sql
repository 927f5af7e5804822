-- One row per event of either report: what an order filled, or what a transaction moved.
{% for table in ['orders', 'transactions'] %}
    {{ 'union all' if not loop.first }}
    select
        'coinbase_prime' as source,
        '{{ table }}' as entity,
        native_id,
        occurred_at,
        event_type,
        from_label,
        from_asset,
        from_quantity,
        to_label,
        to_asset,
        to_quantity,
        fee_label,
        fee_asset,
        fee_quantity,
        note,
        reason,
        reason_column,
        content_hash,
        source_file,
        source_sha256,
        source_row,
        landed_at
    from {{ ref('stg_coinbase_prime__' ~ table) }}
    where ignored_reason is null
{% endfor %}
