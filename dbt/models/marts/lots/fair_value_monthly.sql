-- One row per book, company, asset and month: the roll-forward of fair value, ASC 350-60-50-3 (opening + additions −
-- disposals + gains − losses = closing).
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
        from {{ ref('int_movements') }} as movements
        inner join {{ ref('int_events') }} as events on movements.event_id = events.event_id
        left join
            (
                select sequence, sum(cost) as cost, bool_and(cost is not null) as is_complete
                from {{ ref('int_lot_matches') }}
                group by sequence
            ) as consumed
            on movements.sequence = consumed.sequence
        where movements.book <> 'money' and movements.kind <> 'transfer'
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
    ),

    running as (
        select
            *,
            sum(added_units - disposed_units) over until_now as closing_units,
            sum(cost_change) over until_now as closing_cost,
            bool_or(is_cost_missing) over until_now as is_cost_missing_so_far,
            bool_or(is_illustrative) over until_now as is_illustrative_so_far
        from monthly
        window until_now as (partition by book, company_id, asset_id order by month rows unbounded preceding)
    ),

    valued as (
        select
            running.*,
            prices.price_usd as closing_price_usd,
            prices.priced_at as closing_price_at,
            {{ from_units('running.added_units', 'assets.decimals') }} as additions_quantity,
            {{ from_units('running.disposed_units', 'assets.decimals') }} as disposals_quantity,
            {{ from_units('running.closing_units', 'assets.decimals') }} as closing_quantity,
            case
                when running.closing_units = 0
                then 0
                else {{ usd_value(from_units('running.closing_units', 'assets.decimals'), 'prices.price_usd') }}
            end as closing_usd
        from running
        inner join {{ ref('assets') }} as assets on running.asset_id = assets.asset_id
        inner join
            {{ ref('int_price_lists') }} as lists on running.company_id = lists.company_id
            {{ asof_left_join() }} {{ ref('int_closing_prices') }} as prices
            on lists.price_list = prices.price_list
            and running.asset_id = prices.asset_id
            and last_day(running.month) >= prices.date
    ),

    -- Coins with lenders: pledged out of lots that the book keeps, or a receivable where control has passed.
    pledged as (
        select
            months.book,
            months.company_id,
            months.asset_id,
            months.month,
            coalesce(sum(legs.quantity) filter (where elsewhere.account_id is null), 0) as pledged_quantity,
            coalesce(sum(legs.quantity) filter (where elsewhere.account_id is not null), 0) as receivable_quantity
        from months
        left join
            {{ ref('int_legs') }} as legs
            on months.company_id = legs.company_id
            and months.asset_id = legs.asset_id
            and legs.account_kind = 'collateral'
            and legs.occurred_at < months.month + interval 1 month
        left join
            {{ ref('int_derecognised_accounts') }} as elsewhere
            on months.book = elsewhere.book
            and months.asset_id = elsewhere.asset_id
            and legs.account_id = elsewhere.account_id
        group by all
    ),

    rolled as (
        select
            valued.*,
            coalesce(lag(closing_quantity) over by_month, 0) as opening_quantity,
            case when row_number() over by_month = 1 then 0 else lag(closing_usd) over by_month end as opening_usd,
            closing_usd
            - case when row_number() over by_month = 1 then 0 else lag(closing_usd) over by_month end
            - case when is_value_missing then null else additions_usd - disposals_usd end as fair_value_change_usd
        from valued
        window by_month as (partition by book, company_id, asset_id order by month)
    )

select
    rolled.book,
    rolled.company_id,
    rolled.asset_id,
    rolled.month,
    rolled.opening_quantity::{{ quantity_type() }} as opening_quantity,
    rolled.additions_quantity,
    rolled.disposals_quantity,
    rolled.closing_quantity,
    rolled.opening_usd::{{ usd_type() }} as opening_usd,
    rolled.additions_usd::{{ usd_type() }} as additions_usd,
    rolled.disposals_usd::{{ usd_type() }} as disposals_usd,
    -- greatest() passes over a null: what is unknown would be nothing.
    case
        when rolled.fair_value_change_usd is not null then greatest(rolled.fair_value_change_usd, 0)
    end::{{ usd_type() }} as gains_usd,
    case
        when rolled.fair_value_change_usd is not null then greatest(- rolled.fair_value_change_usd, 0)
    end::{{ usd_type() }} as losses_usd,
    rolled.closing_usd::{{ usd_type() }} as closing_usd,
    rolled.closing_price_usd,
    rolled.closing_price_at,
    case when not rolled.is_cost_missing_so_far then {{ usd_from_cents('rolled.closing_cost') }} end as cost_usd,
    pledged.pledged_quantity::{{ quantity_type() }} as pledged_quantity,
    pledged.receivable_quantity::{{ quantity_type() }} as receivable_quantity,
    case
        when pledged.receivable_quantity = 0
        then 0
        else {{ usd_value('pledged.receivable_quantity::' ~ quantity_type(), 'rolled.closing_price_usd') }}
    end::{{ usd_type() }} as receivable_usd,
    rolled.is_illustrative_so_far as is_illustrative
from rolled
inner join
    pledged
    on rolled.book = pledged.book
    and rolled.company_id = pledged.company_id
    and rolled.asset_id = pledged.asset_id
    and rolled.month = pledged.month
