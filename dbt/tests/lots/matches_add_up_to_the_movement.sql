-- Every unit that leaves a pool, of coins, stablecoins or money, is matched once: to a lot, or to a shortfall.
with
    sums as (
        {% for movements, matches in [
            ('int_coin_movements', 'int_lot_matches'),
            ('int_money_movements', 'int_money_matches'),
            ('int_stablecoin_movements', 'int_stablecoin_matches'),
        ] %}
            {{ 'union all' if not loop.first }}
            select
                '{{ movements }}' as movements,
                movements.sequence,
                movements.quantity,
                matched.quantity as matched_quantity
            from {{ ref(movements) }} as movements
            left join
                (select sequence, sum(quantity) as quantity from {{ ref(matches) }} group by sequence) as matched
                on movements.sequence = matched.sequence
            where movements.kind <> 'acquire'
        {% endfor %}
    )

select movements, sequence, quantity, matched_quantity
from sums
where quantity is distinct from matched_quantity
