{# Whether an account of this kind holds what the company owns: vars.account_kinds. #}
{% macro is_holding(kind) -%}
    {{ kind }} in ({% for name, facts in var('account_kinds').items() if facts.holds_assets %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{# Dollars and stablecoins, which lie in the money pool; all other assets lie in lots. #}
{% macro is_money(class) %}{{ class }} in ('cash', 'stablecoin'){% endmacro %}

{# What a venue's trade is, by the classes of what left and what came. #}
{% macro trade_type(from_class, to_class) -%}
    case
        when {{ is_money(from_class) }} and {{ is_money(to_class) }} then 'conversion'
        when {{ is_money(from_class) }} then 'purchase'
        when {{ is_money(to_class) }} then 'sale'
        else 'swap'
    end
{%- endmacro %}

{# What a payment through a bank is, by the accounts on its two sides. What is in suspense was received or paid, and no more is known. #}
{% macro payment_type(from_kind, to_kind) -%}
    case
        when {{ from_kind }} = 'loan' then 'drawdown'
        when {{ to_kind }} = 'loan' then 'loan_repayment'
        when {{ from_kind }} in ('capex', 'expense') then 'correction'
        when {{ to_kind }} = 'capex' then 'capital_expenditure'
        when {{ from_kind }} = 'equity' then 'equity_raise'
        when {{ from_kind }} in ('income', 'suspense') then 'income'
        when {{ to_kind }} in ('expense', 'suspense', 'equity', 'income') then 'expense'
        else 'transfer'
    end
{%- endmacro %}

{# A pool is the scope inside which units are interchangeable: the company's, or one account's. #}
{% macro pool_id(policy, account) -%}
    case {{ policy }}.pool_scope when 'account' then {{ account_pool_id(policy, account) }} else {{ company_pool_id(policy) }} end
{%- endmacro %}
{% macro company_pool_id(policy) %}{{ account_pool_id(policy, policy ~ '.company_id') }}{% endmacro %}
{% macro account_pool_id(policy, account) %}{{ policy }}.book || '|' || {{ account }} || '|' || {{ policy }}.asset_id{% endmacro %}

{# Where units lie: in an account. What is on its way lies there apart, each transfer for itself, where both of its ends are known and the
   policy is the same at both: so it takes its own lots along, whatever else is in transit. #}
{% macro place_of(account, transfer, policy) -%}
    case
        when
            {{ account }} = {{ transfer }}.transit_account
            and {{ transfer }}.first_at >= {{ policy }}.effective_from
            and {{ transfer }}.last_at < {{ policy }}.effective_until
            then {{ account }} || ':' || {{ transfer }}.transfer_id
        else {{ account }}
    end
{%- endmacro %}

{# The id of a movement, and of the lot that an arrival opens: book, event, and leg of the event. #}
{% macro lot_id(book, event, leg) %}{{ book }} || ':' || {{ event }} || ':' || {{ leg }}{% endmacro %}

{# The account that fees are paid to, which no file names. #}
{% macro fees_account(company) %}{{ company }} || ':expense:fees'{% endmacro %}

{# A move of basis between pools has no event; its id sorts accounts for which lots were named before others. #}
{% macro allocation_id(row, is_named) -%}
    'allocation:' || {{ row }}.effective_from || ':' || {{ row }}.asset_id || ':' || if({{ is_named }}, 'named:', 'unnamed:') || {{ row }}.account_id
{%- endmacro %}

{% macro policy_in_force(policy, event, asset_column) -%}
    {{ policy }}.company_id = {{ event }}.company_id
        and {{ policy }}.asset_id = {{ event }}.{{ asset_column }}
        and {{ event }}.occurred_at >= {{ policy }}.effective_from
        and {{ event }}.occurred_at < {{ policy }}.effective_until
{%- endmacro %}

{# What brought money in, by the account it came from; from an account that holds assets it is a disposal. #}
{% macro inflow_kind(event) -%}
    case
        when {{ event }}.from_kind = 'equity' and {{ event }}.event_type = 'opening_balance' then 'opening_balance'
        {%- for name, facts in var('account_kinds').items() if not facts.holds_assets %}
        when {{ event }}.from_kind = '{{ name }}' then '{{ facts.inflow_kind }}'
        {%- endfor %}
        else 'disposal'
    end
{%- endmacro %}

{# What a payment was for, by the account it went to; to an account that holds assets it bought coins. #}
{% macro use_kind(event) -%}
    case
        {%- for name, facts in var('account_kinds').items() if not facts.holds_assets %}
        when {{ event }}.to_kind = '{{ name }}' then '{{ facts.use_kind }}'
        {%- endfor %}
        else 'crypto_purchase'
    end
{%- endmacro %}
