-- For every book: what is left of the lots, less what left without a lot, is what the accounts hold that the book
-- knows as the company's.
with
    lots_left as (
        select book, company_id, asset_id, sum(quantity_left) as quantity
        from {{ ref('open_lots') }}
        group by book, company_id, asset_id
    ),

    shortfalls as (
        select
            movements.book,
            movements.company_id,
            movements.asset_id,
            sum({{ from_units('matches.quantity', 'assets.decimals') }}) as quantity
        from {{ ref('int_lot_matches') }} as matches
        inner join {{ ref('int_coin_movements') }} as movements on matches.sequence = movements.sequence
        inner join {{ ref('int_assets') }} as assets on movements.asset_id = assets.asset_id
        where matches.basis = 'shortfall'
        group by movements.book, movements.company_id, movements.asset_id
    ),

    ledger as (
        select books.book, books.company_id, books.asset_id, sum(legs.quantity) as quantity
        from {{ ref('int_legs') }} as legs
        inner join
            (select distinct company_id, book, asset_id from {{ ref('int_lot_policies') }}) as books
            on legs.company_id = books.company_id
            and legs.asset_id = books.asset_id
        left join
            {{ ref('int_derecognised_accounts') }} as elsewhere
            on books.book = elsewhere.book
            and books.asset_id = elsewhere.asset_id
            and legs.account_id = elsewhere.account_id
        where {{ is_holding('legs.account_kind') }} and elsewhere.account_id is null
        group by books.book, books.company_id, books.asset_id
    )

select
    ledger.book,
    ledger.company_id,
    ledger.asset_id,
    ledger.quantity as ledger_quantity,
    coalesce(lots_left.quantity, 0) - coalesce(shortfalls.quantity, 0) as lots_quantity
from ledger
left join
    lots_left
    on ledger.book = lots_left.book
    and ledger.company_id = lots_left.company_id
    and ledger.asset_id = lots_left.asset_id
left join
    shortfalls
    on ledger.book = shortfalls.book
    and ledger.company_id = shortfalls.company_id
    and ledger.asset_id = shortfalls.asset_id
where ledger.quantity <> coalesce(lots_left.quantity, 0) - coalesce(shortfalls.quantity, 0)
