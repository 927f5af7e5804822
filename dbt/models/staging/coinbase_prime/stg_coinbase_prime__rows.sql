-- One row per landed row of either report: the row itself, where it is an event, or the reason why it is none.
{% for table in ['orders', 'transactions'] %}
    {{ 'union all' if not loop.first }}
    select
        'coinbase_prime' as source,
        '{{ table }}' as entity,
        source_file,
        source_sha256,
        source_row,
        source_row as event_row,
        ignored_reason,
        landed_at
    from {{ ref('stg_coinbase_prime__' ~ table) }}
{% endfor %}
