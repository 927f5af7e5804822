-- One row per book, company, asset and month: units, value and cost that came and went, and what was there at its end.
with
    flows as (
        select
            movements.book,
            movements.company_id,
            movements.asset_id,
            date_trunc('month', movements.occurred_at)::date as month,
            case movements.kind when 'acquire' then movements.quantity else 0 end as added_units,
            case movements.kind when 'acquire' then 0 else movements.quantity end as disposed_units,
            case when movements.kind = 'acquire' then events.value_usd else 0 end as additions_usd,
            case
                when movements.kind <> 'acquire' then if(movements.leg = 'fee', events.fee_usd, events.value_usd) else 0
            end as disposals_usd,
            case when movements.kind = 'acquire' then movements.cost else 0 end as added_cost,
            case when movements.kind <> 'acquire' then consumed.cost else 0 end as disposed_cost,
            movements.kind = 'acquire'
            and events.value_usd is null
            or movements.kind <> 'acquire'
            and if(movements.leg = 'fee', events.fee_usd, events.value_usd) is null as is_value_missing,
            movements.kind = 'acquire'
            and movements.cost is null
            or movements.kind <> 'acquire'
            and not consumed.is_complete as is_cost_missing,
            events.is_illustrative
        from {{ ref('int_coin_movements') }} as movements
        inner join {{ ref('int_events') }} as events on movements.event_id = events.event_id
        left join
            (
                select sequence, sum(cost) as cost, bool_and(cost is not null) as is_complete
                from {{ ref('int_lot_matches') }}
                group by sequence
            ) as consumed
            on movements.sequence = consumed.sequence
        where movements.kind <> 'transfer'
    ),

    months as (
        select
            flows.book,
            flows.company_id,
            flows.asset_id,
            unnest(
                generate_series(
                    min(flows.month)::timestamp, date_trunc('month', any_value(data_date.data_at)), interval 1 month
                )
            )::date as month
        from flows
        cross join {{ ref('int_data_date') }} as data_date
        group by flows.book, flows.company_id, flows.asset_id
    ),

    monthly as (
        select
            months.book,
            months.company_id,
            months.asset_id,
            months.month,
            coalesce(sum(flows.added_units), 0) as added_units,
            coalesce(sum(flows.disposed_units), 0) as disposed_units,
            coalesce(sum(flows.additions_usd), 0) as additions_usd,
            coalesce(sum(flows.disposals_usd), 0) as disposals_usd,
            coalesce(sum(flows.added_cost), 0) - coalesce(sum(flows.disposed_cost), 0) as cost_change,
            coalesce(bool_or(flows.is_value_missing), false) as is_value_missing,
            coalesce(bool_or(flows.is_cost_missing), false) as is_cost_missing,
            coalesce(bool_or(flows.is_illustrative), false) as is_illustrative
        from months
        left join
            flows
            on months.book = flows.book
            and months.company_id = flows.company_id
            and months.asset_id = flows.asset_id
            and months.month = flows.month
        group by all
    )

select
    *,
    sum(added_units - disposed_units) over until_now as closing_units,
    sum(cost_change) over until_now as closing_cost,
    bool_or(is_cost_missing) over until_now as is_cost_missing_so_far,
    bool_or(is_illustrative) over until_now as is_illustrative_so_far
from monthly
window until_now as (partition by book, company_id, asset_id order by month rows unbounded preceding)
