-- One row per company, quarter, side and kind: money that was there, came in, was used, and was left.
with
    flows as (
        select
            uses.*,
            {{ quarter_start(local_date('coalesce(uses.inflow_at, uses.used_at)', 'companies.reporting_timezone'), 'companies.fiscal_year_end') }}
            as came_in,
            {{ quarter_start(local_date('uses.used_at', 'companies.reporting_timezone'), 'companies.fiscal_year_end') }}
            as went_out
        from {{ ref('proceeds_uses') }} as uses
        inner join {{ ref('companies') }} as companies on uses.company_id = companies.company_id
    ),

    changes as (
        select company_id, inflow_kind, came_in as quarter_start, amount_usd as change_usd, is_illustrative
        from flows
        union all
        select company_id, inflow_kind, went_out, - amount_usd, is_illustrative
        from flows
        where went_out is not null
    ),

    -- Every quarter from the first with money to the last one on record, moved or not.
    quarters as (
        select
            firsts.company_id,
            unnest(
                generate_series(
                    firsts.quarter_start::timestamp,
                    {{ quarter_start(local_date('data_date.data_at', 'companies.reporting_timezone'), 'companies.fiscal_year_end') }}
                    ::timestamp,
                    interval 3 month
                )
            )::date as quarter_start
        from (select company_id, min(quarter_start) as quarter_start from changes group by company_id) as firsts
        inner join {{ ref('companies') }} as companies on firsts.company_id = companies.company_id
        cross join {{ ref('int_data_date') }} as data_date
    ),

    kinds as (select distinct company_id, inflow_kind from changes),

    changed as (
        select
            quarters.company_id,
            quarters.quarter_start,
            kinds.inflow_kind,
            coalesce(sum(changes.change_usd), 0) as change_usd,
            coalesce(bool_or(changes.is_illustrative), false) as is_illustrative
        from quarters
        inner join kinds on quarters.company_id = kinds.company_id
        left join
            changes
            on quarters.company_id = changes.company_id
            and quarters.quarter_start = changes.quarter_start
            and kinds.inflow_kind = changes.inflow_kind
        group by all
    ),

    balances as (
        select
            company_id,
            quarter_start,
            inflow_kind,
            sum(change_usd) over by_quarter as closing_usd,
            closing_usd - change_usd as opening_usd,
            bool_or(is_illustrative) over by_quarter as is_illustrative
        from changed
        window by_quarter as (partition by company_id, inflow_kind order by quarter_start rows unbounded preceding)
    ),

    lines as (
        {% for side, quarter, kind in [('source', 'came_in', 'inflow_kind'), ('use', 'went_out', 'use_kind')] %}
            {{ 'union all' if not loop.first }}
            select
                company_id,
                {{ quarter }} as quarter_start,
                '{{ side }}' as side,
                {{ kind }} as kind,
                sum(amount_usd) as amount_usd,
                coalesce(sum(amount_usd) filter (where basis in ('named', 'direct')), 0) as stated_usd,
                coalesce(
                    sum(amount_usd) filter (where basis not in ('named', 'direct', 'shortfall', 'unspent')), 0
                ) as inferred_usd,
                coalesce(sum(amount_usd) filter (where basis = 'shortfall'), 0) as unattributed_usd,
                coalesce(sum(amount_usd) filter (where basis = 'unspent'), 0) as unspent_usd,
                coalesce(sum(amount_usd) filter (where basis = 'direct'), 0) as noncash_usd,
                bool_or(is_illustrative) as is_illustrative
            from flows
            where {{ quarter }} is not null
            group by all
        {% endfor %}
        {% for side in ['opening', 'closing'] %}
            union all
            select
                company_id,
                quarter_start,
                '{{ side }}',
                inflow_kind,
                {{ side }}_usd,
                0,
                0,
                0,
                {{ side }}_usd,
                0,
                is_illustrative
            from balances
            where {{ side }}_usd <> 0
        {% endfor %}
    )

select
    company_id,
    quarter_start,
    cast(quarter_start + interval 3 month - interval 1 day as date) as quarter_end,
    side,
    kind,
    amount_usd::{{ usd_type() }} as amount_usd,
    stated_usd::{{ usd_type() }} as stated_usd,
    inferred_usd::{{ usd_type() }} as inferred_usd,
    unattributed_usd::{{ usd_type() }} as unattributed_usd,
    unspent_usd::{{ usd_type() }} as unspent_usd,
    noncash_usd::{{ usd_type() }} as noncash_usd,
    is_illustrative
from lines
