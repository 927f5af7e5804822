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
