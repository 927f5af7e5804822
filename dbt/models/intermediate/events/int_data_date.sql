-- One row: the last moment that any event or price speaks of. Nothing is derived from the clock.
select
    greatest(
        (select max(occurred_at) from {{ ref('int_events') }}), (select max(priced_at) from {{ ref('int_prices') }})
    ) as data_at
