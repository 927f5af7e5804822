-- For every book: what is left of the lots, less what was sold without a lot, is what the accounts of the company hold.
with lots_left as (
    select
        book,
        company_id,
        asset_id,
        sum(quantity_left) as quantity
    from {{ ref('lots') }}
    group by book, company_id, asset_id
),

shortfalls as (
    select
        book,
        company_id,
        asset_id,
        sum(quantity) as quantity
    from {{ ref('disposal_lots') }}
    where lot_id is null
    group by book, company_id, asset_id
),

ledger as (
    select
        books.book,
        held.company_id,
        held.asset_id,
        held.quantity
    from (
        select
            company_id,
            asset_id,
            sum(quantity) as quantity
        from {{ ref('int_legs') }}
        where {{ is_holding('account_kind') }} and not {{ is_money('asset_class') }}
        group by company_id, asset_id
    ) as held
    inner join (select distinct
        company_id,
        book,
        asset_id
    from {{ ref('int_lot_policies') }}) as books
        on held.company_id = books.company_id and held.asset_id = books.asset_id
)

select
    ledger.book,
    ledger.company_id,
    ledger.asset_id,
    ledger.quantity as ledger_quantity,
    coalesce(lots_left.quantity, 0) - coalesce(shortfalls.quantity, 0) - coalesce(moved_short.quantity, 0) as lots_quantity
from ledger
left join lots_left on ledger.book = lots_left.book and ledger.company_id = lots_left.company_id and ledger.asset_id = lots_left.asset_id
left join shortfalls on ledger.book = shortfalls.book and ledger.company_id = shortfalls.company_id and ledger.asset_id = shortfalls.asset_id
left join (
    -- Units that moved between pools though the first did not hold them: the second one has them, the first is short.
    select
        book,
        company_id,
        asset_id,
        sum(quantity) as quantity
    from {{ ref('lots') }}
    where acquired_at is null
    group by book, company_id, asset_id
) as moved_short on ledger.book = moved_short.book and ledger.company_id = moved_short.company_id and ledger.asset_id = moved_short.asset_id
where ledger.quantity <> coalesce(lots_left.quantity, 0) - coalesce(shortfalls.quantity, 0) - coalesce(moved_short.quantity, 0)
