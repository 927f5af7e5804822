{# The sentence for people behind each reason, and what to do. `reason_column` and `value` are columns of the row at hand. #}
{% macro rejection_message() -%}
    source_file || ', row ' || source_row || ': ' || reason_column || ' ' || case reason
    {%- for reason, sentence in {
        'missing_value': 'is empty. Fill it in.',
        'bad_number': 'is not a plain decimal number. Write it like 1234.56, without grouping, signs of currency or units.',
        'too_precise': 'has more decimals than its asset can have. Check the unit, or the decimals of the asset in seeds/assets.csv.',
        'out_of_range': 'is larger than it can be. Check the unit (wei for ETH, satoshi for BTC?).',
        'not_positive': 'must be more than zero. Directions are told by from and to, never by a sign.',
        'bad_timestamp': 'is not a time. Write ISO 8601 with an offset, like 2026-02-08T12:00:00Z.',
        'timestamp_without_offset': 'has no time zone. Add Z or an offset, like 2026-02-08T12:00:00+09:00.',
        'ambiguous_local_time': 'names a time zone, in which an hour of autumn happens twice. Write the offset instead, like -04:00.',
        'ambiguous_date': 'can be read as day/month or month/day. Write ISO 8601 with an offset, like 2026-02-08T12:00:00Z.',
        'before_genesis': 'is earlier than the first bitcoin (2009-01-03). Check the year.',
        'future_timestamp': 'lies after the day on which the file was landed. Check the year.',
        'bad_boolean': 'is neither true nor false.',
        'unknown_label': 'is missing in seeds/source_accounts.csv. Add that line, with our account for <account_id>; the file may be a pattern.',
        'unknown_operation': 'is an operation that nobody has taught us to read. Write what it did into treasury_csv, or extend the source.',
        'unknown_direction': 'does not tell, with the amounts, which way it went. Write it into treasury_csv.',
        'unknown_status': 'is a status that nobody has taught us to read. Write what happened into treasury_csv, or extend the source.',
        'incomplete_trade': 'does not name one trade: one row must say what left and one what came. Export a period that holds both.',
        'two_fees': 'names a trade with fees in two assets. Write it into treasury_csv.',
        'incomplete_repayment': 'repays a loan, but no row says with what. Export a period that holds both.',
        'unknown_price_file': 'is not told by seeds/price_files.csv. Add a line with a pattern of its name, the asset and its quote.',
        'other_side_untold': 'does not tell what was paid or received for it. Write it into treasury_csv.',
        'unknown_company': 'is not in seeds/companies.csv. Correct it or add the company.',
        'unknown_account': 'is not in seeds/accounts.csv. Correct it or add the account.',
        'account_of_another_company': 'belongs to another company (seeds/accounts.csv). Write one event per company.',
        'unknown_asset': 'is not in seeds/assets.csv. Correct it or add the asset.',
        'unknown_quote': 'is not USD. Only prices in USD are used.',
        'unknown_type': 'is not in seeds/event_types.csv. Correct it or add the type.',
        'unbalanced_transfer': 'differs from from_quantity though the asset is the same. State the difference as a fee.',
        'same_account': 'is the account that it came from. Nothing would happen.',
        'bad_lot_picks': 'is not of the form <event_id of the lot>:<quantity>, joined by semicolons.',
        'unknown_day_count': 'is none of act/360, act/365, act/act and 30/360.',
        'unknown_compounding': 'is none of none, daily, monthly, quarterly and yearly.',
        'unknown_interest_mode': 'is neither paid nor capitalised.',
        'capitalised_without_period': 'must say at the end of which period interest becomes principal: daily, monthly, quarterly or yearly.',
        'unknown_payment_order': 'must name fee, interest and principal once each, joined by commas.',
        'liquidation_below_call': 'is below margin_call_ltv_ratio, here or in seeds/loan_amendments.csv: the lender would sell before it calls.',
        'cure_above_call': 'is above margin_call_ltv_ratio, here or in seeds/loan_amendments.csv: a cured call would be a call again.',
        'initial_above_call': 'is above margin_call_ltv_ratio: the loan would begin with a call.',
        'maturity_out_of_order': 'is earlier than opened_on, or later than extended_to.',
        'rate_missing': 'is not known for a day on which the loan is drawn. Add the rate to seeds/loan_rates.csv, or its reference to seeds/reference_rates.csv.',
        'collateral_without_price': 'was pledged before it had any price, so its loan-to-value is not known. Land a price from that day or before.',
        'conflicting_duplicate': 'has been used by rows of one night that say different things, and nobody can say which is the later one. Give each row an id of its own, or deliver the right one once more, in another file.',
        'closed_period': 'lies in a period that its company has closed, or the row would replace one that does. Book the correction in an open period, or reopen that one in seeds/closed_periods.csv from before the landing of this row.',
    }.items() %}
        when '{{ reason }}' then '{{ sentence }}'
    {%- endfor %}
    end
{%- endmacro %}

{# The sentence behind each reason for which a source's row is declared to be no event. #}
{% macro ignoring_message() -%}
    source_file || ', row ' || source_row || ': ' || case reason
    {%- for reason, sentence in {
        'pending': 'The source writes this row again once it is final.',
        'not_booked': 'The source tells it for information: it is not booked.',
        'nothing_moved': 'Neither amount nor fee: nothing moved.',
        'total': 'It only adds up other rows.',
        'failed': 'The source says that it failed or was cancelled: nothing moved.',
        'told_elsewhere': 'Another row of the source, or the document of the same statement, tells the same.',
        'internal': 'The source moves it between books of its own: no account of ours changed.',
    }.items() %}
        when '{{ reason }}' then '{{ sentence }}'
    {%- endfor %}
    end
{%- endmacro %}
