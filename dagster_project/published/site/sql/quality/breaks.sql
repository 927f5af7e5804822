-- One row per statement that disagrees with the ledger, and pair of prices that disagree; the owner is that of their check.
select
    (select owner from marts_meta.warnings where check_name = 'balances_agree_with_statements') as owner,
    company_id, account_id as subject, asset_id, 'statement' as break_kind, difference_quantity, difference_usd,
    break_age_days, broken_since, agreed_again_at, statement as stated_by, ours_quantity, theirs_quantity,
    'from reconciliation where company_id = ''' || replace(company_id, '''', '''''') || ''' and account_id = '''
    || replace(account_id, '''', '''''') || ''' and asset_id = ''' || replace(asset_id, '''', '''''')
    || ''' and as_of = ''' || as_of || ''' and statement = ''' || replace(statement, '''', '''''') || '''' as sql,
    source_file, source_row, source_url, note
from reconciliation
where status = 'break'
union all by name
select
    (select owner from marts_meta.warnings where check_name = 'prices_agree_with_a_second_source') as owner,
    price_source as subject, asset_id, break_kind, other_source as stated_by, gap_ratio, price_usd, other_price_usd,
    date as broken_since,
    'from price_breaks where asset_id = ''' || replace(asset_id, '''', '''''') || ''' and date = ''' || date || '''' as sql
from price_breaks
order by difference_usd desc nulls last, company_id, subject, asset_id, broken_since, stated_by
