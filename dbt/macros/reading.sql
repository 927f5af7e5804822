{# Reading a source's words strictly: text → value, and the reason where it cannot be read. Reasons are stable codes (docs/model.md). #}

{% macro text_value(column) %}nullif(trim({{ column }}, ' ' || chr(9)), ''){% endmacro %}

{% macro plain_number() %}'^[+]?[0-9]{1,17}([.][0-9]{0,18})?$'{% endmacro %}

{# Null where the text is a decimal number with at most 17 digits before the point and 18 after it, so that a thousand of them can be added up. An exponent is allowed (1e-8 is one
   satoshi), grouping, signs of currency and words are not. A cast alone would round 20 decimals to 18 in silence. What nearly every row is
   stands first: the database evaluates no branch twice, and none in vain. #}
{% macro number_reason(column) -%}
    case
        when {{ column }} is null or regexp_matches({{ column }}, {{ plain_number() }}) then null
        when {{ text_value(column) }} is null or regexp_matches({{ text_value(column) }}, {{ plain_number() }}) then null
        when not regexp_matches({{ text_value(column) }}, '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,6})?$') then 'bad_number'
        when {{ significant_decimals(text_value(column)) }} > 18 then 'too_precise'
        when coalesce(abs(try_cast({{ text_value(column) }} as {{ quantity_type() }})) >= 100000000000000000, true) then 'out_of_range'
    end
{%- endmacro %}

{# The number itself; `reason` is the column that holds its reason, where there is one already. #}
{% macro number_value(column, reason=none) -%}
    case when {{ reason or number_reason(column) }} is null then try_cast({{ text_value(column) }} as {{ quantity_type() }}) end
{%- endmacro %}

{# A price, to the eighth decimal: what services print are doubles, whose further digits say nothing. The text stays in raw. #}
{% macro price_reason(column) %}nullif({{ number_reason(column) }}, 'too_precise'){% endmacro %}
{% macro price_value(column) -%}
    case when {{ price_reason(column) }} is null then cast(round(try_cast({{ text_value(column) }} as {{ quantity_type() }}), 8) as {{ quantity_type() }}) end
{%- endmacro %}

{# A number with a decimal comma, with a point instead; one that has both, or groups, is left to `number_reason`. #}
{% macro without_decimal_comma(column) %}case when {{ column }} not like '%.%' then replace({{ column }}, ',', '.') else {{ column }} end{% endmacro %}

{# How many decimals a number in text really needs: 1e-8 needs 8, 1.50 needs 1, 1e400 none. #}
{% macro significant_decimals(number) -%}
    (
        length(regexp_extract({{ number }}, '[.]([0-9]*)', 1))
        - coalesce(try_cast(regexp_extract({{ number }}, '[eE]([+-]?[0-9]+)$', 1) as integer), 0)
        - length(regexp_extract(regexp_replace(regexp_replace({{ number }}, '[eE].*$', ''), '[+.-]', '', 'g'), '(0*)$', 1))
    )
{%- endmacro %}

{% macro is_iso_time(text) -%}
    regexp_matches({{ text }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)$')
{%- endmacro %}

{# Null where the text is ISO 8601 with an offset or Z, between the first bitcoin block and a day after landing. #}
{% macro time_reason(column) -%}
    case
        when {{ is_iso_time(column) }} and {{ utc(column) }} between timestamp '2009-01-03' and landed_at + interval 1 day then null
        when {{ text_value(column) }} is null then null
        when {{ is_iso_time(text_value(column)) }}
            then case
                when {{ utc(text_value(column)) }} is null then 'bad_timestamp'
                when {{ utc(text_value(column)) }} < timestamp '2009-01-03' then 'before_genesis'
                when {{ utc(text_value(column)) }} > landed_at + interval 1 day then 'future_timestamp'
            end
        when regexp_matches({{ text_value(column) }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?$') then 'timestamp_without_offset'
        when regexp_matches({{ text_value(column) }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+ ?[A-Za-z_]+(/[A-Za-z_]+)*$') then 'ambiguous_local_time'
        when regexp_matches({{ text_value(column) }}, '^(0?[1-9]|1[0-2])[/.-](0?[1-9]|1[0-2])[/.-][0-9]{4}') then 'ambiguous_date'
        else 'bad_timestamp'
    end
{%- endmacro %}

{% macro time_value(column, reason=none) %}case when {{ reason or time_reason(column) }} is null then {{ utc(text_value(column)) }} end{% endmacro %}

{# A number as people write it, such as "$1,234.50 ", "0.5 BTC" or "(0.07 BTC)", where parentheses are a minus, as a plain one; and its unit
   (`unit=''` where there is none).
   Only for sources that are known to write so; any other text is left to `number_reason`. #}
{% macro plain_amount(column, unit='( [0-9]*[A-Za-z][A-Za-z0-9]*)?') -%}
    case
        when
            regexp_matches({{ text_value(column) }}, '^([(][^()]*[)]|[^()]*)$')
            and regexp_matches({{ text_value(column) }}, '^[(]?[+-]?([A-Z]{0,2}\p{Sc})?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)([.][0-9]*)?{{ unit }}[)]?$')
            then if({{ text_value(column) }} like '(%', '-', '') || regexp_replace({{ text_value(column) }}, '[(),A-Z\p{Sc}]| .*$', '', 'g')
        else {{ column }}
    end
{%- endmacro %}
{% macro amount_unit(column) %}upper(nullif(regexp_extract({{ text_value(column) }}, ' ([A-Za-z0-9]+)[)]?$', 1), '')){% endmacro %}

{# The text of a time whose zone only the source's documentation tells, or the word UTC behind it: UTC. Anything but a plain date and time
   is left to `time_reason`. #}
{% macro time_in_utc(column) -%}
    case
        when regexp_matches({{ text_value(column) }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?( UTC)?$')
            then replace({{ text_value(column) }}, ' UTC', '') || 'Z'
        else {{ column }}
    end
{%- endmacro %}

{# The text of a time that a source writes as whole seconds since 1970, or of one that comes later; anything else is left to `time_reason`. #}
{% macro seconds_as_time(column, later='interval 0 second') -%}
    case
        when regexp_matches({{ text_value(column) }}, '^[0-9]{1,11}$')
            then strftime(make_timestamp(cast({{ text_value(column) }} as bigint) * 1000000) + {{ later }}, '%Y-%m-%dT%H:%M:%SZ')
        else {{ column }}
    end
{%- endmacro %}

{# The text of a time, with its offset, of a source that writes the time of one place: its zone is in vars.zones, and without one `time_reason` finds no offset. The hour that
   happens twice in autumn, and the one that is left out in spring, are left to `time_reason` with the zone's name. #}
{% macro time_in_zone(column, source_name) -%}
    {%- set local = 'try_cast(' ~ text_value(column) ~ ' as timestamp)' -%}
    {%- set zone = "'" ~ var('zones').get(source_name, '') ~ "'" -%}
    {%- if zone == "''" -%}
    {{ column }}
    {%- else -%}
    case
        when not regexp_matches({{ text_value(column) }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?$') or {{ local }} is null
            then {{ column }}
        when
            {{ in_zone(in_utc(local, zone), zone) }} = {{ local }}
            and {{ in_zone(in_utc(local, zone) ~ ' - interval 1 hour', zone) }} <> {{ local }}
            and {{ in_zone(in_utc(local, zone) ~ ' + interval 1 hour', zone) }} <> {{ local }}
            then cast({{ in_utc(local, zone) }} as varchar) || 'Z'
        else {{ text_value(column) }} || ' ' || {{ zone }}
    end
    {%- endif -%}
{%- endmacro %}

{# The text of a time as an American computer writes it; anything else is left to `time_reason`. #}
{% macro american_time(column) -%}
    coalesce(cast(try_strptime({{ text_value(column) }}, '%-m/%-d/%Y, %-I:%M:%S %p') as varchar), {{ column }})
{%- endmacro %}

{% macro in_utc(moment, zone) %}timezone('UTC', timezone({{ zone }}, {{ moment }})){% endmacro %}
{% macro in_zone(moment, zone) %}timezone({{ zone }}, timezone('UTC', {{ moment }})){% endmacro %}

{# DuckDB reads an upper-case Z and offsets up to ±15:59; anything else is null. #}
{% macro utc(text) %}timezone('UTC', try_cast(upper({{ text }}) as timestamptz)){% endmacro %}

{% macro boolean_reason(column) -%}
    case when coalesce(lower({{ text_value(column) }}), 'false') not in ('true', 'false', '1', '0', 'yes', 'no') then 'bad_boolean' end
{%- endmacro %}
{% macro boolean_value(column) %}coalesce(lower({{ text_value(column) }}) in ('true', '1', 'yes'), false){% endmacro %}

{# Asset ids are compared in upper case: ' btc ' is BTC, never a second asset. #}
{% macro asset_value(column) %}upper({{ text_value(column) }}){% endmacro %}

{# Two columns from a list of (column, reason expression): the first reason that applies, and the column it is about. An empty
   column name stands for the column that an earlier step found: `reason` ↔ `reason_column`, `missing_reason` ↔ `missing_column`. #}
{% macro first_reason(checks) -%}
    coalesce({% for column, reason in checks %}{{ reason }}{{ ', ' if not loop.last }}{% endfor %}) as reason,
    case
        {%- for column, reason in checks %}
        when {{ reason }} is not null then {{ "'" ~ column ~ "'" if column else (reason ~ '_column') | replace('missing_reason', 'missing') }}
        {%- endfor %}
    end as reason_column
{%- endmacro %}

{# Which of the columns that every row needs is empty. #}
{% macro missing_reason(relation, columns) -%}
    case
        {%- for column in columns %}
        when {{ relation }}.{{ column }} is null then '{{ column }}'
        {%- endfor %}
    end as missing_column,
    case when missing_column is not null then 'missing_value' end as missing_reason
{%- endmacro %}

{# A quantity must be positive, no finer than its asset's smallest unit and no larger than all that can ever exist. #}
{% macro quantity_reason(quantity, asset) -%}
    case
        when {{ quantity }} <= 0 then 'not_positive'
        when {{ quantity }} > coalesce({{ asset }}.max_supply, 100000000000000000) then 'out_of_range'
        when {{ is_money(asset ~ '.asset_class') }} and {{ is_too_much(quantity) }} then 'out_of_range'
        when {{ fraction_in_units(quantity, asset ~ '.decimals') }} <> trunc({{ fraction_in_units(quantity, asset ~ '.decimals') }}) then 'too_precise'
    end
{%- endmacro %}

{# Venues count finer than money or coins are paid out (USD 31999.6834, BTC 0.0075000049). What is named by a label is theirs, and is rounded to
   the asset's smallest unit, half away from zero; what a company writes itself must be exact. #}
{% macro in_whole_units(quantity, asset, label) -%}
    case
        when {{ label }} is null or {{ asset }}.decimals is null or abs({{ quantity }}) >= 1000000000000000000 then {{ quantity }}
        else {{ from_units(to_units(quantity, asset ~ '.decimals'), asset ~ '.decimals') }}
    end
{%- endmacro %}

{# What a row says, apart from its id: two rows of one id are equal when these are. Chr(31) cannot occur in a landed field. #}
{% macro content_hash(columns) -%}
    md5(concat({% for column in columns %}coalesce({{ column }}, ''){{ ", chr(31), " if not loop.last }}{% endfor %}))
{%- endmacro %}

{# The id of a row to which its source gives none: the hash of what it says. Equal rows of one file are counted, for they may be two. #}
{% macro own_id(row_hash) -%}
    {{ row_hash }} || ':' || row_number() over (partition by source_sha256, source_file, {{ row_hash }} order by source_row)
{%- endmacro %}

{# The sentence behind a row of refusal_reasons, and what to do. #}
{% macro reason_sentence(reasons) %}concat_ws(' ', {{ reasons }}.sentence, {{ reasons }}.what_to_do){% endmacro %}
