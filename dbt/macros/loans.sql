{# Loans are counted in whole units: cents for dollars and stablecoins (at transaction value), the smallest part of a coin else.
   `loan` is a row of int_loan_terms; the dollar price of its principal is 1 unless it is a coin. #}
{% macro owed_quantity(units, loan) %}{{ from_units(units, loan ~ '.unit_decimals') }}{% endmacro %}
{% macro owed_usd(units, loan, price) -%}
    case when {{ loan }}.is_coin then {{ usd_value(owed_quantity(units, loan), price) }} else {{ usd_from_cents(units) }} end
{%- endmacro %}

{# The loan engine's integer, 1e-8, as a rate or ratio. #}
{% macro rate_from_units(units) %}cast({{ units }}::decimal(12, 0) * 0.00000001::decimal(8, 8) as decimal(12, 8)){% endmacro %}

{# Interest of all days up to `day`, times the 160,308,000,000,000 parts of a unit: the segment's numerator before its first day, and its
   days since. A day weighs so many 1,603,080ths of a year, a rate is in 1e-8; see dagster_project/loans. #}
{% macro interest_numerator(segment, day_count, day) -%}
    ({{ segment }}.numerator::hugeint + {{ segment }}.base::hugeint * {{ segment }}.rate * {{ day_weight(segment ~ '.first_date', day, day_count) }})
{%- endmacro %}
{% macro interest_from_numerator(numerator) %}{{ whole_quotient(numerator, '160308000000000::hugeint') }}{% endmacro %}
{% macro day_weight(first, day, day_count) -%}
    (case {{ day_count }}
        when 'act/360' then ({{ day }} - {{ first }} + 1) * 4453
        when 'act/365' then ({{ day }} - {{ first }} + 1) * 4392
        when 'act/act' then ({{ day }} - {{ first }} + 1) * if(dayofyear(make_date(year({{ day }}), 12, 31)) = 366, 4380, 4392)
        when '30/360' then ({{ thirties('(' ~ day ~ ' + 1)') }} - {{ thirties(first) }}) * 4453
    end)::hugeint
{%- endmacro %}
{% macro thirties(day) %}(360 * year({{ day }}) + 30 * month({{ day }}) + least(day({{ day }}), 30)){% endmacro %}

{# As many of a coin's smallest units as an amount of dollars was worth. #}
{% macro coin_units(usd, price, decimals) -%}
    {{ whole_quotient(cents(usd) ~ '::hugeint * ' ~ power_of_ten(decimals) ~ '::hugeint * 1000000', raw_digits(price)) }}
{%- endmacro %}

{# The price of the main collateral at which the loan-to-value comes to a threshold, other collateral as it is. Null where a price cannot
   bring it there: nothing is owed or pledged, or what is owed is that very coin. #}
{% macro price_to_ltv(threshold) -%}
    case
        when principal_usd > 0 and principal_asset <> collateral_asset
            then {{ unit_price(
                'cast(greatest(round(principal_usd - ' ~ threshold ~ ' * other_lendable_usd, 2), 0) as ' ~ usd_type() ~ ')',
                'cast(cast(quantity * (1 - haircut_ratio) as ' ~ quantity_type() ~ ') * ' ~ threshold ~ ' as ' ~ quantity_type() ~ ')',
            ) }}
    end
{%- endmacro %}

{# What a quantity of the main collateral counts for at the price of its row, with other collateral beside it. #}
{% macro lendable_usd(quantity, row) -%}
    cast(round({{ usd_value(quantity, row ~ '.collateral_price_usd') }} * (1 - {{ row }}.haircut_ratio) + {{ row }}.other_lendable_usd, 2) as {{ usd_type() }})
{%- endmacro %}

{# usd / ratio, rounded up to a cent, and usd / price, rounded up to a coin's smallest unit: what must be reached is reached. Both are zero or more. #}
{% macro usd_up(usd, ratio) -%}
    {{ usd_from_cents(quotient_up(whole_part(usd) ~ ' * 100', whole_part('(' ~ ratio ~ ')'))) }}
{%- endmacro %}
{% macro quantity_up(usd, price, decimals) -%}
    {{ from_units(quotient_up(cents(usd) ~ '::hugeint * ' ~ power_of_ten(decimals) ~ '::hugeint * 1000000', raw_digits(price)), decimals) }}
{%- endmacro %}
{% macro whole_part(value) %}cast(cast({{ value }} as decimal(25, 12)) * 1000000000000::decimal(13, 0) as decimal(38, 0))::hugeint{% endmacro %}
{% macro quotient_up(a, b) %}(({{ a }} + {{ b }} - 1) // nullif({{ b }}, 0)){% endmacro %}
