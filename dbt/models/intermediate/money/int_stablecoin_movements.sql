-- One row per leg of an event by which stablecoins come in or leave, in the declared order.
-- Money of other currencies than the dollar counts as a stablecoin. What came in is carried at the value of the day;
-- what leaves takes the moving average of its company and asset with it.
with
    legs as (
        {% for leg, side in [('out', 'from'), ('in', 'to'), ('fee', 'fee')] %}
            {{ 'union all' if not loop.first }}
            select
                event_id,
                company_id,
                occurred_at,
                '{{ leg }}' as leg,
                {{ "'acquire'" if leg == 'in' else "'dispose'" }} as kind,
                {{ side }}_asset as asset_id,
                {{ side }}_quantity as quantity,
                coalesce({{ 'fee_usd' if leg == 'fee' else 'value_usd' }}, 0) as value_usd
            from {{ ref('int_events') }}
            where
                {{ is_holding(side ~ '_kind') }} and {{ is_money(side ~ '_class') }} and {{ side }}_asset <> 'USD'
                {% if leg != 'fee' %}
                    and not ({{ is_holding('from_kind') }} and {{ is_holding('to_kind') }} and from_asset = to_asset)
                {% endif %}
        {% endfor %}
    )

select
    row_number() over (order by legs.occurred_at, legs.kind, legs.event_id, legs.leg) as sequence,
    legs.event_id,
    legs.leg,
    legs.company_id,
    legs.asset_id,
    legs.kind,
    'money|' || legs.company_id || '|' || legs.asset_id as pool_id,
    null::varchar as to_pool_id,
    {{ to_units('legs.quantity', 'assets.decimals') }} as quantity,
    {{ cents('legs.value_usd') }} as value,
    if(legs.kind = 'acquire', {{ cents('legs.value_usd') }}, null) as cost,
    null::{{ units_type() }} as reserved,
    'average' as method
from legs
inner join {{ ref('int_assets') }} as assets on legs.asset_id = assets.asset_id
