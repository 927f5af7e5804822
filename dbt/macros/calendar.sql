{# Months of 30 days: the place of the beginning of a day on a line of 360 days a year. The last day of a month stands at its end, so that
   what is paid on the first of a month is outstanding for all of it, and what is paid on the last for none of it. #}
{% macro place_in_360(day) -%}
    ((year({{ day }}) * 12 + month({{ day }})) * 30 + case when {{ day }} = last_day({{ day }}) then 30 else day({{ day }}) - 1 end)
{%- endmacro %}

{# How many of these days lie between two days; none where the second comes first. #}
{% macro days_360(first, until) %}greatest({{ place_in_360(until) }} - {{ place_in_360(first) }}, 0){% endmacro %}

{# The first day of the month after `month`, and of the fiscal year in which `month` lies. A fiscal year ends with the month of its last day. #}
{% macro next_month(month) %}cast({{ month }} + interval 1 month as date){% endmacro %}
{% macro fiscal_year_of(month, year_end) -%}
    cast({{ month }} - to_months(cast((month({{ month }}) + 11 - cast(coalesce(left({{ year_end }}, 2), '12') as integer)) % 12 as integer)) as date)
{%- endmacro %}

{# Between two moments: microseconds, and those as hours to two decimals. #}
{% macro time_between(first, until) %}(epoch_us({{ until }}) - epoch_us({{ first }})){% endmacro %}
{% macro hours(microseconds) %}cast({{ whole_quotient('100 * (' ~ microseconds ~ ')', '3600000000') }} * 0.01::decimal(3, 2) as decimal(9, 2)){% endmacro %}

{# The stretch of time a moment lies in, counted in stretches as long as a transfer may take. #}
{% macro transfer_slot(moment) %}(epoch_us({{ moment }}) // (3600000000 * {{ var('transfers').window_hours }})){% endmacro %}
