{# The day of which a price can be the last one: the first whose cut-off is not before it. Without a policy days end at 24:00 UTC, and
   what is observed at that very moment belongs to the next one. #}
{% macro closing_day(at, policy) -%}
    case
        when {{ policy }}.cutoff_time is null and {{ policy }}.time_zone is null then cast({{ at }} as date)
        else {{ local_date(at ~ ' - interval 1 microsecond', "coalesce(" ~ policy ~ ".time_zone, 'UTC')", after_cutoff(policy)) }}
    end
{%- endmacro %}
{% macro after_cutoff(policy) -%}
    to_minutes(1440 - coalesce(cast(left({{ policy }}.cutoff_time, 2) as integer) * 60 + cast(right({{ policy }}.cutoff_time, 2) as integer), 1440))
{%- endmacro %}

{# a / b of two prices, or of their difference, to 6 decimals. #}
{% macro price_ratio(a, b) -%}
    cast({{ whole_quotient(raw_digits(a) ~ ' * 1000000', raw_digits(b)) }} * 0.000001::decimal(7, 6) as {{ ratio_type() }})
{%- endmacro %}

{# The join to the price that was in force at a moment, as `prices`: the latest one not later than it, of a price list; null where there is
   none. `list` is a relation with a `price_list`. And of the list that a company uses, where `relation` has a `company_id`. #}
{% macro price_of_list(list, asset, moment) -%}
    {{ asof_left_join() }} {{ ref('int_prices') }} as prices
        on {{ list }}.price_list = prices.price_list and {{ asset }} = prices.asset_id and {{ moment }} >= prices.in_force_from
{%- endmacro %}
{% macro price_at(relation, asset, moment) -%}
    inner join {{ ref('int_price_lists') }} as lists on {{ relation }}.company_id = lists.company_id
    {{ price_of_list('lists', asset, moment) }}
{%- endmacro %}

{# The same with the price that a day ended with. #}
{% macro closing_price_of_list(list, asset, day) -%}
    {{ asof_left_join() }} {{ ref('int_closing_prices') }} as prices
        on {{ list }}.price_list = prices.price_list and {{ asset }} = prices.asset_id and {{ day }} >= prices.date
{%- endmacro %}
{% macro closing_price_at(relation, asset, day) -%}
    inner join {{ ref('int_price_lists') }} as lists on {{ relation }}.company_id = lists.company_id
    {{ closing_price_of_list('lists', asset, day) }}
{%- endmacro %}
