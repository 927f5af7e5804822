-- One ledger, as lots_ledgers.py describes it. Variables: seed, events, companies, wallets, transfers.

-- A hash of consecutive numbers is as good as dice, and falls the same however many threads there are.
create temp macro dice(event, number) as
    (hash((getvariable('seed')::bigint << 48) + event * 8 + number) >> 11)::double / (1::bigint << 53);

-- A walk through six years, in cents a coin: up more than down, with a boom every two years.
create temp table prices as
select day, round(7_200_00 * exp(sum(step) over (order by day) / 10_000 + 0.6 * sin(day * 2 * pi() / 730)))::bigint as price
from (select day, round(600 * dice(day, 7) - 292)::bigint as step from range(2191) as days (day));

-- What each event asks for: up to one coin arrives, or up to 0.9 coins leave. Some wallets are busier than others.
create temp table requests as
select
    event,
    company,
    wallet,
    roll < 0.5 as acquires,
    case when roll >= 1 - getvariable('transfers')
        then (wallet + 1 + floor(dice(event, 1) * (getvariable('wallets') - 1))::bigint) % getvariable('wallets')
    end as to_wallet,
    1 + floor(dice(event, 2) * case when roll < 0.5 then 1 else 0.9 end * 100_000_000)::bigint as quantity
from (
    select
        event,
        dice(event, 0) as roll,
        floor(dice(event, 3) * getvariable('companies'))::bigint as company,
        floor(dice(event, 4) ** 2 * getvariable('wallets'))::bigint as wallet
    from range(1, getvariable('events') + 1) as events (event)
);

-- What a pool would come to lack if all were granted, it does not give; who would give nothing, acquires instead.
-- What other pools move into it comes on top, so that no pool ever gives what it does not have.
create temp table grants as
with balances as (
    select *, sum(case when acquires then quantity else -quantity end) over pool as balance
    from requests
    window pool as (partition by company, wallet order by event)
),

lacks as (
    select *, greatest(0, -min(balance) over pool)::bigint as lacking
    from balances
    window pool as (partition by company, wallet order by event)
),

refusals as (
    select *, lacking - lag(lacking, 1, 0) over pool as refused
    from lacks
    window pool as (partition by company, wallet order by event)
)

select
    event,
    company,
    wallet,
    to_wallet,
    acquires or refused >= quantity as acquires,
    case when acquires or refused >= quantity then quantity else quantity - refused end as quantity
from refusals;

create temp macro pool_id(company, wallet) as format('gaap|company{:02d}:wallet{:03d}|BTC', company, wallet);

create table movements as
select
    event as sequence,
    case when acquires then 'acquire' when to_wallet is null then 'dispose' else 'transfer' end as kind,
    pool_id(company, wallet) as pool_id,
    case when not acquires and to_wallet is not null then pool_id(company, to_wallet) end as to_pool_id,
    quantity::decimal(38, 0) as quantity,
    case when acquires then round(quantity * price * (0.99 + 0.02 * dice(event, 5)) / 100_000_000) end::decimal(38, 0) as cost,
    null::decimal(38, 0) as reserved,
    'fifo' as method
from grants
inner join prices on day = event * 2190 // getvariable('events')
order by hash(event);

-- One disposal in twenty names one of the latest tenth of its pool's lots: about those that are not yet used up.
create table picks as
with numbered as (
    select *, sum(acquires::bigint) over (partition by company, wallet order by event)::bigint as lot_no
    from grants
),

named as (
    select event, company, wallet, lot_no - floor(dice(event, 6) * 20 * 0.1 * lot_no)::bigint as lot_no
    from numbered
    where not acquires and to_wallet is null and dice(event, 6) < 1 / 20
)

select
    named.event as sequence,
    1::bigint as pick_no,
    numbered.event as lot_sequence,
    null::decimal(38, 0) as quantity
from named
inner join numbered using (company, wallet, lot_no)
where numbered.acquires
order by sequence;
