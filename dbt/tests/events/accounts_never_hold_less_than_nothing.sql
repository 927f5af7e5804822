-- More left an account than is known to have arrived.
-- What is in transit is the matter of what_is_sent_arrives: there, clocks may disagree.
{{ config(severity='warn', meta={'owner': 'controller'}) }}
select positions.account_id, positions.asset_id, min(positions.date) as since, min(positions.quantity) as quantity
from {{ ref('positions_daily') }} as positions
inner join {{ ref('accounts') }} as accounts on positions.account_id = accounts.account_id
where positions.quantity < 0 and accounts.kind <> 'transit'
group by all
