{# Reading a source's words strictly: text → value, and the reason where it cannot be read. Reasons are stable codes (docs/model.md). #}

{% macro text_value(column) %}nullif(trim({{ column }}, ' ' || chr(9)), ''){% endmacro %}

{% macro plain_number() %}'^[+]?[0-9]{1,20}([.][0-9]{0,18})?$'{% endmacro %}

{# Null where the text is a decimal number that fits 20 digits before and 18 after the point. An exponent is allowed (1e-8 is one
   satoshi), grouping, signs of currency and words are not. A cast alone would round 20 decimals to 18 in silence. #}
{% macro number_reason(column) -%}
    case
        when {{ text_value(column) }} is null or regexp_matches({{ text_value(column) }}, {{ plain_number() }}) then null
        when not regexp_matches({{ text_value(column) }}, '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,6})?$') then 'bad_number'
        when {{ significant_decimals(text_value(column)) }} > 18 then 'too_precise'
        when try_cast({{ text_value(column) }} as {{ quantity_type() }}) is null then 'out_of_range'
    end
{%- endmacro %}

{% macro number_value(column) -%}
    case when {{ number_reason(column) }} is null then try_cast({{ text_value(column) }} as {{ quantity_type() }}) end
{%- endmacro %}

{# How many decimals a number in text really needs: 1e-8 needs 8, 1.50 needs 1, 1e400 none. #}
{% macro significant_decimals(number) -%}
    (
        length(regexp_extract({{ number }}, '[.]([0-9]*)', 1))
        - coalesce(try_cast(regexp_extract({{ number }}, '[eE]([+-]?[0-9]+)$', 1) as integer), 0)
        - length(regexp_extract(regexp_replace(regexp_replace({{ number }}, '[eE].*$', ''), '[+.-]', '', 'g'), '(0*)$', 1))
    )
{%- endmacro %}

{# Null where the text is ISO 8601 with an offset or Z, between the first bitcoin block and a day after landing. #}
{% macro time_reason(column) -%}
    case
        when {{ text_value(column) }} is null then null
        when regexp_matches({{ text_value(column) }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)$')
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

{% macro time_value(column) %}case when {{ time_reason(column) }} is null then {{ utc(text_value(column)) }} end{% endmacro %}

{# The text of a time whose zone only the source's documentation tells, or the word UTC behind it: UTC. Anything but a plain date and time
   is left to `time_reason`. #}
{% macro time_in_utc(column) -%}
    case
        when regexp_matches({{ text_value(column) }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?( UTC)?$')
            then replace({{ text_value(column) }}, ' UTC', '') || 'Z'
        else {{ column }}
    end
{%- endmacro %}

{# The text of a number that a source writes for people: with a currency's sign, and commas between thousands. Anything else is left to
   `number_reason`. #}
{% macro number_for_people(column) -%}
    case
        when regexp_matches({{ text_value(column) }}, '^[+-]?([A-Z]{0,2}\p{Sc})?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)([.][0-9]*)?$')
            then regexp_replace({{ text_value(column) }}, '[^0-9.+-]', '', 'g')
        else {{ column }}
    end
{%- endmacro %}

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
        when {{ quantity }} > coalesce({{ asset }}.max_supply, 1000000000000000000) then 'out_of_range'
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

{# The rows of a relation with their fate: `accepted`, `rejected` (reason says why) or `duplicate` (the same id and content as a row
   that is accepted already). Of rows of one id the earliest landing speaks; rows of that landing which contradict each other are all
   refused, and so is a later row that says something else. Rows that could not be read never stand in the way of a corrected one. #}
{% macro with_row_status(relation, key) %}
    {%- set id = key | join(', ') -%}
    {%- set contradicts = 'repeated.contents > 1 or candidates.content_hash <> repeated.content_hash' -%}
    select
        candidates.* exclude (reason, reason_column),
        case
            when candidates.reason is not null or {{ contradicts }} then 'rejected'
            when {{ row_place('candidates') }} <> repeated.first_place then 'duplicate'
            else 'accepted'
        end as row_status,
        case when candidates.reason is not null then candidates.reason when {{ contradicts }} then 'conflicting_duplicate' end as reason,
        case when candidates.reason is not null then candidates.reason_column when {{ contradicts }} then '{{ key[-1] }}' end as reason_column
    from {{ relation }} as candidates
    left join (
        select
            {{ id }},
            count(distinct content_hash) filter (where landed_at = first_landed_at) as contents,
            min(content_hash) filter (where landed_at = first_landed_at) as content_hash,
            min({{ row_place('readable') }}) as first_place
        from (
            -- Of the few ids that occur again alone: windows over all rows took 9 of 12 CPU seconds at 1M.
            select *, min(landed_at) over (partition by {{ id }}) as first_landed_at
            from {{ relation }}
            where
                reason is null
                and ({{ id }}) in (select ({{ id }}) from {{ relation }} where reason is null group by {{ id }} having count(*) > 1)
        ) as readable
        group by {{ id }}
    ) as repeated
        on {% for column in key %}candidates.{{ column }} = repeated.{{ column }}{{ " and " if not loop.last }}{% endfor %}
{% endmacro %}

{# Where a row stands among all that ever landed: a total order. #}
{% macro row_place(relation) -%}
    row({{ relation }}.landed_at, {{ relation }}.source_file, {{ relation }}.source_sha256, {{ relation }}.source_row)
{%- endmacro %}
