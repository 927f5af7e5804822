{# What only DuckDB knows, and the types: one home each, so that another engine needs this file alone. #}

{% macro quantity_type() %}decimal(38, 18){% endmacro %}  {# 18 decimals hold one wei; 20 digits before the point #}
{% macro usd_type() %}decimal(18, 2){% endmacro %}
{% macro price_type() %}decimal(28, 8){% endmacro %}
{% macro ratio_type() %}decimal(18, 6){% endmacro %}
{% macro units_type() %}decimal(38, 0){% endmacro %}  {# the engine's integers: satoshi, wei, cents #}

{# a / b as a whole number, half away from zero. `a` and `b` are whole; the decimal `/` and `//` of DuckDB 2.0 give DOUBLE. #}
{% macro whole_quotient(a, b) -%}
    (cast({{ a }} as hugeint) // nullif(cast({{ b }} as hugeint), 0)
    + case
        when abs(cast({{ a }} as hugeint) % nullif(cast({{ b }} as hugeint), 0)) >= abs(cast({{ b }} as hugeint)) - abs(cast({{ a }} as hugeint) % nullif(cast({{ b }} as hugeint), 0))
            then sign(cast({{ a }} as hugeint))::hugeint * sign(cast({{ b }} as hugeint))::hugeint
        else 0
    end)
{%- endmacro %}

{# amount × part / whole of whole numbers, half away from zero. Cents times the units of an asset with 18 decimals can need more than the 38
   digits of a HUGEINT; then part and whole go without their last digits. Shares still add up: part = whole gives the amount. #}
{% macro share(amount, part, whole) -%}
    {%- set scale = share_scale(amount, whole) -%}
    {{ whole_quotient('cast(' ~ amount ~ ' as hugeint) * (cast(' ~ part ~ ' as hugeint) // ' ~ scale ~ ')', 'cast(' ~ whole ~ ' as hugeint) // ' ~ scale) }}
{%- endmacro %}
{% macro share_scale(amount, whole) -%}
    cast('1' || repeat('0', greatest(length(cast(abs({{ amount }}) as varchar)) + length(cast(abs({{ whole }}) as varchar)) - 38, 0)) as hugeint)
{%- endmacro %}

{# Dollars to whole cents and back. #}
{% macro cents(usd) %}cast(({{ usd }}) * 100 as {{ units_type() }}){% endmacro %}
{% macro usd_from_cents(cents) %}cast(cast(({{ cents }}) as {{ units_type() }}) * 0.01::decimal(3, 2) as {{ usd_type() }}){% endmacro %}

{# A quantity in the asset's smallest units and back, exact: `decimals` is a column (0 to 18). The whole and the fractional
   part go separately, because one product of both would need more than 38 digits for an 18-decimal asset. #}
{% macro to_units(quantity, decimals) -%}
    cast(trunc({{ quantity }})::decimal(20, 0) * {{ power_of_ten(decimals) }}
    + cast({{ fraction_in_units(quantity, decimals) }} as {{ units_type() }}) as {{ units_type() }})
{%- endmacro %}
{% macro from_units(units, decimals) -%}
    cast(({{ units }}) * cast(case when {{ decimals }} = 0 then '1' else '0.' || repeat('0', {{ decimals }} - 1) || '1' end as decimal(19, 18)) as {{ quantity_type() }})
{%- endmacro %}
{% macro fraction_in_units(quantity, decimals) %}(({{ quantity }} - trunc({{ quantity }}))::decimal(18, 18) * {{ power_of_ten(decimals) }}){% endmacro %}
{% macro power_of_ten(decimals) %}cast('1' || repeat('0', {{ decimals }}) as decimal(19, 0)){% endmacro %}

{# Ten trillion dollars: nothing in a company's books is worth as much, and a thousand of it can still be added up. #}
{% macro is_too_much(usd) %}(abs({{ usd }}) >= 10000000000000){% endmacro %}

{# quantity × price in cents, exact, then rounded once: half away from zero. The fraction's product is cut (not rounded) at 12
   decimals first, which cannot change the cent. One plain product would overflow 38 digits at 21M BTC × 10M USD. Null where the
   value would be out of range. #}
{% macro usd_value(quantity, price) -%}
    try_cast(round(try_cast(trunc({{ quantity }}) as decimal(20, 0)) * {{ price }}::decimal(18, 8)
    + trunc(({{ quantity }} - trunc({{ quantity }}))::decimal(18, 18) * {{ price }}::decimal(18, 8), 12)::decimal(22, 12), 2) as {{ usd_type() }})
{%- endmacro %}

{# usd / quantity = price per unit, to 8 decimals; null beyond 1.5 trillion dollars, which would need more than 38 digits, and where the
   price itself has too many. #}
{% macro unit_price(usd, quantity) -%}
    case
        when abs({{ usd }}) < 1500000000000
            then try_cast(try_cast({{ whole_quotient("replace(cast(" ~ usd ~ " as varchar), '.', '')::hugeint * 1000000000000000000000000", raw_digits(quantity)) }} as decimal(29, 0))
                * 0.00000001::decimal(9, 8) as {{ price_type() }})
    end
{%- endmacro %}

{# A decimal's digits without its point: the exact whole number behind it. #}
{% macro raw_digits(value) %}replace(cast({{ value }} as varchar), '.', '')::hugeint{% endmacro %}

{# a / b of two dollar amounts, to 6 decimals; null where b is zero. #}
{% macro ratio(a, b) -%}
    cast({{ whole_quotient(cents(a) ~ "::hugeint * 1000000", cents(b)) }} * 0.000001::decimal(7, 6) as {{ ratio_type() }})
{%- endmacro %}

{# The calendar day of a UTC moment in a named time zone, or where clocks there would stand after a while. #}
{% macro local_date(utc_at, zone, later='interval 0 minute') -%}
    cast(timezone({{ zone }}, timezone('UTC', {{ utc_at }})){{ ' + ' ~ later if later != 'interval 0 minute' }} as date)
{%- endmacro %}

{# Where a word stands in a list that is joined by semicolons, from 1; null where it does not. #}
{% macro place_in_list(list, word) %}nullif(list_position(string_split(replace({{ list }}, ' ', ''), ';'), {{ word }}), 0){% endmacro %}

{# The UTC moment at which a local day ends in a named time zone. #}
{% macro day_end(day, zone) %}timezone('UTC', timezone({{ zone }}, ({{ day }} + interval 1 day)::timestamp)){% endmacro %}

{# One row per day from `first` to `last`, both included. #}
{% macro days(first, last) %}unnest(generate_series({{ first }}::timestamp, {{ last }}::timestamp, interval 1 day))::date{% endmacro %}

{# The row of the right side that was in force: the latest one not later than `left_at`. #}
{% macro asof_left_join() %}asof left join{% endmacro %}

{# Whether a text fits a pattern with * and ?. #}
{% macro fits(text, pattern) %}{{ text }} glob {{ pattern }}{% endmacro %}

{# A JSON text as a list of JSON: of a list its items, of anything else itself, of nothing one empty object. And a text inside, by JSON pointer. #}
{% macro json_items(text) -%}
    case when {{ text }} is null then ['{}'::json] when {{ text }} like '[%' then from_json({{ text }}, '["JSON"]') else [{{ text }}::json] end
{%- endmacro %}
{% macro json_text(json, pointer) %}({{ json }} ->> '{{ pointer }}'){% endmacro %}

{# All columns of the row as one JSON text. #}
{% macro row_as_json(alias) %}{{ without_addresses('cast(to_json(' ~ alias ~ ') as varchar)') }}{% endmacro %}

{# A text in which addresses and extended keys of wallets keep their beginning only: whoever has them sees all that a company ever held. #}
{% macro without_addresses(text) -%}
    regexp_replace(
        {{ text }},
        '((?:bc|tb)1[0-9a-z]{6})[0-9a-z]{8,}|([tuvxyz]pub[0-9A-Za-z]{4})[0-9A-Za-z]{8,}|(0x[0-9a-fA-F]{6})[0-9a-fA-F]{34}\b|\b([13][1-9A-HJ-NP-Za-km-z]{5})[1-9A-HJ-NP-Za-km-z]{20,28}\b',
        '\1\2\3\4…',
        'g'
    )
{%- endmacro %}

{# The UTC moment at which the fiscal year of a local day opened: midnight after the last `MM-DD` before that day, in the named zone. #}
{% macro period_open(day, year_end, zone) -%}
    timezone('UTC', timezone({{ zone }}, (
        cast(
            year({{ day }}) - case when strftime({{ day }}, '%m-%d') > {{ year_end }} then 0 else 1 end || '-' || {{ year_end }} as date
        ) + interval 1 day
    )::timestamp))
{%- endmacro %}

{# The first day of the quarter in which a local day lies, in a fiscal year that ends in the month of `MM-DD`. #}
{% macro quarter_start(day, year_end) -%}
    cast(date_trunc('quarter', ({{ day }}) + {{ months_to_december(year_end) }}) - {{ months_to_december(year_end) }} as date)
{%- endmacro %}
{% macro months_to_december(year_end) %}to_months((12 - left({{ year_end }}, 2)::integer) % 3){% endmacro %}

{# One row per entry of a JSON object of texts: a struct of key and value. #}
{% macro json_entries(column) %}unnest(map_entries(cast(cast({{ column }} as json) as map(varchar, varchar)))){% endmacro %}
