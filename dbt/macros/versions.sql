{# Rows of one id: which of them speaks, which it replaces, and which came too late. #}

{# What makes the id of an entity's row within its source, whose row it is for closing a period, and the moment it speaks of. #}
{% macro entities() -%}
    {{ return({
        'events': {'id': ['native_id'], 'owner': 'company_id', 'at': 'occurred_at'},
        'prices': {'id': ['price_source', 'source_url', 'asset_id', 'priced_at'], 'owner': 'asset_id', 'at': 'priced_at'},
        'balances': {'id': ['statement', 'account_id', 'asset_id', 'as_of'], 'owner': none, 'at': 'as_of'},
    }) }}
{%- endmacro %}

{# The rows of a relation with their fate.

   Of rows of one id the latest landing speaks: a landing that says something else than the one before is a new version, the last
   version is `accepted`, and the ones before it are `restated`. What says the same again is a `duplicate`. `rejected` (reason says why)
   are rows that could not be read, rows of one landing which contradict each other (nobody can say which is the later one), and rows
   that would change a closed period (`late`, see below). What is refused speaks for nobody, so it never stands in the way. #}
{% macro with_row_status(relation, entity, late=none) %}
    {%- set key = ['source'] + entities()[entity].id -%}
    {%- set id = key | join(', ') -%}
    {%- set contradicts = 'coalesce(landings.contradicts, false)' -%}
    {%- set too_late = 'late.landed_at is not null and coalesce(candidates.content_hash <> landings.hash_before, true)' if late else 'false' -%}
    select
        candidates.* exclude (reason, reason_column),
        case
            when candidates.reason is not null or {{ contradicts }} or {{ too_late }} then 'rejected'
            when landings.landed_at is null then 'accepted'
            when not landings.is_version or {{ row_place('candidates') }} <> landings.first_place then 'duplicate'
            when candidates.landed_at < landings.last_version_at then 'restated'
            else 'accepted'
        end as row_status,
        case
            when candidates.reason is not null then candidates.reason
            when {{ contradicts }} then 'conflicting_duplicate'
            when {{ too_late }} then 'closed_period'
        end as reason,
        case
            when candidates.reason is not null then candidates.reason_column
            when {{ contradicts }} then '{{ key[-1] }}'
            when {{ too_late }} then '{{ entities()[entity].at }}'
        end as reason_column
    from {{ relation }} as candidates
    left join (
        select
            *,
            max(landed_at) filter (where is_version) over (partition by {{ id }}) as last_version_at
        from (
            select
                *,
                last_value(case when speaks then content_hash end ignore nulls)
                    over (partition by {{ id }} order by landed_at rows between unbounded preceding and 1 preceding) as hash_before,
                speaks and coalesce(content_hash <> hash_before, true) as is_version
            from (
                -- Of the few ids that occur again alone: windows over all rows took 9 of 12 CPU seconds at 1M.
                select
                    {% for column in key %}readable.{{ column }}, {% endfor %}
                    readable.landed_at,
                    min(readable.content_hash) as content_hash,
                    min({{ row_place('readable') }}) as first_place,
                    min(readable.content_hash) <> max(readable.content_hash) as contradicts,
                    not contradicts{{ ' and count(late.landed_at) = 0' if late }} as speaks
                from {{ relation }} as readable
                {% if late %}left join {{ late }} as late on {{ same_landing('readable', 'late', key) }}{% endif %}
                where
                    readable.reason is null
                    and ({{ 'readable.' ~ key | join(', readable.') }})
                    in (select ({{ id }}) from {{ relation }} where reason is null group by {{ id }} having count(*) > 1)
                group by all
            ) as by_landing
        ) as compared
    ) as landings
        on {{ same_landing('candidates', 'landings', key) }}
    {% if late %}left join {{ late }} as late on {{ same_landing('candidates', 'late', key) }}{% endif %}
{% endmacro %}

{% macro same_landing(left, right, key) -%}
    {% for column in key + ['landed_at'] %}{{ left }}.{{ column }} = {{ right }}.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
{%- endmacro %}

{# Where a row stands among all that ever landed: a total order. #}
{% macro row_place(relation) -%}
    row({{ relation }}.landed_at, {{ relation }}.source_file, {{ relation }}.source_sha256, {{ relation }}.source_row)
{%- endmacro %}

{# The landings by which a closed period would change: of a row that lies in it and came while it was closed, or of one that would
   replace a row that lies in it. `periods` are those of int_closed_periods, by the entity's owner. A row that was itself too late is
   replaced by nothing, so the same id with the right date comes in. #}
{% macro landed_too_late(relation, entity, periods) %}
    {%- set owner, at = entities()[entity].owner, entities()[entity].at -%}
    {%- set key = ['source'] + entities()[entity].id -%}
    {%- set id = key | join(', ') -%}
    with placed as (
        select
            {% for column in key %}readable.{{ column }}, {% endfor %}
            readable.landed_at,
            periods.closed_at,
            periods.reopened_at,
            {{ landed_while_closed('readable', 'periods') }} as is_late,
            bool_or(is_late) over (partition by {{ 'readable.' ~ key | join(', readable.') }}, readable.landed_at, periods.period_id) as is_refused
        from {{ relation }} as readable
        inner join {{ periods }} as periods
            on readable.{{ owner }} = periods.{{ owner }} and readable.{{ at }} >= periods.occurred_from and readable.{{ at }} < periods.occurred_until
        where readable.reason is null
    )

    select {{ id }}, landed_at from placed where is_late
    union
    select {% for column in key %}later.{{ column }}, {% endfor %}later.landed_at
    from {{ relation }} as later
    inner join (
        select {{ id }}, closed_at, reopened_at, min(landed_at) as first_landed_at
        from placed
        where not is_refused
        group by all
    ) as closed
        on {% for column in key %}later.{{ column }} = closed.{{ column }} and {% endfor %}later.landed_at > closed.first_landed_at
            and {{ landed_while_closed('later', 'closed') }}
{% endmacro %}
{% macro landed_while_closed(row, period) -%}
    ({{ row }}.landed_at > {{ period }}.closed_at and ({{ period }}.reopened_at is null or {{ row }}.landed_at < {{ period }}.reopened_at))
{%- endmacro %}

{# The id of a row within all sources, as columns to compare; within its source, as one text; and a value as a person
   writes it: without the zeros at a decimal's end. #}
{% macro row_id(row, entity) -%}
    ({{ row }}.source, {{ row }}.{{ entities()[entity].id | join(', ' ~ row ~ '.') }})
{%- endmacro %}
{% macro id_text(row, entity) -%}
    concat_ws(' ', {% for column in entities()[entity].id %}{{ row }}.{{ column }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
{% macro as_written(value) -%}
    coalesce(regexp_replace(cast({{ value }} as varchar), '^(-?[0-9]+)(?:[.]0+|([.][0-9]*[1-9])0+)$', '\1\2'), 'empty')
{%- endmacro %}

{# The dollars that a row itself names: stated, or changed hands. Null where only a price gives a value. #}
{% macro value_of(row) -%}
    coalesce(
        {{ row }}.value_usd, case when {{ row }}.from_asset = 'USD' then {{ row }}.from_quantity when {{ row }}.to_asset = 'USD' then {{ row }}.to_quantity end
    )::{{ usd_type() }}
{%- endmacro %}
