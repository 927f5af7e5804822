-- One row: whether anything deserves a look. good: nothing. warn: checks warn. bad: a statement disagrees, or rows were refused.
with counted as (
    select
        (select count(*) from reconciliation where status = 'break' and agreed_again_at is null) as breaks,
        (select count(*) from price_breaks) as price_breaks,
        (select count(*) from rejected_rows) as refused,
        (select count(*) from marts_meta.warnings) as warnings,
        (select count(*) from reconciliation where status = 'agreed') as agreed,
        (select checks_passed from marts_meta.builds order by published_at desc limit 1) as passed
)

select
    case when breaks + refused > 0 then 'bad' when warnings + price_breaks > 0 then 'warn' else 'good' end as state,
    case
        when breaks + refused + warnings + price_breaks = 0 then 'Every check passed and nothing was refused'
        else plural(breaks, 'statement') || if(breaks = 1, ' disagrees', ' disagree') || ' with the ledger, '
            || plural(warnings, 'check') || if(warnings = 1, ' warns', ' warn') || ', '
            || plural(refused, 'row') || if(refused = 1, ' was', ' were') || ' refused'
    end as title,
    grouped(agreed) || ' statements agree and ' || plural(passed, 'check') || ' passed. A build with a failed check is never published.' as lead
from counted
