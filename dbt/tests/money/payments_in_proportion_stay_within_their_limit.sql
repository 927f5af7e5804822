-- A company's payments in proportion came to a million rows: its later ones are paid by the newest inflows, and their
-- basis says so. Give it another policy from that day on (seeds/money_policies.csv), or bundle its small payments.
{{ config(severity='warn', meta={'owner': 'controller'}) }}
select
    movements.company_id,
    min(movements.occurred_at) as newest_pays_since,
    count(distinct movements.sequence) as payments
from {{ ref('int_money_movements') }} as movements
inner join {{ ref('int_money_matches') }} as matches on movements.sequence = matches.sequence
where movements.method = 'pro_rata' and matches.basis = 'newest'
group by movements.company_id
