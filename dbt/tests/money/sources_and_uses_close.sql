-- Opening money + sources = uses + closing money, for every company and quarter; what closes a quarter opens the
-- next; and what is left in a quarter is what the money pool received until then less what it paid, shortfalls aside.
with
    quarters as (
        select
            company_id,
            quarter_start,
            quarter_end,
            coalesce(sum(amount_usd) filter (where side = 'opening'), 0) as opening_usd,
            coalesce(sum(amount_usd) filter (where side = 'source'), 0) as source_usd,
            coalesce(sum(amount_usd) filter (where side = 'use'), 0) as use_usd,
            coalesce(sum(amount_usd) filter (where side = 'closing'), 0) as closing_usd
        from {{ ref('sources_and_uses') }}
        group by company_id, quarter_start, quarter_end
    ),

    in_order as (
        select
            *,
            lag(closing_usd) over (partition by company_id order by quarter_start) as closed_before_usd,
            lag(quarter_end) over (partition by company_id order by quarter_start) as ended_before
        from quarters
    ),

    short as (
        select sequence, sum(quantity) as quantity
        from {{ ref('int_money_matches') }}
        where basis = 'shortfall'
        group by sequence
    ),

    pool_changes as (
        select
            movements.company_id,
            {{ local_date('movements.occurred_at', 'companies.reporting_timezone') }} as day,
            if(
                movements.kind = 'acquire', movements.quantity, coalesce(short.quantity, 0) - movements.quantity
            ) as change
        from {{ ref('int_money_movements') }} as movements
        inner join {{ ref('companies') }} as companies on movements.company_id = companies.company_id
        left join short on movements.sequence = short.sequence
    ),

    running as (
        select
            company_id,
            day,
            {{ usd_from_cents('sum(sum(change)) over (partition by company_id order by day)') }} as balance_usd
        from pool_changes
        group by company_id, day
    )

select
    in_order.company_id,
    in_order.quarter_start,
    in_order.opening_usd,
    in_order.source_usd,
    in_order.use_usd,
    in_order.closing_usd,
    coalesce(running.balance_usd, 0) as pool_usd
from
    in_order
    {{ asof_left_join() }} running on in_order.company_id = running.company_id and in_order.quarter_end >= running.day
where
    in_order.opening_usd + in_order.source_usd <> in_order.use_usd + in_order.closing_usd
    or in_order.opening_usd <> coalesce(in_order.closed_before_usd, 0)
    or in_order.closing_usd <> coalesce(running.balance_usd, 0)
