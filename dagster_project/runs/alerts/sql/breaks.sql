-- One row per account, asset and statement's source that disagrees with the books now: its latest statement.
select
    concat_ws(':', 'break', company_id, account_id, asset_id, statement_source, broken_since::date) as finding_id,
    broken_since::date as since,
    1 as size,
    'quality.html' as page,
    concat_ws(
        ' ',
        company_id || ',',
        if(account_id = '*', 'all accounts', account_id) || ':',
        'the books hold', plain(ours_quantity), asset_id || ',',
        statement, 'says', plain(theirs_quantity) || ':',
        'a difference of', plain(difference_quantity), asset_id,
        '(' || coalesce(usd(difference_usd) || ' USD', 'no price is known') || ')'
    ) as sentence
from marts.reconciliation
where status = 'break' and agreed_again_at is null
qualify row_number() over (partition by company_id, account_id, asset_id, statement_source order by as_of desc) = 1
