-- One row per accepted event of any source, valued in US dollars.
with
    lost as (
        select paired.received_id, paired.received_at, transits.company_id, paired.asset_id, paired.fee_quantity
        from {{ ref('int_transfers_paired') }} as paired
        inner join {{ ref('accounts') }} as transits on paired.transit_account = transits.account_id
        where paired.fee_quantity > 0
    ),

    accepted as (
        select
            events.* replace (
                -- What was lost on the way here is a fee that the transit account paid.
                if(lost.received_id is null, events.fee_account, events.from_account) as fee_account,
                coalesce(lost.asset_id, events.fee_asset) as fee_asset,
                coalesce(lost.fee_quantity, events.fee_quantity) as fee_quantity
            ),
            events.source || ':' || events.native_id as event_id,
            from_assets.asset_class as from_class,
            to_assets.asset_class as to_class,
            fee_assets.asset_class as fee_class,
            from_accounts.kind as from_kind,
            to_accounts.kind as to_kind,
            fee_accounts.kind as fee_kind
        from {{ ref('int_events_checked') }} as events
        inner join {{ ref('int_assets') }} as from_assets on events.from_asset = from_assets.asset_id
        inner join {{ ref('int_assets') }} as to_assets on events.to_asset = to_assets.asset_id
        inner join {{ ref('accounts') }} as from_accounts on events.from_account = from_accounts.account_id
        inner join {{ ref('accounts') }} as to_accounts on events.to_account = to_accounts.account_id
        left join lost on events.source || ':' || events.native_id = lost.received_id
        left join
            {{ ref('int_assets') }} as fee_assets on coalesce(lost.asset_id, events.fee_asset) = fee_assets.asset_id
        left join
            {{ ref('accounts') }} as fee_accounts
            on if(lost.received_id is null, events.fee_account, events.from_account) = fee_accounts.account_id
        where events.row_status = 'accepted'
    ),

    -- Only what nobody stated is looked up, in narrow rows: an as-of join sorts its whole left side (3.0 GB at 1M
    -- events).
    unpriced as (
        {% for side in ['from', 'to', 'fee'] %}
            {{ 'union' if not loop.first }}
            select company_id, {{ side }}_asset as asset_id, occurred_at
            from {{ ref('int_events_checked') }}
            where
                row_status = 'accepted'
                and {{ "fee_asset <> 'USD'" if side == 'fee' else "value_usd is null and 'USD' not in (from_asset, to_asset)" }}
        {% endfor %}
        union
        select company_id, asset_id, received_at
        from lost
    ),

    quotes as (
        select
            unpriced.company_id,
            unpriced.asset_id,
            unpriced.occurred_at,
            prices.price_usd,
            prices.priced_at is not null and prices.price_usd is null as is_too_old
        from unpriced {{ price_at('unpriced', 'unpriced.asset_id', 'unpriced.occurred_at') }}
    ),

    priced as (
        select
            accepted.*,
            from_quotes.price_usd as from_price_usd,
            to_quotes.price_usd as to_price_usd,
            fee_quotes.price_usd as fee_price_usd,
            coalesce(from_quotes.is_too_old, false) as is_from_price_too_old,
            coalesce(to_quotes.is_too_old, false) as is_to_price_too_old,
            coalesce(fee_quotes.is_too_old, false) as is_fee_price_too_old
        from accepted
        {% for side in ['from', 'to', 'fee'] %}
            left join
                quotes as {{ side }}_quotes
                on accepted.company_id = {{ side }}_quotes.company_id
                and accepted.{{ side }}_asset = {{ side }}_quotes.asset_id
                and accepted.occurred_at = {{ side }}_quotes.occurred_at
        {% endfor %}
    ),

    based as (
        select
            *,
            -- The best evidence of a value first: what was stated, then dollars that changed hands, then a
            -- stablecoin, then the coin's price.
            case
                when value_usd is not null
                then 'stated'
                when from_asset = 'USD'
                then 'from_usd'
                when to_asset = 'USD'
                then 'to_usd'
                when from_class = 'stablecoin' and not is_from_price_too_old
                then 'from_stablecoin'
                when to_class = 'stablecoin' and not is_to_price_too_old
                then 'to_stablecoin'
                when from_price_usd is not null
                then 'from_price'
                when to_price_usd is not null
                then 'to_price'
                when is_from_price_too_old or is_to_price_too_old
                then 'price_too_old'
                else 'unknown'
            end as value_basis
        from priced
    ),

    valued as (
        select
            *,
            case
                value_basis
                when 'stated'
                then value_usd::{{ usd_type() }}
                when 'from_usd'
                then from_quantity::{{ usd_type() }}
                when 'to_usd'
                then to_quantity::{{ usd_type() }}
                when 'from_stablecoin'
                then {{ usd_value('from_quantity', 'coalesce(from_price_usd, 1)') }}
                when 'to_stablecoin'
                then {{ usd_value('to_quantity', 'coalesce(to_price_usd, 1)') }}
                when 'from_price'
                then {{ usd_value('from_quantity', 'from_price_usd') }}
                when 'to_price'
                then {{ usd_value('to_quantity', 'to_price_usd') }}
            end as found_usd,
            -- More than anything is worth: a quantity in the wrong unit, or a wrong price.
            value_basis not in ('price_too_old', 'unknown')
            and coalesce({{ is_too_much('found_usd') }}, true) as is_out_of_range
        from based
    )

select
    event_id,
    company_id,
    occurred_at,
    event_type,
    from_account,
    from_asset,
    from_quantity,
    to_account,
    to_asset,
    to_quantity,
    fee_account,
    fee_asset,
    fee_quantity,
    if(is_out_of_range, null, found_usd) as value_usd,
    value_basis = 'stated' as is_value_stated,
    if(is_out_of_range, 'out_of_range', value_basis) as value_basis,
    case
        when fee_asset = 'USD'
        then fee_quantity::{{ usd_type() }}
        when fee_class = 'stablecoin' and not is_fee_price_too_old
        then {{ usd_value('fee_quantity', 'coalesce(fee_price_usd, 1)') }}
        else {{ usd_value('fee_quantity', 'fee_price_usd') }}
    end as fee_usd,
    lot_picks,
    identified_at,
    group_id,
    is_illustrative,
    source_url,
    {{ without_addresses('note') }} as note,
    from_kind,
    from_class,
    to_kind,
    to_class,
    fee_kind,
    fee_class,
    source,
    source_file,
    source_sha256,
    source_row,
    landed_at
from valued
